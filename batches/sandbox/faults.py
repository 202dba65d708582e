"""Faults on request: slow, wrong or broken answers to calls that match a pattern.

A fault takes effect before the call does (a write did not happen) or after it (the write happened,
its answer is lost or broken). Each kind has a default; the option `acting` overrides it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from random import Random
from threading import Lock
from typing import Any

from . import raw_answers
from .odd_shapes import SHAPES
from .raw_answers import Ending, Parts
from .replies import Reply, json_reply
from .seeded_random import seeded_random

# what a proxy in front of the vendor answers once its own session has ended
LOGIN_PAGE = b"<!doctype html><title>Sign in</title><h1>Please sign in to the proxy</h1>"
# Each kind with its options and their defaults; `acting`: whether the call takes effect.
OPTIONS: dict[str, dict[str, Any]] = {
    "latency": {"seconds": 0.2, "acting": False},
    "hang": {"acting": False},
    "status": {"code": 503, "headers": {}, "body": None, "acting": False},
    "html": {"code": 200, "acting": False},
    "redirect": {"code": 302, "location": "https://elsewhere.example/v1/batches", "acting": False},
    "reset_before_acting": {"acting": False},
    "close_before_acting": {"acting": False},
    "reset_after_acting": {"acting": True},
    "close_after_acting": {"acting": True},
    "empty": {"code": 200, "acting": True},
    "wrong_shape": {"shape": "project_object", "acting": True},
    "reset_mid_body": {"acting": True},
    "drip_body": {"seconds": 0.05, "acting": True},
    "drip_headers": {"seconds": 0.05, "acting": True},
    "continues": {"seconds": 0.05, "count": 20, "acting": True},
    "long_content_length": {"acting": True},
    "missing_last_chunk": {"acting": True},
    "truncated_json": {"acting": True},
    "nested": {"depth": 100_000, "acting": True},
    "not_utf8": {"acting": True},
    "endless_body": {"acting": True},
    "gzip_bomb": {"megabytes": 64, "acting": True},
    "garbage_status_line": {"acting": True},
    "random_failure": {"rate": 0.3, "seed": 0},
    "flapping": {"up": 5.0, "down": 5.0, "code": 503},
    "invisible": {"seconds": 5.0},
    "finalize_does_nothing": {},
    "finalize_late": {"seconds": 4.0},
}
# Faults of what the vendor does, not of its answer; each applies to one endpoint only.
QUIRKS = {
    "invisible": "POST /v1/batches",
    "finalize_does_nothing": "POST /v1/batches/*/finalize",
    "finalize_late": "POST /v1/batches/*/finalize",
}
# A mix with and without effect, so that a client cannot rely on either.
RANDOM_KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"code": 500}),
    ("status", {"code": 503, "headers": {"Retry-After": "1"}}),
    ("html", {"code": 502}),
    ("reset_before_acting", {}),
    ("reset_after_acting", {}),
    ("close_after_acting", {}),
)


@dataclass(slots=True)
class Fault:
    """`times` counts down with each occurrence; None lasts until reset."""

    kind: str
    match: str = "*"
    times: int | None = None
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    since: float = 0.0
    random: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        if self.kind not in OPTIONS:
            raise ValueError(f"{self.kind!r} is no fault; there are {', '.join(OPTIONS)}")
        unknown = self.options.keys() - OPTIONS[self.kind].keys()
        if unknown:
            raise ValueError(f"{self.kind} has no option {', '.join(sorted(unknown))}")
        self.options = {**OPTIONS[self.kind], **self.options}
        # any known shape will do for kinds that have none
        if self.options.get("shape", "null") not in SHAPES:
            raise ValueError(
                f"{self.options['shape']!r} is no shape; there are {', '.join(SHAPES)}"
            )
        self.random = seeded_random(self.options.get("seed", 0))

    def matches(self, method: str, path: str, query: str) -> bool:
        lines = {f"{method} {path}", f"{method} {path}?{query}"}
        only = QUIRKS.get(self.kind, "*")
        return any(fnmatchcase(line, self.match) for line in lines) and fnmatchcase(
            f"{method} {path}", only
        )

    def occurrence(self, at: float) -> "Fault | None":
        """The fault that occurs now: this one, one drawn at random, or None."""
        if self.kind == "random_failure":
            return self._random_occurrence()
        if self.kind == "flapping":
            up, down = self.options["up"], self.options["down"]
            # by the clock and not by calls: all clients see the same outage
            broken = (at - self.since) % (up + down) >= up
            return Fault("status", options={"code": self.options["code"]}) if broken else None
        return self

    def _random_occurrence(self) -> "Fault | None":
        if self.random.random() >= self.options["rate"]:
            return None
        kind, options = self.random.choice(RANDOM_KINDS)
        return Fault(kind, options=dict(options))


class FaultBoard:
    """The faults that are set, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str, query: str, at: float) -> list[Fault]:
        """The faults of this call: any number of latencies and quirks, and one broken answer."""
        # `times` and `skip` count calls, which arrive in several threads
        with self._lock:
            return list(self._taken(method, path, query, at))

    def _taken(self, method: str, path: str, query: str, at: float) -> Iterator[Fault]:
        answered = False
        for fault in list(self._faults):  # a copy: a fault that is used up is removed
            adds_to_answer = fault.kind == "latency" or fault.kind in QUIRKS
            if not fault.matches(method, path, query) or (answered and not adds_to_answer):
                continue
            # only a fault that is used counts down: the next broken answer is for the next call
            occurring = self._count(fault, at)
            if occurring is not None:
                answered = answered or not adds_to_answer
                yield occurring

    def _count(self, fault: Fault, at: float) -> Fault | None:
        if fault.skip > 0:
            fault.skip -= 1
            return None
        occurring = fault.occurrence(at)
        if occurring is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return occurring

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {"kind": f.kind, "match": f.match, "times": f.times, "skip": f.skip, **f.options}
                for f in self._faults
            ]


