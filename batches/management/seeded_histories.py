"""Histories of made-up batches, for databases of a size. The same seed gives the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, repeat
from random import Random

from batches.models.samples import STATUS_CODES
from batches.refonte import COMPLETED, IN_PROGRESS, STAGING
from batches.services.observations.history import History
from batches.services.observations.packing import NOTHING, Sample

PROJECTS = 40
MINUTE, HOUR = 60, 3600
QUIET = 16 * MINUTE  # a batch that nobody works on is sampled after 15 minutes and a little
# Hours of the day, UTC, from the first to the last, in which people work.
SHIFTS = ((0, 24), (6, 14), (7, 17), (6, 22))
FEWEST = 6  # samples of a batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """samples: of all batches; fewer where the days hold no more. in_progress: of the batches."""

    batches: int
    in_progress: int
    days: int
    samples: int


def make_histories(size: Size, *, seed: int, now: datetime) -> Iterator[History]:
    """Those in progress come first. Raises ValueError where a batch has too few samples."""
    most, end = size.samples // size.batches, int(now.timestamp())
    if most < FEWEST:
        raise ValueError(f"Fewer than {FEWEST} samples a batch.")
    for number in range(size.batches):
        chance = Random(f"{seed} {number}")  # noqa: S311 - not for secrets  # nosec B311
        is_open = number < size.in_progress
        times = _times(chance, end, end - size.days * 24 * HOUR, most, is_open=is_open)
        yield History(
            name=f"seeded_batch_{number:06}",
            # one project after the other, so that few sums are added to at a time
            project=f"seeded_project_{number * PROJECTS // size.batches:02}",
            created_at=datetime.fromtimestamp(times[0], UTC) - timedelta(minutes=1),
            answers=_answers(chance, times, is_open=is_open),
        )


def _times(chance: Random, end: int, begin: int, most: int, *, is_open: bool) -> list[int]:
    """When a batch was seen: each minute while people work on it. At most `most` times."""
    first, last = chance.choice(SHIFTS)
    # the middle of a minute, so that an answer a second later is in the same one
    at = end // MINUTE * MINUTE - chance.randrange(2, MINUTE - 2)
    if not is_open:
        at -= chance.randrange(max(1, (end - begin) // MINUTE - 3 * most)) * MINUTE
    found: list[int] = []
    while len(found) < most and at > begin:
        found.append(at)
        at -= MINUTE if first <= at // HOUR % 24 < last else QUIET
    return [
        at + late
        for at, late in zip(reversed(found), chance.choices((-1, 0, 1), k=len(found)), strict=True)
    ]


def _answers(chance: Random, times: list[int], *, is_open: bool) -> list[Sample]:
    count = len(times)
    pace = chance.randrange(2, 12)
    steps = chance.choices(range(1, pace), k=count)
    steps[0] = 0  # the first answer is of a batch in staging
    for place in range(1, count):
        # nothing is done between two answers of a quiet time
        if times[place] - times[place - 1] > 2 * MINUTE:
            steps[place] = 0
    done = list(accumulate(steps))
    errors = [number // 50 for number in done]
    total = int(done[-1] * chance.uniform(1.05, 4)) + 1 if is_open else done[-1]
    last = STATUS_CODES[IN_PROGRESS if is_open else COMPLETED]
    columns = (
        times,
        [STATUS_CODES[STAGING], *repeat(STATUS_CODES[IN_PROGRESS], count - 2), last],
        [a - b for a, b in zip(done, errors, strict=True)],
        [total - number for number in done],
        errors,
        repeat(0, count),
        repeat(total, count),
        repeat(NOTHING, count),
    )
    return list(map(Sample._make, zip(*columns, strict=True)))
