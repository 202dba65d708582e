"""The two that are compared, each in a gunicorn of its own with the product's configuration."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import requests

from batches.sandbox import Sandbox
from batches.sandbox.models import HOUR, in_ms
from batches.sandbox.worlds import Search
from dashboard.run import demo
from tests.bench.wire import Ask
from tests.support.stack import PASSWORD, Stack

Form = list[tuple[str, str]]
Headers = dict[str, str]

POLL = {"X-Poll": "1", "HX-Request": "true"}
LONGEST_WITHOUT_ESTIMATE = 8  # seconds; the worker looks every 5
STILL = 300  # the newest batches do not move: an unchanged poll finds nothing changed


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, and somebody signed in to it."""

    url: str
    cookies: dict[str, str]
    environment: dict[str, str]
    log: Path

    @classmethod
    def signed_in(
        cls, url: str, login: str, name: str, environment: dict[str, str], log: Path
    ) -> Self:
        session = requests.Session()
        session.trust_env = False
        session.get(url + login, timeout=60)
        form = {"username": name, "password": PASSWORD}
        form["csrfmiddlewaretoken"] = session.cookies["csrftoken"]
        session.post(url + login, form, timeout=60, allow_redirects=False)
        return cls(url, dict(session.cookies), environment, log)

    @property
    def worker(self) -> int:
        """The process that answers, by what gunicorn wrote when it started it."""
        return int(re.findall(r"Booting worker with pid: (\d+)", self.log.read_text("utf-8"))[-1])

    @property
    def cookie_line(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, path: str, form: Form | None = None, headers: Headers | None = None) -> Ask:
        known = {"Cookie": self.cookie_line, **(headers or {})}
        return Ask.of(self.url + path, known, form)

    def page(self, path: str) -> str:
        answer = requests.get(self.url + path, cookies=self.cookies, timeout=60)
        answer.raise_for_status()
        return answer.text

    # Polls as the pages themselves send them

    def list_poll(self, path: str, *, changed: int = 0) -> Ask:
        """The poll of a list; with `changed`, of one that shows some rows as they no longer are."""
        page = self.page(path)
        fields = [(name, unescape(value)) for name, value in hidden_fields(page)]
        rows = [value for name, value in fields if name == "row"]
        rows[:changed] = map(outdated, rows[:changed])
        form = [field for field in fields if field[0] != "row"]
        return self._poll(page, "hx-post", [*form, ("rows", ",".join(rows))])

    def detail_poll(self, path: str) -> Ask:
        page = self.page(path)
        stamp = dict(hidden_fields(page))["stamp"]
        return self.ask(f"{poll_address(page, 'hx-get')}&stamp={stamp}", headers=POLL)

    def wait_for_estimate(self, path: str) -> None:
        """Until the page of a batch stays the same: its first estimate changes it."""
        stamp, known = self._stamp(path), ""
        while stamp != known:
            time.sleep(LONGEST_WITHOUT_ESTIMATE)
            stamp, known = self._stamp(path), stamp

    def _stamp(self, path: str) -> str:
        return dict(hidden_fields(self.page(path)))["stamp"]

    def _poll(self, page: str, attribute: str, form: Form) -> Ask:
        token = {"X-CSRFToken": self.cookies["csrftoken"]}
        return self.ask(poll_address(page, attribute), form, POLL | token)


def hidden_fields(page: str) -> Form:
    """What `hx-include="#rows, #poller"` collects."""
    return re.findall(r'<input type="hidden" name="(row|since|head|stamp)" value="([^"]*)"', page)


def poll_address(page: str, attribute: str) -> str:
    # the menus of the frame, which come first, are fetched when they are opened
    found = re.search(f'{attribute}="([^"]+)"', page.partition("<main")[2])
    assert found, "the page does not poll"
    return unescape(found[1])


def outdated(stamp: str) -> str:
    ref, _, status = stamp.split(" ")
    return f"{ref} 0000000000 {status}"


def product(stack: Stack) -> Site:
    log = stack.home / "dashboard.log"
    return Site.signed_in(stack.url, "/accounts/login/", "olga", stack.environment, log)


def key_of(site: Site) -> str:
    """`key=…`, as the product adds it to an address that names none."""
    answer = requests.get(f"{site.url}/batches/", cookies=site.cookies, timeout=60)
    return urlsplit(answer.url).query


def still_batches(sandbox: Sandbox) -> list[str]:
    """The newest of all, so that the first pages of the list hold nothing else."""
    now = datetime.now(UTC)
    world, an_hour_ago = sandbox.world(), in_ms(now.timestamp() - HOUR)
    for batch in world.search(Search(first_ms=an_hour_ago), now.timestamp())[0]:
        sandbox.remove(batch.name)  # among them what the demo's people made: it moves by the clock
    names = [f"bench-annotation-of-still-images-{number:03}" for number in range(STILL)]
    for number, name in enumerate(names):
        counts = {"pending": 1000 - number, "completed": 400 + number, "error": number % 7}
        sandbox.add_batch(
            name,
            status="in_progress",
            counts=counts,
            created_at=now - timedelta(seconds=10 * number),
        )
    return names


@contextmanager
def plain_django(folder: Path, environment: dict[str, str]) -> Iterator[Site]:
    """The bench's own Django: a bare view, and the admin over 10,000 rows."""
    port = demo.free_port()
    own = environment | {
        "DJANGO_SETTINGS_MODULE": "tests.bench.plain.settings",
        "DATA_DIR": str(folder),
        "PORT": str(port),
    }
    setup = (sys.executable, "-m", "tests.bench.plain.setup")
    subprocess.run(setup, env=own, input=PASSWORD.encode(), check=True)
    with gunicorn(folder, "tests.bench.plain.wsgi", own):
        log = folder / "tests.bench.plain.wsgi.log"
        yield Site.signed_in(f"http://127.0.0.1:{port}", "/admin/login/", "admin", own, log)


@contextmanager
def gunicorn(
    folder: Path, application: str, environment: dict[str, str], path: str = "/admin/login/"
) -> Iterator[float]:
    """Gives the seconds until it answered."""
    is_plain = application.startswith("tests.bench.plain")
    conf = "tests.bench.plain.gunicorn_conf" if is_plain else "dashboard.run.gunicorn_conf"
    command = (sys.executable, "-m", "gunicorn", "-c", f"python:{conf}")
    began = time.monotonic()
    with (folder / f"{application}.log").open("ab") as log:
        server = subprocess.Popen(
            [*command, application], env=environment, stdout=log, stderr=log, cwd=demo.ROOT
        )
        try:
            yield until_answered(f"http://127.0.0.1:{environment['PORT']}{path}") - began
        finally:
            server.terminate()
            server.wait(60)


def until_answered(url: str, patience: float = 60) -> float:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=10).status_code == 200:
                return time.monotonic()
        except requests.ConnectionError:
            time.sleep(0.02)
    raise AssertionError(f"{url} does not come up")
