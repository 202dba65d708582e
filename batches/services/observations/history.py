"""The past of one batch as answers, and what the recorder keeps of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from batches.models.samples import STATUS_CODES
from batches.refonte import CANCELLED, COMPLETED
from batches.services.observations.packing import Sample
from batches.services.observations.quarters import QUARTER, SUMS, Work, spread, step
from batches.services.observations.samples import UNCHANGED_EVERY
from batches.services.observations.series import MINUTE

FINISHED = (STATUS_CODES[COMPLETED], STATUS_CODES[CANCELLED])
LONGEST_UNCHANGED = int(UNCHANGED_EVERY.total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was seen of one batch.

    answers: every answer with counts, those that changed nothing too, in order of time; at least
        one. A status without a code stands in `other`, as the recorder keeps it. More than
        `GAP` seconds between two are a time in which nobody looked.
    """

    name: str
    answers: Sequence[Sample]
    project: str | None = None
    created_at: datetime | None = None


class Kept(NamedTuple):
    """An answer that becomes a sample, that before it, and the second of the sample before it."""

    answer: Sample
    before: Sample
    sampled_at: int


def check(history: History, *, now: datetime) -> None:
    """Raises ValueError where these cannot be the answers about a batch."""
    if not history.answers:
        raise ValueError(f"{history.name}: no answers")
    if any(before.at >= after.at for before, after in pairwise(history.answers)):
        raise ValueError(f"{history.name}: answers are not in order of time")
    if history.answers[-1].at > now.timestamp():
        raise ValueError(f"{history.name}: answers of the future")


def due(answers: Sequence[Sample]) -> Iterator[Kept]:
    """The answers that the recorder keeps, by the rules of `samples.is_due`."""
    before = answers[0]
    sampled_at = before.at
    yield Kept(before, before, sampled_at)
    for answer in answers:
        # all fields but the first, which is the time
        if answer[1:] != before[1:] or (
            answer.at - sampled_at >= LONGEST_UNCHANGED and answer.status not in FINISHED
        ):
            yield Kept(answer, before, sampled_at)
            sampled_at = answer.at
        before = answer


def samples_in(kept: Iterable[Kept]) -> list[Sample]:
    """At most one a minute: the last one replaces the others."""
    return list({one.answer.at // MINUTE: one.answer for one in kept}.values())


def work_in(kept: Iterable[Kept]) -> dict[int, Work]:
    """The sums of each quarter of an hour, as `quarters.add_work` makes them."""
    sums: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(SUMS))
    for answer, before, sampled_at in kept:
        completed = step(before.completed, answer.completed)
        errors = step(before.error, answer.error)
        quarter = sampled_at // QUARTER
        # most steps are within one quarter, and there may be millions
        if quarter == (answer.at - 1) // QUARTER:
            found = sums[quarter]
            found[0] += completed
            found[1] += errors
            found[2] += answer.at - sampled_at
        elif answer.at > sampled_at:
            for part, work in spread(sampled_at, before.at, answer.at, completed, errors):
                sums[part] = [a + b for a, b in zip(sums[part], work, strict=True)]
    return {quarter: Work(*found) for quarter, found in sums.items()}
