"""The projects and batches of one mode (live or test), and the rules for changing them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from .callbacks import is_on_this_machine
from .initial_batches import InitialData
from .later_batches import Birth, Stream
from .models import HOUR, Batch, Project
from .pace import Pace, Progress, progress_of, weight_of
from .replies import Refusal
from .status_index import StatusIndex
from .store import Store
from .timeline import Timeline

FORECAST_MAX = 90 * 24 * HOUR


@dataclass(frozen=True, slots=True)
class Search:
    """The parameters of a list. Times are milliseconds since 1970, both inclusive."""

    project: str | None = None
    status: str | None = None
    first_ms: int | None = None
    last_ms: int | None = None
    limit: int = 100
    offset: int = 0


class World:
    """Not thread-safe: callers hold the vendor's lock."""

    def __init__(self, mode: str, data: InitialData, pace: Pace, store: Store) -> None:
        self.mode, self.pace, self._store = mode, pace, store
        self.projects = {project.name: project for project in data.projects}
        self.batches = {batch.name: batch for batch in data.batches}
        self._load()
        self._numbers = count(1)
        self._sequence: dict[str, int] = {}
        self._all = Timeline()
        self._by_project: dict[str, Timeline] = {}
        self._by_status = StatusIndex(
            self.progress, lambda batch: self._sequence[batch.name], pace.speeds.fastest
        )
        self._index()
        self._to_call_back = {name for name, one in self.batches.items() if _awaits_call(one)}
        self._not_visible = [batch for batch in self.batches.values() if batch.visible_from]
        self._grown: dict[str, int] = {}  # batches by stream

    def _load(self) -> None:
        """Replace generated data by what was stored in an earlier run."""
        for name, body in self._store.load("project", self.mode):
            self.projects[name] = Project.from_json(body)
        for name, body in self._store.load("batch", self.mode):
            self.batches[name] = Batch.from_json(body)
        # generated again at every start, so removals are stored too
        self._removed = {name for name, _ in self._store.load("removed", self.mode)}
        for name in self._removed:
            self.batches.pop(name, None)

    def _index(self) -> None:
        numbered = [(batch, self._number(batch)) for batch in self.batches.values()]
        self._all.extend(numbered)
        by_project: dict[str, list[tuple[Batch, int]]] = {}
        for batch, sequence in numbered:
            by_project.setdefault(batch.project, []).append((batch, sequence))
        for name, batches in by_project.items():
            self._by_project[name] = Timeline()
            self._by_project[name].extend(batches)
        self._by_status.changed(self.batches.values())

    def _number(self, batch: Batch) -> int:
        """The next sequence number."""
        # batches of one millisecond stay in the order in which they were added
        self._sequence[batch.name] = next(self._numbers)
        return self._sequence[batch.name]

    # Reading

    def find(self, name: str, at: float) -> Batch:
        batch = self.batches.get(name)
        if batch is None or batch.visible_from > at:
            raise Refusal(404, f"No batch named {name!r} was found")
        return batch

    def progress(self, batch: Batch, at: float) -> Progress:
        return progress_of(batch, self.projects[batch.project], self.pace, at)

    def search(self, search: Search, at: float) -> tuple[list[Batch], int]:
        """The rows of one page, newest first, and the number of all rows."""
        timeline = self._timeline(search, at)
        low, high = timeline.bounds(search.first_ms, search.last_ms)
        # usually none: then a page is cut out of the timeline without reading every row
        self._not_visible = [batch for batch in self._not_visible if batch.visible_from > at]
        if not self._not_visible:
            return timeline.page(low, high, search.offset, search.limit), high - low
        rows = timeline.newest_first(low, high)
        visible = [batch for batch in rows if batch.visible_from <= at]
        return visible[search.offset : search.offset + search.limit], len(visible)

    def _timeline(self, search: Search, at: float) -> Timeline:
        """The smallest one with all the rows of the search."""
        if search.status is not None:
            return self._by_status.timeline(search.project, search.status, at)
        if search.project is not None:
            return self._by_project.get(search.project, Timeline())
        return self._all

    def take_completed(self, at: float) -> list[Batch]:
        """Batches that have completed, and whose callback is to be posted to; each once."""
        waiting = [self.batches[name] for name in self._to_call_back]
        done = [one for one in waiting if self.progress(one, at).status == "completed"]
        for batch in done:
            batch.called_back = True
            self._to_call_back.discard(batch.name)
            self.save(batch)
        return done

    # Calls of the API

    def create_project(self, project: Project) -> Project:
        if project.name in self.projects:
            raise Refusal(409, f"A project named {project.name!r} already exists")
        return self.save_project(project)

    def find_project(self, name: str) -> Project:
        if name not in self.projects:
            raise Refusal(404, f"No project named {name!r} was found")
        return self.projects[name]

    def create(self, batch: Batch) -> Batch:
        """Add a batch. Raises Refusal by the vendor's rules; names are unique over all projects."""
        project = self.find_project(batch.project)
        flagged = batch.calibration_batch or batch.self_label_batch
        if batch.name in self.batches:
            raise Refusal(409, f"A batch named {batch.name!r} already exists")
        if flagged and project.kind != "rapid":
            raise Refusal(400, "calibration_batch and self_label_batch are for Rapid projects only")
        if project.kind == "rapid" and not project.calibrated and not flagged:
            raise Refusal(400, f"Project {project.name!r} needs a calibration batch first")
        if batch.calibration_batch and not project.calibrated:
            project.calibrated = True
            self.save_project(project)
        batch.staged = project.stages
        return self.add(batch)

    def finalize(self, batch: Batch, at: float, *, late: float = 0.0) -> None:
        """Start the work of a staged batch in `late` seconds. No effect in other projects."""
        if not self.projects[batch.project].stages:
            return
        if self.progress(batch, at).status != "staging":
            raise Refusal(400, f"Batch {batch.name!r} is not in staging")
        # a frozen batch changes at once, unless it is to change later
        if batch.status is None or late:
            batch.finalized_at = at + late
        else:
            batch.status = "in_progress"
        self.save(batch)

    def prioritize(self, batch: Batch, priority: int, at: float) -> None:
        """Change a batch's share of its project's workers; the others get more or less."""
        batch.priorities.append((at, priority))
        self.save(batch)
        project = self.projects[batch.project]
        # forecasts from before this change are void
        project.shares = [step for step in project.shares if step[0] < at]
        self._set_shares(project, at)
        self.save_project(project)

    def _set_shares(self, project: Project, at: float) -> None:
        """Set the share of the others, from now and from the end of each prioritized batch."""
        active = [batch for batch in self._working_batches(project, at) if batch.plan.rate]
        project.shares.append((at, share_of(active)))
        ends = sorted(
            (self._forecast(batch, at), batch.name) for batch in active if batch.priorities
        )
        for end, name in ends:
            active = [batch for batch in active if batch.name != name]
            project.shares.append((end, share_of(active)))

    def _working_batches(self, project: Project, at: float) -> Iterator[Batch]:
        timeline = self._by_status.timeline(project.name, "in_progress", at)
        return (batch for batch in timeline.newest_first() if batch.status is None)

    def _forecast(self, batch: Batch, at: float) -> float:
        """The moment at which a batch is completed at the current shares."""
        # by bisection: the pace varies within the hour, so there is no formula for the moment
        early, late = at, at + FORECAST_MAX
        while late - early > 1.0:
            middle = (early + late) / 2
            if self.progress(batch, middle).status == "completed":
                late = middle
            else:
                early = middle
        return late

    # Arranged by tests and demos

    def add(self, batch: Batch) -> Batch:
        if batch.name in self.batches:
            self.remove(batch.name)
        self._insert(batch)
        if batch.visible_from:
            self._not_visible.append(batch)
        self._removed.discard(batch.name)
        self._store.delete("removed", self.mode, batch.name)
        self.save(batch)
        return batch

    def grow(self, stream: Stream, birth: Birth, at: float) -> None:
        """Add the batches of a stream that are due since the last call."""
        # not stored: a restart generates them again
        due, grown = stream.due(birth, at), self._grown.get(stream.name, 0)
        for number in range(grown + 1, due + 1):
            batch = stream.make(birth, number)
            if batch.name not in self.batches and batch.name not in self._removed:
                self._insert(batch)
        self._grown[stream.name] = max(due, grown)

    def _insert(self, batch: Batch) -> None:
        sequence = self._number(batch)
        self.batches[batch.name] = batch
        self._all.add(batch, sequence)
        self._by_project.setdefault(batch.project, Timeline()).add(batch, sequence)
        self._by_status.changed([batch])
        if _awaits_call(batch):
            self._to_call_back.add(batch.name)

    def remove(self, name: str) -> None:
        batch = self.batches.pop(name)
        self._all.remove(batch)
        self._by_project[batch.project].remove(batch)
        self._by_status.forget(name)
        self._to_call_back.discard(name)
        self._store.delete("batch", self.mode, name)
        self._removed.add(name)
        self._store.save("removed", self.mode, name, None)

    def save(self, batch: Batch) -> None:
        """Store a changed batch."""
        self._by_status.changed([batch])
        self._store.save("batch", self.mode, batch.name, batch.as_json())

    def save_project(self, project: Project) -> Project:
        self.projects[project.name] = project
        self._store.save("project", self.mode, project.name, project.as_json())
        return project

    def set_status(self, name: str, status: str, at: float) -> None:
        """Set a status. The batch keeps it and its present counts from now on."""
        batch = self.batches[name]
        batch.counts = self.progress(batch, at).counts
        batch.status = status
        if status == "staging":
            batch.finalized_at = None
        self.save(batch)

    def set_counts(self, name: str, counts: dict[str, Any], at: float) -> None:
        """Set some counts. The batch keeps them, the others and its status from now on."""
        batch = self.batches[name]
        here = self.progress(batch, at)
        # without the prefix: a caller may send either form
        batch.status, batch.counts = here.status, {**here.counts, **without_prefix(counts)}
        self.save(batch)


def _awaits_call(batch: Batch) -> bool:
    return not batch.called_back and is_on_this_machine(batch.callback)


def share_of(active: list[Batch]) -> float:
    """The factor of each batch's pace that keeps the number of workers of a project the same."""
    weighted = sum(
        b.plan.rate * weight_of(b.priorities[-1][1] if b.priorities else 20) for b in active
    )
    return sum(b.plan.rate for b in active) / weighted if weighted else 1.0


def without_prefix(counts: dict[str, Any]) -> dict[str, Any]:
    """Counts are stored without `tasks_`; the variant decides how they are answered."""
    return {key.removeprefix("tasks_"): value for key, value in counts.items()}
