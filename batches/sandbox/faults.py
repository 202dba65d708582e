"""Being slow, wrong or broken on demand, for calls that match a pattern, N times or until reset.

A fault either happens before the vendor acts (a write did not happen) or after (it did, and its
answer is lost or spoilt). Each kind has its own default; the option `acting` says otherwise.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from random import Random
from threading import Lock
from typing import Any

from . import wire
from .answers import Reply, json_reply
from .odd_shapes import SHAPES
from .seeded_random import dice_of
from .wire import Ending, Parts

LOGIN_PAGE = b"<!doctype html><title>Sign in</title><h1>Please sign in to the proxy</h1>"
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
QUIRKS = {
    "invisible": "POST /v1/batches",
    "finalize_does_nothing": "POST /v1/batches/*/finalize",
    "finalize_late": "POST /v1/batches/*/finalize",
}
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
    """One thing that goes wrong. `times` counts down as it happens; None is until reset."""

    kind: str
    match: str = "*"
    times: int | None = None
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    since: float = 0.0
    dice: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        if self.kind not in OPTIONS:
            raise ValueError(f"{self.kind!r} is no fault; there are {', '.join(OPTIONS)}")
        unknown = self.options.keys() - OPTIONS[self.kind].keys()
        if unknown:
            raise ValueError(f"{self.kind} has no option {', '.join(sorted(unknown))}")
        self.options = {**OPTIONS[self.kind], **self.options}
        if self.options.get("shape", "null") not in SHAPES:
            raise ValueError(
                f"{self.options['shape']!r} is no shape; there are {', '.join(SHAPES)}"
            )
        self.dice = dice_of(self.options.get("seed", 0))

    def suits(self, method: str, path: str, query: str) -> bool:
        lines = {f"{method} {path}", f"{method} {path}?{query}"}
        only = QUIRKS.get(self.kind, "*")
        return any(fnmatchcase(line, self.match) for line in lines) and fnmatchcase(
            f"{method} {path}", only
        )

    def happening(self, at: float) -> "Fault | None":
        """This fault, or the one it stands for at this moment, or none."""
        if self.kind == "random_failure":
            return self._by_chance()
        if self.kind == "flapping":
            up, down = self.options["up"], self.options["down"]
            broken = (at - self.since) % (up + down) >= up
            return Fault("status", options={"code": self.options["code"]}) if broken else None
        return self

    def _by_chance(self) -> "Fault | None":
        if self.dice.random() >= self.options["rate"]:
            return None
        kind, options = self.dice.choice(RANDOM_KINDS)
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
        """The faults that happen to this call: any number of latencies and quirks, one answer."""
        with self._lock:
            return list(self._taken(method, path, query, at))

    def _taken(self, method: str, path: str, query: str, at: float) -> Iterator[Fault]:
        answered = False
        for fault in list(self._faults):
            softly = fault.kind == "latency" or fault.kind in QUIRKS
            if not fault.suits(method, path, query) or (answered and not softly):
                continue
            happening = self._count(fault, at)
            if happening is not None:
                answered = answered or not softly
                yield happening

    def _count(self, fault: Fault, at: float) -> Fault | None:
        if fault.skip > 0:
            fault.skip -= 1
            return None
        happening = fault.happening(at)
        if happening is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return happening

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {"kind": f.kind, "match": f.match, "times": f.times, "skip": f.skip, **f.options}
                for f in self._faults
            ]


def perform(faults: list[Fault], act: Callable[[], Reply], now: Callable[[], datetime]) -> Parts:
    """Carry out one call under its faults, lazily: a latency passes before `act` runs."""
    slow = [fault for fault in faults if fault.kind == "latency"]
    spoilt = next((f for f in faults if f.kind != "latency" and f.kind not in QUIRKS), None)
    yield from (fault.options["seconds"] for fault in slow if not fault.options["acting"])
    reply = act() if spoilt is None or spoilt.options["acting"] else Reply()
    yield from (fault.options["seconds"] for fault in slow if fault.options["acting"])
    yield from wire.whole(reply, now()) if spoilt is None else _spoil(spoilt, reply, now())


def _spoil(fault: Fault, reply: Reply, moment: datetime) -> Parts:
    if fault.kind in ENDINGS:
        return iter([ENDINGS[fault.kind]])
    if fault.kind in REPLIES:
        return wire.whole(REPLIES[fault.kind](fault.options, reply), moment)
    options = {key: value for key, value in fault.options.items() if key != "acting"}
    return WIRES[fault.kind](reply, moment, **options)


def _status(options: dict[str, Any], _: Reply) -> Reply:
    body, code = options["body"], options["code"]
    if isinstance(body, str):
        return Reply(code, body.encode(), "text/plain; charset=utf-8", options["headers"])
    value = {"status_code": code, "error": "The sandbox was told to fail"} if body is None else body
    return Reply(code, json.dumps(value).encode(), headers=options["headers"])


def _html(options: dict[str, Any], _: Reply) -> Reply:
    return Reply(options["code"], LOGIN_PAGE, "text/html; charset=utf-8")


def _redirect(options: dict[str, Any], _: Reply) -> Reply:
    return Reply(options["code"], b"", headers={"Location": options["location"]})


def _empty(options: dict[str, Any], _: Reply) -> Reply:
    return Reply(options["code"])


def _wrong_shape(options: dict[str, Any], reply: Reply) -> Reply:
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
    "reset_mid_body": wire.reset_mid_body,
    "drip_body": wire.drip_body,
    "drip_headers": wire.drip_headers,
    "continues": wire.continues,
    "long_content_length": wire.long_content_length,
    "missing_last_chunk": wire.missing_last_chunk,
    "truncated_json": wire.truncated_json,
    "nested": wire.nested,
    "not_utf8": wire.not_utf8,
    "endless_body": wire.endless_body,
    "gzip_bomb": wire.gzip_bomb,
    "garbage_status_line": wire.garbage_status_line,
}
