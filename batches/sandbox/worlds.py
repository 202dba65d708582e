"""The world one key sees: projects and batches, the clock's work on them, and callers' deeds."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from .initial_batches import Seeds
from .later_batches import grown_batch, places_passed
from .models import HOUR, Batch, Project
from .pace import Pace, Progress, progress_of, weight_of
from .replies import Refusal
from .status_index import StatusIndex
from .store import Store
from .timeline import Timeline

LONGEST_FORECAST = 90 * 24 * HOUR


@dataclass(frozen=True, slots=True)
class Search:
    """What a list asks for. Times are milliseconds, both ends included."""

    project: str | None = None
    status: str | None = None
    first_ms: int | None = None
    last_ms: int | None = None
    limit: int = 100
    offset: int = 0


class World:
    """One world. Its caller holds the sandbox's lock."""

    def __init__(self, mode: str, seeds: Seeds, pace: Pace, store: Store) -> None:
        self.mode, self.pace, self._store = mode, pace, store
        self.projects = {project.name: project for project in seeds.projects}
        self.batches = {batch.name: batch for batch in seeds.batches}
        self._recall()
        self._numbers = count(1)
        self._sequence: dict[str, int] = {}
        self._all = Timeline()
        self._by_project: dict[str, Timeline] = {}
        self._by_status = StatusIndex(self.progress, lambda batch: self._sequence[batch.name])
        self._index()
        self._late = [batch for batch in self.batches.values() if batch.visible_from]
        self._places_grown = 0

    def _recall(self) -> None:
        """Lay over the seeds what the store kept."""
        for name, body in self._store.load("project", self.mode):
            self.projects[name] = Project.from_json(body)
        for name, body in self._store.load("batch", self.mode):
            self.batches[name] = Batch.from_json(body)
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
        """The next sequence number: batches of one millisecond keep the order they came in."""
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
        """The rows of one page, newest first, and how many rows there are in all."""
        timeline = self._timeline(search, at)
        low, high = timeline.bounds(search.first_ms, search.last_ms)
        self._late = [batch for batch in self._late if batch.visible_from > at]
        if not self._late:
            return timeline.page(low, high, search.offset, search.limit), high - low
        rows = timeline.newest_first(low, high)
        visible = [batch for batch in rows if batch.visible_from <= at]
        return visible[search.offset : search.offset + search.limit], len(visible)

    def _timeline(self, search: Search, at: float) -> Timeline:
        """The narrowest one that holds all the rows asked for."""
        if search.status is not None:
            return self._by_status.timeline(search.project, search.status, at)
        if search.project is not None:
            return self._by_project.get(search.project, Timeline())
        return self._all

    # Acting as the vendor's callers do

    def create_project(self, project: Project) -> Project:
        if project.name in self.projects:
            raise Refusal(409, f"A project named {project.name!r} already exists")
        return self.keep_project(project)

    def find_project(self, name: str) -> Project:
        if name not in self.projects:
            raise Refusal(404, f"No project named {name!r} was found")
        return self.projects[name]

    def create(self, batch: Batch) -> Batch:
        """Add a batch if the vendor's rules let it; names are unique over the whole customer."""
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
            self.keep_project(project)
        batch.staged = project.stages
        return self.add(batch)

    def finalize(self, batch: Batch, at: float, *, late: float = 0.0) -> None:
        """Start the work of a staged batch, `late` seconds from now; of any other kind, nothing."""
        if not self.projects[batch.project].stages:
            return
        if self.progress(batch, at).status != "staging":
            raise Refusal(400, f"Batch {batch.name!r} is not in staging")
        if batch.status is None or late:
            batch.finalized_at = at + late
        else:
            batch.status = "in_progress"
        self.keep(batch)

    def prioritize(self, batch: Batch, priority: int, at: float) -> None:
        """Draw workers to a batch, or from it, at the cost or to the good of its project's rest."""
        batch.priorities.append((at, priority))
        self.keep(batch)
        project = self.projects[batch.project]
        project.shares = [step for step in project.shares if step[0] < at]
        self._share_out(project, at)
        self.keep_project(project)

    def _share_out(self, project: Project, at: float) -> None:
        """Note what is left for each batch from now, and from when each preferred one is done."""
        active = [batch for batch in self._at_work(project, at) if batch.plan.rate]
        project.shares.append((at, share_of(active)))
        ends = sorted(
            (self._forecast(batch, at), batch.name) for batch in active if batch.priorities
        )
        for end, name in ends:
            active = [batch for batch in active if batch.name != name]
            project.shares.append((end, share_of(active)))

    def _at_work(self, project: Project, at: float) -> Iterator[Batch]:
        at_work = self._by_status.timeline(project.name, "in_progress", at)
        return (batch for batch in at_work.newest_first() if batch.status is None)

    def _forecast(self, batch: Batch, at: float) -> float:
        """The moment a batch will be completed at the shares known now, found by halving."""
        early, late = at, at + LONGEST_FORECAST
        while late - early > 1.0:
            middle = (early + late) / 2
            if self.progress(batch, middle).status == "completed":
                late = middle
            else:
                early = middle
        return late

    # Arranging, for tests and demos

    def add(self, batch: Batch) -> Batch:
        if batch.name in self.batches:
            self.remove(batch.name)
        self._enter(batch)
        if batch.visible_from:
            self._late.append(batch)
        self._removed.discard(batch.name)
        self._store.forget("removed", self.mode, batch.name)
        self.keep(batch)
        return batch

    def grow(self, seed: int, anchor: float, at: float) -> None:
        """Let in what has come by the clock since the last look; it need not be kept."""
        passed = places_passed(anchor, at)
        for place in range(self._places_grown + 1, passed + 1):
            batch = grown_batch(seed, anchor, place)
            if batch.name not in self.batches and batch.name not in self._removed:
                self._enter(batch)
        self._places_grown = max(passed, self._places_grown)

    def _enter(self, batch: Batch) -> None:
        sequence = self._number(batch)
        self.batches[batch.name] = batch
        self._all.add(batch, sequence)
        self._by_project.setdefault(batch.project, Timeline()).add(batch, sequence)
        self._by_status.changed([batch])

    def remove(self, name: str) -> None:
        batch = self.batches.pop(name)
        self._all.remove(batch)
        self._by_project[batch.project].remove(batch)
        self._by_status.forget(name)
        self._store.forget("batch", self.mode, name)
        self._removed.add(name)
        self._store.save("removed", self.mode, name, None)

    def keep(self, batch: Batch) -> None:
        """Store it, as it was changed."""
        self._by_status.changed([batch])
        self._store.save("batch", self.mode, batch.name, batch.as_json())

    def keep_project(self, project: Project) -> Project:
        self.projects[project.name] = project
        self._store.save("project", self.mode, project.name, project.as_json())
        return project

    def set_status(self, name: str, status: str, at: float) -> None:
        """Put a batch at a status, where it stays with the counts it has."""
        batch = self.batches[name]
        batch.counts = self.progress(batch, at).counts
        batch.status = status
        if status == "staging":
            batch.finalized_at = None
        self.keep(batch)

    def set_counts(self, name: str, counts: dict[str, Any], at: float) -> None:
        """Give a batch these counts, where they and its status stay; those not named remain."""
        batch = self.batches[name]
        here = self.progress(batch, at)
        batch.status, batch.counts = here.status, {**here.counts, **plain_keys(counts)}
        self.keep(batch)


def share_of(active: list[Batch]) -> float:
    """By how much each batch's pace changes so that the workers of a project stay as many."""
    weighed = sum(
        b.plan.rate * weight_of(b.priorities[-1][1] if b.priorities else 20) for b in active
    )
    return sum(b.plan.rate for b in active) / weighed if weighed else 1.0


def plain_keys(counts: dict[str, Any]) -> dict[str, Any]:
    """Counts are held without their prefix; the variant decides how they are answered."""
    return {key.removeprefix("tasks_"): value for key, value in counts.items()}
