"""A minute after its first start and an hour later, the demo has the alarms it is made for."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.management.demo_history import store_past
from batches.management.demo_notes import store_notes
from batches.models import Alarm
from batches.refonte import Counts, Secret
from batches.sandbox import LIVE_KEY, Sandbox
from batches.sandbox.demo_cast import ROLES
from batches.services.background import consent
from batches.services.estimates.compute import estimate_due
from batches.services.keys.fingerprints import fingerprint_of
from batches.services.observations.record import record
from batches.services.observations.sighting import Sighting
from tests.support.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.one_database, pytest.mark.slow]

KINDS = {
    "stalled": "stalled",
    "forgotten": "staging",
    "at risk": "at_risk",
    "errors growing": "errors",
}
DESIGNED = {(role.name, KINDS[role.shows]) for role in ROLES if role.shows in KINDS}
STEPS = (20, 60, *range(360, 3661, 300))  # seconds after the start, of looks
OPEN = ("staging", "in_progress")


def start(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, 7, tzinfo=UTC)


STARTS = [start(2026, 11, 26, 14), start(2026, 11, 28, 2)]


def look(sandbox: Sandbox, names: set[str]) -> None:
    """As the watcher would: open batches, and those that left since."""
    now = timezone.now()
    world, at = sandbox.world(), int(now.timestamp())
    seen = []
    for name, batch in world.batches.items():
        found = world.progress(batch, at)
        if found.status in OPEN or name in names:
            one = Sighting(
                name=name,
                project=batch.project,
                status=found.status,
                counts=Counts.parse(found.counts),
                created_at=datetime.fromtimestamp(batch.created_ms / 1000, UTC),
            )
            seen.append(one)
            names.add(name)
    record(fingerprint=fingerprint_of(Secret(LIVE_KEY)), sightings=seen, at=now)


def alarms() -> set[tuple[str, str]]:
    rows = Alarm.objects.filter(ended_at=None).select_related("batch")
    return {(row.batch.name if row.batch else "", row.kind) for row in rows}


@pytest.mark.unmeasured
@pytest.mark.parametrize("begin", STARTS, ids=lambda begin: f"{begin:%a-%H}")
def test_exactly_the_batches_of_the_document_have_alarms(
    begin: datetime, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        consent, "watched_fingerprints", lambda: (fingerprint_of(Secret(LIVE_KEY)),)
    )
    with (
        time_machine.travel(begin, tick=False) as clock,
        Sandbox(batches=100, demo=True, growing=True) as sandbox,
    ):
        settings.REFONTE_API_URL = sandbox.url
        store_past()
        person("olga", "Operators")
        store_notes()
        names: set[str] = set()
        for seconds in STEPS:
            clock.move_to(begin + timedelta(seconds=seconds))
            look(sandbox, names)
            estimate_due(now=timezone.now())
            assert alarms() == DESIGNED, f"after {seconds} s"
