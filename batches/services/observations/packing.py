"""The samples of one batch and day as bytes, and back.

Column by column, each number is stored as the difference to the one before, in as few bytes as the
largest difference of the column needs.
"""

import json
import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise, repeat
from types import MappingProxyType
from typing import NamedTuple

# Stored in the first byte, as rows live for years: another format needs another number.
VERSION = 1
# Codes of `array` by the bytes a number takes.
WIDTHS = {1: "b", 2: "h", 4: "i", 8: "q"}
ALL_KNOWN, ALL_UNKNOWN, SOME_UNKNOWN = 0, 1, 2
ENTRY = 4  # bytes of a count of samples
FIRST = 8  # bytes of the first number of a column, or of its only step
NOTHING: Mapping[str, int | str] = MappingProxyType({})


class Sample(NamedTuple):
    """Counts of a batch at one second. None is unknown, which is not 0.

    at: seconds since 1970, UTC. status: a code of `models.samples.STATUS_CODES`, 0 for others.
    other: counts under names that this product does not know, and a status without a code.
    """

    at: int
    status: int = 0
    completed: int | None = None
    pending: int | None = None
    error: int | None = None
    cancelled: int | None = None
    total: int | None = None
    other: Mapping[str, int | str] = NOTHING


COLUMNS = Sample._fields[:-1]
Column = Sequence[int | None]


class RawColumn(NamedTuple):
    """A column as it is stored.

    length: how many numbers, known or not. unknown: a bit for each, the lowest of a byte first,
        set where it is not known; empty where all are known.
    first: the first known number; None where none is. steps: from one known number to the next.
    """

    length: int
    unknown: bytes | memoryview
    first: int | None
    steps: Iterable[int]


class PackingError(ValueError):
    """These bytes were not written by `pack`."""


def pack(samples: Sequence[Sample]) -> bytes:
    """Samples in order of time: 3 to 8 bytes each where a minute changes little."""
    other = {str(n): dict(one.other) for n, one in enumerate(samples) if one.other}
    parts = [bytes([VERSION]), len(samples).to_bytes(ENTRY, "big")]
    parts += [_packed([getattr(one, name) for one in samples]) for name in COLUMNS]
    parts.append(json.dumps(other, separators=(",", ":")).encode() if other else b"")
    return b"".join(parts)


def unpack(packed: bytes | memoryview) -> tuple[Sample, ...]:
    """Raises PackingError."""
    try:
        return _unpacked(memoryview(packed))
    except (IndexError, KeyError, ValueError, OverflowError) as error:
        raise PackingError(str(error)) from error


def raw_columns(packed: bytes | memoryview) -> tuple[RawColumn, ...]:
    """The columns of `COLUMNS` before they are made samples, for whoever needs no samples.

    Raises PackingError.
    """
    try:
        return _raw_columns(memoryview(packed))[0]
    except (IndexError, KeyError, ValueError) as error:
        raise PackingError(str(error)) from error


def _unpacked(packed: memoryview) -> tuple[Sample, ...]:
    raw, place = _raw_columns(packed)
    columns = [_values(column) for column in raw]
    other = json.loads(bytes(packed[place:]) or b"{}")
    rows = zip(*columns, repeat(NOTHING, raw[0].length), strict=True)
    # as `Sample._make`, which takes twice as long: a chart may unpack 25,000 samples
    samples: list[Sample] = list(map(tuple.__new__, repeat(Sample), rows))
    for number, more in other.items():
        samples[int(number)] = samples[int(number)]._replace(other=more)
    return tuple(samples)


def _raw_columns(packed: memoryview) -> tuple[tuple[RawColumn, ...], int]:
    """The columns, and the position of what follows them."""
    if packed[0] != VERSION:
        raise PackingError(f"version {packed[0]}")
    count, place = int.from_bytes(packed[1 : 1 + ENTRY], "big"), 1 + ENTRY
    columns: list[RawColumn] = []
    for _ in COLUMNS:
        column, place = _raw_column(packed, place, count)
        columns.append(column)
    return tuple(columns), place


