"""The calls of a person that reach the vendor, each against the real views, and how each ended.

A `Console` has the sandbox, its key and a signed-in browser for every call, so that calls may be
tried side by side and none sees what another one's key was told.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import time_machine
from django.db import connection
from django.test import Client

from batches.models import Operation
from batches.refs import to_ref
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.vendor import calls as vendor

LATER = timedelta(minutes=1)  # what was read before is old by then, and its age is to be seen
SPARE = 30  # seconds beyond the deadline: a busy machine may take them, what hangs takes more
POLL = {"X-Poll": "1", "HX-Request": "true"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """`match`: which of its vendor calls a fault is for."""

    name: str
    match: str
    send: Callable[["Attempt"], Any]
    is_write: bool = False


@dataclass
class Attempt:
    """One call with what it needs of its own, and what came of it."""

    call: Call
    batch: str
    api_key: str
    key: KeyHandle
    web: Client
    answer: Any = None
    seconds: float = 0.0
    rows: list[str] = field(default_factory=list)
    form_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def url(self) -> str:
        return f"/batches/{to_ref(self.batch)}/"

    @property
    def operation(self) -> Operation | None:
        return Operation.objects.filter(form_id=self.form_id).first()

    def get(self, path: str, **headers: str) -> Any:
        return self.web.get(f"{path}?key={self.key.ref}", headers=headers)

    def post(self, path: str, data: dict[str, Any], **headers: str) -> Any:
        return self.web.post(f"{path}?key={self.key.ref}", data, headers=headers)

    def write(self, path: str, **fields: Any) -> Any:
        data = {"key": self.key.ref, "form_id": self.form_id} | fields
        return self.post(path, data, **{"HX-Request": "true"})

    def prime(self) -> None:
        """Look once while all is well, as the page that polls or writes did before."""
        if self.call.is_write:
            return
        page = self.get("/batches/" if self.call.name.startswith("list") else self.url)
        assert page.status_code == 200
        self.rows = re.findall(r'name="row" value="([^"]+)"', page.text)

    def run(self) -> None:
        started = time.monotonic()
        self.answer = self.call.send(self)
        self.seconds = time.monotonic() - started

    @property
    def outcome(self) -> str:
        """A word for the table: how a page stands, or how an operation does."""
        if self.call.is_write:
            operation = self.operation
            return str(operation.state) if operation else f"answered {self.answer.status_code}"
        status, standing = self.answer.status_code, _standing(self.answer)
        # a list that the vendor rejects is drawn all the same
        is_drawn = status in (200, 204) or (status == 400 and standing != "live")
        return standing if is_drawn else f"answered {status}"

    @property
    def pace(self) -> float:
        """Seconds until the page polls again, as this answer to a poll says."""
        news = json.loads(self.answer["HX-Trigger"])["refreshed"]
        return float(news["poll_seconds"])

    @property
    def words(self) -> str:
        """What a person reads of the failure."""
        if self.call.is_write:
            return self.operation.message if self.operation else ""
        band = re.search(r'<p class="band-text">(.*?)</p>', self.answer.text, re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", band[1]).split()) if band else ""

    @property
    def says_enough(self) -> bool:
        """Words for whatever is not well, and beside them the figures that were known."""
        if self.outcome in ("live", "answered 404"):
            return True
        if self.outcome in ("words only", "answered 503") and "4,321" in self.answer.text:
            return False
        if self.outcome == "last state" and self.call.name == "detail page":
            return bool(self.words) and "4,321" in self.answer.text
        if self.outcome == "last state" and self.call.name == "list page":
            return bool(self.words) and self.batch in self.answer.text
        return bool(self.words)


def _standing(answer: Any) -> str:
    """live, last state (with its age), or words only."""
    if "HX-Trigger" in answer and "refreshed" in answer["HX-Trigger"]:
        news = json.loads(answer["HX-Trigger"])["refreshed"]
        is_stale, as_of = news.get("stale", False), news.get("as_of")
    else:
        as_of = "Showing <time" in answer.text
        is_stale = as_of or "Nothing to show yet." in answer.text
    if not is_stale:
        return "live"
    return "last state" if as_of else "words only"


def _poll_list(attempt: Attempt) -> Any:
    data = {"rows": ",".join(attempt.rows), "since": datetime.now(UTC).isoformat(), "head": "old"}
    return attempt.post("/batches/live/", data, **POLL)


def _create(attempt: Attempt) -> Any:
    return attempt.write("/batches/new/", project="kittens", name=f"new-{attempt.batch}")


READS = (
    Call(name="list page", match="GET *", send=lambda attempt: attempt.get("/batches/")),
    Call(name="detail page", match="GET *", send=lambda attempt: attempt.get(attempt.url)),
    Call(name="list poll", match="GET *", send=_poll_list),
    Call(
        name="detail poll",
        match="GET *",
        send=lambda attempt: attempt.get(f"{attempt.url}live/", **POLL),
    ),
)
CREATE = Call(name="create", match="POST *", send=_create, is_write=True)
FINALIZE = Call(
    name="finalize",
    match="POST *",
    send=lambda attempt: attempt.write(f"{attempt.url}finalize/", confirmed="on"),
    is_write=True,
)
PRIORITIZE = Call(
    name="prioritize",
    match="POST *",
    send=lambda attempt: attempt.write(f"{attempt.url}prioritize/", priority="25"),
    is_write=True,
)
WRITES = (CREATE, FINALIZE, PRIORITIZE)
# the same writes where it is the reading before them that fails
CREATE_BLIND = Call(name="create, blind", match="GET *", send=CREATE.send, is_write=True)
FINALIZE_BLIND = Call(name="finalize, blind", match="GET *", send=FINALIZE.send, is_write=True)
MAIN = (*READS, *WRITES)
ALL = (*MAIN, CREATE_BLIND, FINALIZE_BLIND)


@contextmanager
def later(by: timedelta = LATER) -> Iterator[None]:
    with time_machine.travel(datetime.now(UTC) + by, tick=True):
        yield


@dataclass
class Console:
    """Makes attempts and runs them."""

    sandbox: Sandbox
    make_key: Callable[[str], KeyHandle]
    browser: Callable[[], Client]

    def attempts(self, calls: Sequence[Call] = ALL) -> list[Attempt]:
        return [self._attempt(call) for call in calls]

    def again(self, attempt: Attempt) -> Attempt:
        """The same call of the same person, with another batch."""
        return Attempt(
            attempt.call, self._batch(attempt.call), attempt.api_key, attempt.key, attempt.web
        )

    def _attempt(self, call: Call) -> Attempt:
        api_key = f"live_key_of_{uuid4().hex}"
        self.sandbox.add_key(api_key, "live")
        return Attempt(call, self._batch(call), api_key, self.make_key(api_key), self.browser())

    def _batch(self, call: Call) -> str:
        name, status = f"kitten-{uuid4().hex[:8]}", "staging" if call.is_write else "in_progress"
        self.sandbox.add_batch(name, status=status, counts={"pending": 12, "completed": 4321})
        return name

    def run(
        self,
        calls: Sequence[Call],
        broken: Callable[[Sequence[Attempt]], AbstractContextManager[object]],
        *,
        side_by_side: bool = False,
    ) -> list[Attempt]:
        """Prime every attempt while all is well; then break it, and run."""
        attempts = self.attempts(calls)
        for attempt in attempts:
            attempt.prime()
        with later(), broken(attempts):
            if side_by_side:
                run_side_by_side(attempts)
            else:
                for attempt in attempts:
                    vendor.safeguards.cache_clear()  # each meets a vendor nobody has given up yet
                    attempt.run()
        return attempts


def run_side_by_side(attempts: Sequence[Attempt]) -> None:
    """For faults that last: nobody has given the vendor up before all have asked it."""
    for few in (
        attempts[: len(MAIN)],
        attempts[len(MAIN) :],
    ):  # more writes at once would find no room
        vendor.safeguards.cache_clear()
        with ThreadPoolExecutor(len(ALL)) as pool:
            list(pool.map(_run_in_thread, few))


def _run_in_thread(attempt: Attempt) -> None:
    try:
        attempt.run()
    finally:
        connection.close()
