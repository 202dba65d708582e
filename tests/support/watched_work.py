"""Batches that are worked on while somebody watches: each look passes the recorder."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from batches.models import SeenBatch
from batches.refonte import Counts
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from tests.support.clock import NOON

PRINT = "0123456789abcdef"


@dataclass
class Work:
    """A batch, and how to see it. Minutes are counted from noon."""

    name: str = "kitten-07"
    total: int = 100
    fingerprint: str = PRINT
    project: str = "kittens"

    def see(self, minute: float, completed: int | None = None, **facts: Any) -> None:
        """One answer; without `completed` it holds no counts."""
        counts = None
        if completed is not None:
            counts = Counts(
                pending=self.total - completed, completed=completed, error=0, canceled=0
            )
        known = {"status": "in_progress", "project": self.project, "counts": counts} | facts
        sighting = Sighting(name=self.name, **known)
        record(fingerprint=self.fingerprint, sightings=[sighting], at=at(minute))

    def see_gone(self, minute: float) -> None:
        sighting = Sighting.of_absence(self.name)
        record(fingerprint=self.fingerprint, sightings=[sighting], at=at(minute))

    def work(self, first: int, last: int, *, step: int = 10, tasks: int = 2, done: int = 0) -> int:
        """Looks every `step` minutes, and finds so many more tasks each time; returns how many."""
        for minute in range(first, last + 1, step):
            self.see(minute, done)
            done = min(self.total, done + tasks)
        return done

    @property
    def row(self) -> SeenBatch:
        return SeenBatch.objects.get(fingerprint=self.fingerprint, name=self.name)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def finish(name: str, *, first: int = 0, minutes: int = 200, **facts: Any) -> Work:
    """A batch of 40 tasks, seen from staging until it is completed."""
    work = Work(name=name, total=40, **facts)
    work.see(first - 60, 0, status="staging")
    steps = 20
    for step in range(steps):
        work.see(first + minutes * step / steps, 40 * step // steps)
    work.see(first + minutes, 40, status="completed")
    return work
