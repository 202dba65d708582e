"""`make run`: sandbox, dashboard and worker for one person on one machine, all in `.demo/`.

Runs as `python -m dashboard.run.demo`, without Django.
"""

import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from batches.sandbox import LIVE_KEY, TEST_KEY
from dashboard.run.secrets_file import new_secrets, write_private
from dashboard.run.supervisor import Program, Supervisor

ROOT = Path(__file__).resolve().parents[2]
ACCOUNTS = {"olga": "operator", "vera": "viewer", "admin": "admin"}
# The only variables of the shell that the programs get.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
READY_SECONDS = 60
FASTEST = 1000  # times as fast as usual: the huge batch is then done within the hour


def main(home: Path) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    with locked(home):
        kept = read_or_make_secrets(home)
        port, vendor_port = choose_port(os.environ.get("PORT", "")), free_port()
        speed = choose_speed(os.environ.get("SPEED", ""))
        environment = environment_for(home, kept["secrets"], port, vendor_port)
        with Supervisor(environment) as supervisor:
            say("Setting up the demo …")
            supervisor.start(sandbox(home, vendor_port, speed))
            wait_until(lambda: listens(vendor_port), supervisor)
            set_up(home, environment, kept["passwords"])  # its keys are checked with the vendor
            for program in console_programs(home):
                supervisor.start(program)
            wait_until(lambda: is_ready(port), supervisor)
            say(greeting(port, vendor_port, kept["passwords"]))
            give_up(supervisor.wait())


@contextmanager
def locked(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("The demo is already running from this directory.")
        yield


def read_or_make_secrets(home: Path) -> dict[str, dict[str, str]]:
    """`secrets` and `passwords`, the same at every start."""
    path = home / "secrets.json"
    if not path.exists():
        passwords = {name: secrets.token_urlsafe(9) for name in ACCOUNTS}
        made = {"secrets": new_secrets(), "passwords": passwords}
        write_private(path, json.dumps(made, indent=2))
    kept: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    if new_secrets().keys() - kept["secrets"].keys():  # made by an older version
        kept["secrets"] = new_secrets() | kept["secrets"]
        path.write_text(json.dumps(kept, indent=2), "utf-8")
    return kept


def choose_port(wanted: str) -> int:
    """`PORT` where it is set; else 8000, or any that is free."""
    if not wanted:
        return 8000 if is_free(8000) else free_port()
    if not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) < 65536):
        sys.exit("PORT must be a number from 1 to 65535.")
    if not is_free(int(wanted)):
        sys.exit(f"Port {wanted} is taken by another program. Choose another: PORT=8123 make run")
    return int(wanted)


def choose_speed(wanted: str) -> str:
    """`SPEED` where it is set; else that of life."""
    if wanted and not (wanted.isascii() and wanted.isdigit() and 0 < int(wanted) <= FASTEST):
        sys.exit(f"SPEED must be a number from 1 to {FASTEST}.")
    return wanted or "1"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as gunicorn listens: else a port would count as taken for a minute after the last demo
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def environment_for(
    home: Path, secret_values: dict[str, str], port: int, vendor_port: int
) -> dict[str, str]:
    # from nothing: no variable of the shell may lead the demo to a real database or vendor
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return (
        kept
        | secret_values
        | {
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "PYTHONUNBUFFERED": "1",
            "ENV_FILE": "",  # nor may `.env`
            "DATA_DIR": str(home),
            "PLAIN_HTTP": "True",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "PORT": str(port),
            "REFONTE_API_URL": f"http://127.0.0.1:{vendor_port}/v1",
            "CALLBACK_BASE_URL": f"http://127.0.0.1:{port}",
            "CONSOLE_URL": f"http://127.0.0.1:{port}",
        }
    )


def set_up(home: Path, environment: dict[str, str], passwords: dict[str, str]) -> None:
    """Database, static files, accounts."""
    log = home / "setup.log"
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603 - our own command  # nosec B603
            manage("set_up_demo"),
            env=environment,
            input=json.dumps(passwords).encode(),  # not an argument, which `ps` would show
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        sys.exit(f"{log.read_text('utf-8', 'replace')}\nThe demo could not be set up; see above.")


def manage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, str(ROOT / "manage.py"), *arguments)


def sandbox(home: Path, port: int, speed: str) -> Program:
    state = home / "sandbox.sqlite3"
    options = {"--port": str(port), "--state": str(state), "--speed": speed}
    command = manage("sandbox", "--demo", *chain.from_iterable(options.items()))
    return Program(name="sandbox", command=command, log=home / "sandbox.log")


def console_programs(logs: Path | None = None) -> tuple[Program, ...]:
    """Dashboard and worker, the same in the demo and for `make serve`."""
    gunicorn = ("gunicorn", "--chdir", str(ROOT), "-c", "python:dashboard.run.gunicorn_conf")
    return (
        Program(
            name="dashboard",
            command=(sys.executable, "-m", *gunicorn, "dashboard.wsgi"),
            log=logs / "dashboard.log" if logs else None,
        ),
        Program(
            name="worker",
            command=manage("run_huey"),
            stop_with=signal.SIGINT,  # the consumer then finishes what it has begun
            log=logs / "worker.log" if logs else None,
        ),
    )


def wait_until(condition: Callable[[], bool], supervisor: Supervisor) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        if ended := supervisor.ended():
            give_up(ended)
        if time.monotonic() > deadline:
            sys.exit("The demo does not start; its logs are in .demo/.")
        time.sleep(0.1)


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def is_ready(port: int) -> bool:
    # not with `urllib`, which would send it to a proxy that the shell names
    request = b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def give_up(program: Program) -> None:
    sys.exit(f"The {program.name} stopped; see {program.log}.")


def greeting(port: int, vendor_port: int, passwords: dict[str, str]) -> str:
    accounts = "\n".join(
        f"    {role:<9} {name:<6} {passwords[name]}" for name, role in ACCOUNTS.items()
    )
    return f"""
  The console is at   http://127.0.0.1:{port}/

    role      name   password
{accounts}

  It works with a simulated Refonte; everything is kept in .demo/. Ctrl-C stops it.
  Each account has these demo keys. To try adding one, delete it first:

    live   {LIVE_KEY}
    test   {TEST_KEY}

  To make Refonte fail, and then work again:

    curl -d '{{"kind": "status", "code": 503}}' http://127.0.0.1:{vendor_port}/_sandbox/faults
    curl -X POST http://127.0.0.1:{vendor_port}/_sandbox/reset
"""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / ".demo")
