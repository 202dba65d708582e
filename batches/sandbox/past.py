"""What somebody who read the open batches of a world once a minute would have seen of each."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .demo_batches import PAST, demo_data
from .later_batches import Birth
from .models import Batch, Project, in_ms
from .pace import Pace, counts_of, state_of
from .speeds import Speeds

State = tuple[str, int, int]  # status, tasks received, tasks done
OPEN = ("staging", "in_progress")
STILL = 15  # an answer that changes nothing is given for every 15th look


@dataclass(frozen=True, slots=True)
class Look:
    """A batch at one second. Keys of `counts` are without the prefix `tasks_`."""

    at: int
    status: str
    counts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Course:
    """The looks at one batch, oldest first.

    Of looks that show no change the first and the last are here, and each 15th.
    """

    name: str
    project: str
    created_ms: int
    looks: list[Look]


class _Remembering(Pace):
    """Each moment is asked for by all batches of a project."""

    def __init__(self, seed: int, origin: float) -> None:
        super().__init__(seed, origin)
        self._known: dict[tuple[str, float], float] = {}

    def worked(self, project: Project, at: float) -> float:
        place = (project.name, at)
        if place not in self._known:
            self._known[place] = super().worked(project, at)
        return self._known[place]


def past_of(beginning: dict[str, Any], spans: Sequence[Sequence[int]]) -> Iterator[Course]:
    """The past of the demo in Live, as far as it was open at one of the looks.

    beginning: as `Vendor.beginning` has it. spans: seconds since 1970 of looks, in order of time;
        between two spans nobody looked.
    """
    seed, anchor = int(beginning["seed"]), float(beginning["anchor"])
    pace = _Remembering(seed, anchor - PAST)
    data = demo_data(int(beginning["batches"]), Birth(seed, anchor, Speeds()), pace)
    projects = {project.name: project for project in data.projects}
    for batch in data.batches:
        looks = list(_looks(batch, projects[batch.project], pace, spans))
        if looks:
            yield Course(batch.name, batch.project, batch.created_ms, looks)


def _looks(
    batch: Batch, project: Project, pace: Pace, spans: Sequence[Sequence[int]]
) -> Iterator[Look]:
    # completed before anybody looked: never in a list of open batches
    if batch.status is not None:
        return
    before = ""
    for span in spans:
        seen = span[bisect_left(span, batch.created_ms, key=in_ms) :]
        for first, last, state in _stretches(batch, project, pace, seen):
            status, here, done = state
            counts = counts_of(batch.plan, here, done)
            if status in OPEN:
                shown = dict.fromkeys((*range(first, last + 1, STILL), last))
                yield from (Look(seen[number], status, counts) for number in shown)
            elif before in OPEN:  # a batch that left the list is read once more
                yield Look(seen[first], status, counts)
            before = status


def _stretches(
    batch: Batch, project: Project, pace: Pace, seen: Sequence[int]
) -> Iterator[tuple[int, int, State]]:
    """Looks that show the same: index of the first and the last, and what they show."""
    first, here = 0, None
    for number, state in _changes(batch, project, pace, seen):
        if here is not None:
            yield first, number - 1, here
        first, here = number, state
    if here is not None:
        yield first, len(seen) - 1, here


def _changes(
    batch: Batch, project: Project, pace: Pace, seen: Sequence[int]
) -> Iterator[tuple[int, State]]:
    """The indexes of looks that differ from the one before, and the first."""

    def state_at(number: int) -> State:
        return state_of(batch, project, pace, seen[number])

    returns = [when for when, _ in batch.plan.sent_back]
    here, low = None, 0
    while low < len(seen):
        high = min(low + STILL, len(seen) - 1)
        if here is None:
            here = state_at(0)
            yield 0, here
        last = state_at(high)
        if any(seen[low] < when <= seen[high] for when in returns):
            between = [(number, state_at(number)) for number in range(low + 1, high + 1)]
        else:
            between = list(_between(state_at, (low, here), (high, last)))
        for number, state in between:
            if state != here:
                yield number, state
                here = state
        low = high if high > low else len(seen)
        if here[0] == "completed" and not any(when > seen[high] for when in returns):
            return


def _between(
    state_at: Callable[[int], State], low: tuple[int, State], high: tuple[int, State]
) -> Iterator[tuple[int, State]]:
    """Changes after one look, up to another one, while no count falls."""
    # counts only grow, so equal ends are equal throughout
    if low[1] == high[1]:
        return
    if high[0] - low[0] == 1:
        yield high
        return
    number = (low[0] + high[0]) // 2
    middle = number, state_at(number)
    yield from _between(state_at, low, middle)
    yield from _between(state_at, middle, high)