def perform(faults: list[Fault], act: Callable[[], Reply], now: Callable[[], datetime]) -> Parts:
    """The parts of one call's answer, computed lazily: a latency passes before `act` runs."""
    slow = [fault for fault in faults if fault.kind == "latency"]
    breaking = next((f for f in faults if f.kind != "latency" and f.kind not in QUIRKS), None)
    yield from (fault.options["seconds"] for fault in slow if not fault.options["acting"])
    # without effect `act` is not called at all: a write then did not happen
    reply = act() if breaking is None or breaking.options["acting"] else Reply()
    yield from (fault.options["seconds"] for fault in slow if fault.options["acting"])
    yield from (
        raw_answers.whole(reply, now()) if breaking is None else _broken(breaking, reply, now())
    )


def _broken(fault: Fault, reply: Reply, moment: datetime) -> Parts:
    # an ending alone: the client gets no byte of an answer
    if fault.kind in ENDINGS:
        return iter([ENDINGS[fault.kind]])
    if fault.kind in REPLIES:
        return raw_answers.whole(REPLIES[fault.kind](fault.options, reply), moment)
    options = {key: value for key, value in fault.options.items() if key != "acting"}
    return WIRES[fault.kind](reply, moment, **options)


def _status(options: dict[str, Any], _: Reply) -> Reply:
    body, code = options["body"], options["code"]
    if isinstance(body, str):
        return Reply(code, body.encode(), "text/plain; charset=utf-8", options["headers"])
    value = (
        {"status_code": code, "error": "A fault that was set in the sandbox"}
        if body is None
        else body
    )
    return Reply(code, json.dumps(value).encode(), headers=options["headers"])


def _html(options: dict[str, Any], _: Reply) -> Reply:
    return Reply(options["code"], LOGIN_PAGE, "text/html; charset=utf-8")


def _redirect(options: dict[str, Any], _: Reply) -> Reply:
    return Reply(options["code"], b"", headers={"Location": options["location"]})


def _empty(options: dict[str, Any], _: Reply) -> Reply:
    return Reply(options["code"])


def _wrong_shape(options: dict[str, Any], reply: Reply) -> Reply:
    # nothing to reshape where a variant answers with text
    if not reply.content_type.startswith("application/json"):
        return reply
    value = json.loads(reply.body)
    return json_reply(SHAPES[options["shape"]](value), reply.status)


ENDINGS = {
    "hang": Ending.HANG,
    "reset_before_acting": Ending.RESET,
    "reset_after_acting": Ending.RESET,
    "close_before_acting": Ending.CLOSE,
    "close_after_acting": Ending.CLOSE,
}
REPLIES: dict[str, Callable[[dict[str, Any], Reply], Reply]] = {
    "status": _status,
    "html": _html,
    "redirect": _redirect,
    "empty": _empty,
    "wrong_shape": _wrong_shape,
}
WIRES: dict[str, Callable[..., Parts]] = {
    "reset_mid_body": raw_answers.reset_mid_body,
    "drip_body": raw_answers.drip_body,
    "drip_headers": raw_answers.drip_headers,
    "continues": raw_answers.continues,
    "long_content_length": raw_answers.long_content_length,
    "missing_last_chunk": raw_answers.missing_last_chunk,
    "truncated_json": raw_answers.truncated_json,
    "nested": raw_answers.nested,
    "not_utf8": raw_answers.not_utf8,
    "endless_body": raw_answers.endless_body,
    "gzip_bomb": raw_answers.gzip_bomb,
    "garbage_status_line": raw_answers.garbage_status_line,
}