def _packed(column: Column) -> bytes:
    """Bits of the unknown numbers, count of the known ones, the first of these, and its steps."""
    known = [one for one in column if one is not None]
    if not known:
        return bytes([ALL_UNKNOWN])
    is_whole = len(known) == len(column)
    return b"".join(
        (
            bytes([ALL_KNOWN if is_whole else SOME_UNKNOWN]),
            b"" if is_whole else _bits(one is None for one in column),
            len(known).to_bytes(ENTRY, "big"),
            known[0].to_bytes(FIRST, "big", signed=True),
            _packed_steps([after - before for before, after in pairwise(known)]),
        )
    )


def _raw_column(packed: memoryview, place: int, count: int) -> tuple[RawColumn, int]:
    """A column, and the position of the next one."""
    form, place = packed[place], place + 1
    if form == ALL_UNKNOWN:
        return RawColumn(count, b"", None, ()), place
    unknown = -(-count // 8) if form == SOME_UNKNOWN else 0
    bits, place = packed[place : place + unknown], place + unknown
    length, place = int.from_bytes(packed[place : place + ENTRY], "big"), place + ENTRY
    first = int.from_bytes(packed[place : place + FIRST], "big", signed=True)
    steps, place = _steps(packed, place + FIRST, length - 1)
    return RawColumn(count, bits, first, steps), place


def _values(raw: RawColumn) -> Column:
    if raw.first is None:
        return [None] * raw.length
    # `accumulate` and `array` run in C: a chart may unpack many days
    known = accumulate(raw.steps, initial=raw.first)
    if not raw.unknown:
        return list(known)
    bits = raw.unknown
    is_unknown = [bits[number // 8] >> number % 8 & 1 for number in range(raw.length)]
    return [None if skip else next(known) for skip in is_unknown]


def _packed_steps(steps: Sequence[int]) -> bytes:
    # all steps are equal, as in a total that never changes: stored once
    if len(set(steps)) <= 1:
        return b"\0" + (steps[0] if steps else 0).to_bytes(FIRST, "big", signed=True)
    narrow = _narrowest(steps)
    return bytes([narrow.itemsize]) + _little(narrow).tobytes()


def _steps(packed: memoryview, place: int, length: int) -> tuple[Iterable[int], int]:
    width, place = packed[place], place + 1
    if width == 0:
        step = int.from_bytes(packed[place : place + FIRST], "big", signed=True)
        return repeat(step, length), place + FIRST
    steps = array(WIDTHS[width])
    end = place + length * width
    steps.frombytes(packed[place:end])
    return _little(steps), end


def _narrowest(steps: Sequence[int]) -> "array[int]":
    """Raises OverflowError beyond 8 bytes."""
    for size, code in WIDTHS.items():
        limit = 1 << (8 * size - 1)
        if -limit <= min(steps) and max(steps) < limit:
            return array(code, steps)
    raise OverflowError


def _little(steps: "array[int]") -> "array[int]":
    """Little-endian bytes, or the numbers of such bytes."""
    # a database may be moved to a machine with another byte order
    if sys.byteorder == "big":
        steps.byteswap()
    return steps


def _bits(flags: Iterable[bool]) -> bytes:
    packed = bytearray()
    for number, flag in enumerate(flags):
        if number % 8 == 0:
            packed.append(0)
        packed[-1] |= flag << number % 8
    return bytes(packed)


def thin(samples: Sequence[Sample], *, seconds: int, gap: int) -> list[Sample]:
    """One sample for each `seconds`, the last one, and those that a chart needs.

    These are: the first and the last, each change of status with the sample before it, and the
    samples on both sides of a gap (a step longer than `gap` seconds).
    """
    if not samples:
        return []
    kept, last = {0, len(samples) - 1}, samples[0].at
    # samples with an empty interval between them could else look like a gap that was none
    longest = max(gap, 2 * seconds)
    for number, (before, after) in enumerate(pairwise(samples)):
        is_seam = after.status != before.status or after.at - before.at > gap
        if is_seam:
            kept |= {number, number + 1}
            last = after.at
        elif after.at // seconds != before.at // seconds or after.at - last > longest:
            kept.add(number)
            last = before.at
    return [samples[number] for number in sorted(kept)]
