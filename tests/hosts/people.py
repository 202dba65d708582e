"""People with a browser each, through nginx: fifty who watch, and two who create batches."""

import http.client
import re
import ssl
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.bench.sites import hidden_fields, poll_address

HOST = "console.example.com"
TOKEN = "a" * 32  # a CSRF token is what cookie and form agree upon
PACE = 3.0  # seconds between two polls of a page
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TLS = ssl.create_default_context()
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE
POLL = {"X-Poll": "1", "HX-Request": "true"}


@dataclass(slots=True)
class Tally:
    """Answers by the phase in which they came, kind of request and status; 0 is none."""

    phase: str = "before"
    counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, status: int, seconds: float) -> None:
        with self.lock:
            self.counts[self.phase, kind, status] += 1
            self.slowest[self.phase] = max(self.slowest.get(self.phase, 0), seconds)

    def failures(self) -> dict[tuple[str, str, int], int]:
        return {at: count for at, count in self.counts.items() if at[2] >= 500 or not at[2]}


class Browser:
    """One connection, opened again where it was closed."""

    def __init__(self, port: int, cookies: dict[str, str], tally: Tally) -> None:
        self.port, self.tally = port, tally
        kept = cookies | {"__Host-csrftoken": TOKEN}
        self.headers = {
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "X-CSRFToken": TOKEN,
            "Cookie": "; ".join(f"{name}={value}" for name, value in kept.items()),
        }
        self._connection = self._new()

    def get(self, path: str, kind: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
        return self._ask("GET", path, kind, "", headers or {})

    def post(
        self, path: str, form: list[tuple[str, str]], kind: str, headers: dict[str, str]
    ) -> tuple[int, str]:
        return self._ask("POST", path, kind, urlencode(form), FORM | headers)

    def _ask(
        self, method: str, path: str, kind: str, body: str, headers: dict[str, str]
    ) -> tuple[int, str]:
        began = time.monotonic()
        try:
            self._connection.request(method, path, body, self.headers | headers)
            answer = self._connection.getresponse()
            status, text = answer.status, answer.read().decode("utf-8", "replace")
            location = answer.getheader("Location") or ""
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = self._new()
            status, text, location = 0, "", ""
        self.tally.add(kind, status, time.monotonic() - began)
        if status == 302 and method == "GET":
            return self.get(location, kind)
        return status, text

    def close(self) -> None:
        self._connection.close()

    def _new(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=TLS, timeout=70)


class Viewer:
    """Opens a list or the page of a batch, and polls it as the page says."""

    def __init__(self, browser: Browser, path: str) -> None:
        self.browser = browser
        status, page = browser.get(path, "page")
        assert status == 200, (path, status)
        fields = hidden_fields(page)
        if "hx-post" in page and "/batches/live/" in page:
            rows = ",".join(value for name, value in fields if name == "row")
            self.form = [field for field in fields if field[0] != "row"] + [("rows", rows)]
            self.path = poll_address(page, "hx-post")
        else:
            self.form = []
            self.path = f"{poll_address(page, 'hx-get')}&stamp={dict(fields)['stamp']}"

    def poll(self) -> int:
        if self.form:
            return self.browser.post(self.path, self.form, "poll of a list", POLL)[0]
        return self.browser.get(self.path, "poll of a batch", POLL)[0]


class Operator:
    """Creates batches, one after the other, each with a form of its own. What got no answer is sent
    again, the same form, as by a person who presses the button once more.
    """

    def __init__(self, browser: Browser, name: str, key: str, project: str) -> None:
        self.browser, self.name, self.key, self.project = browser, name, key, project
        self.sent: list[str] = []

    def create(self) -> None:
        batch = f"{self.name}-{len(self.sent):03}"
        self.sent.append(batch)
        form = [
            ("csrfmiddlewaretoken", TOKEN),
            ("key", self.key),
            ("form_id", str(uuid.uuid4())),
            ("project", self.project),
            ("name", batch),
        ]
        for _ in range(20):
            status, _ = self.browser.post(f"/batches/new/?key={self.key}", form, "create", {})
            if status and status < 500:
                return
            time.sleep(0.5)


@contextmanager
def at_work(viewers: list[Viewer], operators: list[Operator]) -> Iterator[None]:
    """Everybody goes on in a thread of their own until the end of the `with`."""
    over = threading.Event()

    def watch(viewer: Viewer, first: float) -> None:
        over.wait(first)
        while not over.is_set():
            viewer.poll()
            over.wait(PACE)

    def operate(operator: Operator) -> None:
        while not over.wait(2.2):  # below thirty a minute, which is all that one person may
            operator.create()

    threads = [
        threading.Thread(target=watch, args=(viewer, PACE * number / len(viewers)))
        for number, viewer in enumerate(viewers)
    ] + [threading.Thread(target=operate, args=(operator,)) for operator in operators]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def key_of(browser: Browser) -> str:
    """`live-…`, as the pages name it."""
    found = re.search(r"key=(live-[0-9a-f]{8})", browser.get("/batches/", "page")[1])
    assert found
    return found[1]
