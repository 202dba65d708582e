"""Files and directories."""

import ssl
from pathlib import Path

from dashboard.env.values import text, wrong


def certificates(name: str) -> str:
    """A PEM file of certificate authorities; empty for those of the system."""
    value = text(name, "")
    if value:
        try:
            # tried at the start: with a wrong file every call to the vendor would fail
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=value)
        except ssl.SSLError as error:
            raise wrong(name, "the file has no certificate in PEM form") from error
        except OSError as error:
            raise wrong(name, "there is no such file, or it cannot be read") from error
    return value


def directory(name: str, default: Path) -> Path:
    path = Path(text(name, str(default))).absolute()
    try:
        # for this account only: SQLite's database and queue are in it
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise wrong(name, f"the directory {path} cannot be made ({error.strerror})") from error
    return path
