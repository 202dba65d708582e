"""Checks the whole chain: which settled operations were changed, removed or moved.

Read in parts of a thousand rows, so that memory stays the same among any number and no statement
takes long. What is settled meanwhile is not looked at.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from batches.models import Operation, RecordHead, RecordSeal, State
from batches.services.seals.chain import link_seal, lock_head, row_seal
from batches.services.seals.keys import SealKey, seal_keys
from batches.services.seals.text import COLUMNS

ROWS = 1_000
Rows = Mapping[UUID, Mapping[str, Any]]


class Fault(StrEnum):
    """What is wrong, in words."""

    CHANGED = "changed"
    REMOVED = "removed"
    MOVED = "not in its place, or the one before it is not"
    NO_SEAL = "settled without a seal: added here, or its seal was removed"
    SEALS_GONE = "seals were removed"
    OTHER_KEY = "sealed with a key that RECORD_KEY lacks, so not checked"
    END_CUT = "the end of the record was cut"
    OTHER_HEAD = "another seal is at the place that was noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """number: the place in the chain. text: names the operation, or says how many are meant."""

    fault: Fault
    number: int | None = None
    text: str = ""

    def __str__(self) -> str:
        place = f"number {self.number}" if self.number else ""
        return f"{self.fault}: {', '.join(filter(None, (place, self.text)))}"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain as it was at some time."""

    count: int
    seal: str


@dataclass
class Verification:
    """One run. Read `findings` to the end; `head` is what the record ends with then.

    noted: ends of the chain from somewhere else, which must still be in it.
    """

    noted: tuple[Head, ...] = ()
    goes_on: Callable[[], bool] = lambda: True
    head: Head = Head(0, "")
    has_ended: bool = False
    _keys: dict[str, SealKey] = field(default_factory=dict)
    _unknown: Counter[str] = field(default_factory=Counter)

    def findings(self) -> Iterator[Finding]:
        self._keys = {key.mark: key for key in seal_keys()}
        self.head, last = _ends()
        if last.count != self.head.count or last.seal != self.head.seal:
            yield _cut(self.head.count, last.count)
        for noted in self.noted:
            yield from _missing(noted, last)
        yield from self._links()
        if self.has_ended:
            yield from self._unsealed()
        for mark, number in self._unknown.items():
            yield Finding(fault=Fault.OTHER_KEY, text=f"{_rows(number)}, key {_shown(mark)}")

    def _links(self) -> Iterator[Finding]:
        number, before = 0, ""
        seals = RecordSeal.objects.filter(number__lte=self.head.count).order_by("number")
        while part := list(seals.filter(number__gt=number)[:ROWS]):
            if not self.goes_on():
                return
            rows = _operations([link.operation_id for link in part])
            for link in part:
                if (gap := link.number - number - 1) > 0:
                    yield Finding(fault=Fault.SEALS_GONE, number=number + 1, text=_rows(gap))
                # behind a gap nobody knows which seal the next one holds
                yield from self._faults(link, rows, None if gap else before)
                number, before = link.number, link.seal
        self.has_ended = True

    def _faults(self, link: RecordSeal, rows: Rows, before: str | None) -> Iterator[Finding]:
        key, row = self._keys.get(link.key), rows.get(link.operation_id)
        if row is None:
            yield _of(link, Fault.REMOVED)
        if key is None:
            self._unknown[link.key] += 1
            return
        if row is not None and row_seal(key, row) != link.row:
            yield _of(link, Fault.CHANGED)
        if before is not None and link_seal(key, link, before=before) != link.seal:
            yield _of(link, Fault.MOVED)

    def _unsealed(self) -> Iterator[Finding]:
        """Each is settled and sealed in one transaction, so none is ever seen without its seal."""
        sealed = RecordSeal.objects.filter(operation_id=OuterRef("id"))
        rows = Operation.objects.exclude(state__in=State.open_states()).filter(~Exists(sealed))
        for row in rows.order_by().iterator(ROWS):
            yield Finding(
                fault=Fault.NO_SEAL, text=_named(row.id, row.verb, row.batch_name, row.username)
            )


@transaction.atomic
def _ends() -> tuple[Head, Head]:
    """As the head says, and by the last seal that is there."""
    head = lock_head()
    last = RecordSeal.objects.order_by("-number").first()
    return _head_of(head), Head(last.number, last.seal) if last else Head(0, "")


def _head_of(head: RecordHead) -> Head:
    return Head(head.count, head.seal)


def _missing(noted: Head, last: Head) -> Iterator[Finding]:
    """What is wrong with an end that was noted earlier."""
    if noted.count > last.count:
        yield _cut(noted.count, last.count)
    elif noted.count:
        found = RecordSeal.objects.filter(number=noted.count).values_list("seal", flat=True)
        if list(found) != [noted.seal]:
            yield Finding(fault=Fault.OTHER_HEAD, number=noted.count)


def _cut(noted: int, last: int) -> Finding:
    return Finding(fault=Fault.END_CUT, text=f"{noted:,} were noted, {last:,} are there")


def _operations(ids: list[UUID]) -> Rows:
    rows = Operation.objects.order_by().filter(id__in=ids).values(*COLUMNS)
    return {row["id"]: row for row in rows}


def _of(link: RecordSeal, fault: Fault) -> Finding:
    text = _named(link.operation_id, link.verb, link.batch_name, link.username)
    return Finding(fault=fault, number=link.number, text=text)


def _named(operation_id: UUID, verb: str, batch_name: str, username: str) -> str:
    # the names come from outside, and are written to a terminal
    return f"{operation_id}, {_shown(verb)} {_shown(batch_name)} by {_shown(username)}"


def _shown(text: str) -> str:
    return text if text.isascii() and text.isprintable() and " " not in text else repr(text)


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"
