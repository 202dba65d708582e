"""The generated data of the first start: the same for the same seed, count and moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from .models import HOUR, Batch, Plan, Project
from .sample_names import HARD_NAMES, SUBJECTS, Subject, propose_name
from .seeded_random import seeded_random

DAY = 24 * HOUR
SIX_MONTHS = 182 * DAY
TEST_BATCHES = 40  # enough for a second page at the smallest page size
MAX_IN_PROGRESS = 2000  # the progress of each is computed for a list by status
# a demo shows a few; a page full of them would look broken
HARD_NAMES_IN_LIVE = HARD_NAMES[1:3] + HARD_NAMES[4:5] + HARD_NAMES[8:10]


@dataclass(frozen=True, slots=True)
class InitialData:
    projects: list[Project]
    batches: list[Batch]


def initial_data(mode: str, count: int, seed: int, anchor: float) -> InitialData:
    """`count` batches in mode live, at most 40 in mode test, none in any other.

    anchor: the moment of the first start, in seconds since 1970.
    """
    if mode not in {"live", "test"}:
        return InitialData([], [])
    wanted = count if mode == "live" else min(count, TEST_BATCHES)
    hard = (
        HARD_NAMES_IN_LIVE
        if mode == "live" and count >= 100
        else HARD_NAMES
        if mode == "test"
        else ()
    )
    subjects = SUBJECTS if mode == "live" else SUBJECTS[:-1]
    generator = BatchGenerator(seeded_random(f"{seed}/{mode}/{count}"), anchor, subjects)
    batches = generator.generate(wanted, list(hard)[:wanted])
    return InitialData(
        [project_of(subject, anchor, subject in subjects) for subject in SUBJECTS], batches
    )


def project_of(subject: Subject, anchor: float, calibrated: bool) -> Project:
    """A generated project, older than all its batches."""
    created = int((anchor - SIX_MONTHS - 3 * DAY) * 1000)
    return Project(
        name=subject.name,
        kind=subject.kind,
        type=subject.type,
        created_ms=created,
        # a Rapid project without batches has had no calibration either
        calibrated=calibrated and subject.kind == "rapid",
        zone=subject.zone,
        params=[{"version": 0, "instruction": subject.instruction, "created_ms": created}],
    )


class BatchGenerator:
    """Draws every choice from one random generator, so that the same seed gives the same data."""

    def __init__(self, random: Random, anchor: float, subjects: tuple[Subject, ...]) -> None:
        self.random, self.anchor, self.subjects = random, anchor, subjects
        # of these projects only Rapid ones keep their batches in staging until they are finalized
        self.staging_subjects = tuple(s for s in subjects if s.kind == "rapid")
        self.taken: set[str] = set()
        self.youngest = 20 * HOUR  # of completed batches
        self._last_ms = 0

    def generate(self, count: int, hard_names: Sequence[str]) -> list[Batch]:
        return self._generate(list(self._stages(count)), hard_names)

    def completed(self, count: int, hard_names: Sequence[str], *, youngest: float) -> list[Batch]:
        """Completed batches alone, created at least `youngest` seconds before the first start."""
        self.youngest = youngest
        return self._generate(["completed"] * count, hard_names)

    def _generate(self, stages: list[str], hard_names: Sequence[str]) -> list[Batch]:
        self.taken.update(hard_names)
        # in this order: the generator of random numbers makes each batch depend on those before
        batches = [self.batch(stage) for stage in stages]
        for batch, name in zip(batches[::-1], hard_names, strict=False):
            batch.name = name  # in completed ones: their page never changes
        self._mark_calibrations(batches)
        return batches

    def _stages(self, count: int) -> Iterator[str]:
        """The proportions of a busy account; most batches are completed."""
        staging = min(count, max(2, round(count * 17 / 1200)))
        working = min(count - staging, max(4, round(count * 85 / 1200)), MAX_IN_PROGRESS)
        stalled = working // 10
        yield from ["staging"] * staging
        yield from ["stalled"] * stalled
        yield from ["working"] * (working - stalled)
        yield from ["completed"] * (count - staging - working)

    def batch(self, stage: str) -> Batch:
        subject = self.random.choice(self.staging_subjects if stage == "staging" else self.subjects)
        created_ms = self._created_ms(stage)
        batch = Batch(
            name=self._free_name(subject, created_ms),
            project=subject.name,
            created_ms=created_ms,
            plan=self._plan(stage),
            staged=subject.kind == "rapid",
            callback=self._callback(),
            metadata=self._metadata(),
        )
        if stage == "completed":
            batch.status = "completed"
        elif stage != "staging" and batch.staged:
            # somewhere between its creation and now
            batch.finalized_at = (created_ms / 1000 + self.anchor) / 2
        return batch

    def _created_ms(self, stage: str) -> int:
        """When a batch was created, in milliseconds since 1970."""
        # 2 % share the millisecond of the one before, as batches that a script creates do: a client
        # that reads pages by time must not lose one of them
        if stage == "completed" and self._last_ms and self.random.random() < 0.02:
            return self._last_ms
        oldest, newest = {
            "staging": (4 * DAY, 4 * 60.0),
            "stalled": (25 * DAY, 5 * DAY),
            "working": (6 * DAY, 0.3 * HOUR),
            "completed": (SIX_MONTHS, self.youngest),
        }[stage]
        created = int((self.anchor - self.random.uniform(newest, oldest)) * 1000)
        self._last_ms = created if stage == "completed" else 0
        return created

    def _free_name(self, subject: Subject, created_ms: int) -> str:
        created = datetime.fromtimestamp(created_ms / 1000, UTC)
        proposed = propose_name(subject, created, self.random)
        name, copy = proposed, 1
        # names are unique over all projects of an account
        while name in self.taken:
            copy += 1
            name = f"{proposed}_{copy}"
        self.taken.add(name)
        return name

    def _plan(self, stage: str) -> Plan:
        total = self.random.choice(
            (60, 120, 250, 400, 900, 1500, 2400, 5000)
        ) + self.random.randint(0, 59)
        done = {"staging": 0, "completed": total}.get(
            stage, int(total * self.random.uniform(0.03, 0.96))
        )
        here, arrival_rate = self._arrivals(total) if stage == "staging" else (total, 0.0)
        return Plan(
            total=total,
            since=self.anchor,
            arrived=here,
            arrival_rate=arrival_rate,
            done=done,
            # without a rate a batch stays as it is, whatever the time
            rate=0.0 if stage == "stalled" else self._rate(),
            errors=self.random.choice((0.0, 0.005, 0.01, 0.03, 0.08)),
            cancellations=self.random.choice((0.0, 0.0, 0.004, 0.02)),
        )

    def _arrivals(self, total: int) -> tuple[int, float]:
        """Of the batches in staging 50 % still receive tasks, 40 % have all of them, 10 % none."""
        draw = self.random.random()
        if draw < 0.5:
            return int(total * self.random.uniform(0.05, 0.6)), self.random.choice(
                (120.0, 400.0, 900.0)
            )
        return (total, 0.0) if draw < 0.9 else (0, 0.0)

    def _rate(self) -> float:
        """Tasks an hour: some batches change every few seconds, others once in minutes."""
        return self.random.choice((1500.0, 900.0, 600.0, 240.0, 120.0, 90.0, 40.0, 15.0))

    def _callback(self) -> str | None:
        draw = self.random.random()
        if draw < 0.45:
            return None
        number = self.random.randint(10, 99)
        return (
            f"https://hooks.example.com/labels/{number}"
            if draw < 0.8
            else f"labels-{number}@example.com"
        )

    def _metadata(self) -> dict[str, object]:
        if self.random.random() > 0.15:
            return {}
        return {
            "ticket": f"ML-{self.random.randint(100, 4999)}",
            "team": self.random.choice(("vision", "speech", "maps")),
        }

    def _mark_calibrations(self, batches: list[Batch]) -> None:
        """The oldest batch of a Rapid project was its calibration."""
        for subject in self.staging_subjects:
            own = [batch for batch in batches if batch.project == subject.name]
            if own:
                min(own, key=lambda batch: batch.created_ms).calibration_batch = True
