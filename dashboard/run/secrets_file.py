"""Writes `.env` with new secrets. Python alone: `make env` runs before packages are installed."""

import base64
import os
import re
import secrets
import sys
from pathlib import Path


def new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "API_KEY_ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "RECORD_KEY": secrets.token_urlsafe(32),
    }


def filled(template: str) -> str:
    """template: `.env.example`, whose secrets are empty."""
    for name, value in new_secrets().items():
        template = re.sub(rf"^{name}=$", f"{name}={value}", template, flags=re.MULTILINE)
    return template


def write_private(path: Path, content: str) -> None:
    """Readable by its owner only. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)


def main(folder: Path) -> str:
    try:
        write_private(folder / ".env", filled((folder / ".env.example").read_text("utf-8")))
    except FileExistsError:
        return "There is a .env already; it was not changed."
    return "Wrote .env with fresh secrets. Check it, then: make serve"


if __name__ == "__main__":
    sys.stdout.write(main(Path(__file__).resolve().parents[2]) + "\n")
