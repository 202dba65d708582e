"""The demo begins with two weeks that its watcher would have seen, and goes on from there."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.management import demo_history
from batches.management.demo_history import looks_until, store_past
from batches.models import Sample, SampleDay, SeenBatch, StatusChange, Watch, WatchGap
from batches.refonte import Counts, Secret
from batches.sandbox import LIVE_KEY, Sandbox
from batches.sandbox.demo_cast import ROLES
from batches.services.keys.fingerprints import fingerprint_of
from batches.services.observations import packing
from batches.services.observations.series import samples_of
from batches.services.watcher import gaps
from tests.support.background import run_watcher
from tests.support.clock import NOON
from tests.support.vendor import KeyMaker

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clock", "refonte"),
    pytest.mark.one_database,  # the demo has SQLite
]
DAYS = 4  # of the past, in place of two weeks: long enough for a night without looks
OPEN = ("staging", "in_progress")


@pytest.fixture
def demo(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr(demo_history, "PERIOD", timedelta(days=DAYS))
    monkeypatch.setattr(demo_history, "GAP_DAYS_AGO", 2)
    with Sandbox(batches=100, demo=True, growing=True) as sandbox:
        settings.REFONTE_API_URL = sandbox.url
        yield sandbox


def samples(name: str) -> tuple[packing.Sample, ...]:
    print_ = fingerprint_of(Secret(LIVE_KEY))
    until = timezone.now()
    since = until - timedelta(days=DAYS + 1)
    return samples_of(fingerprints=[print_], name=name, since=since, until=until)


def test_what_is_recorded_is_what_refonte_answers_now(demo: Sandbox):
    store_past()
    world, at = demo.world(), int(NOON.timestamp())
    answers = {name: world.progress(batch, at) for name, batch in world.batches.items()}
    recorded = {row.name: row for row in SeenBatch.objects.all()}
    for name, now in answers.items():
        if now.status in OPEN:
            row = recorded[name]
            assert row.status == now.status
            assert Counts.parse(row.counts or {}) == Counts.parse(now.counts)
            last = samples(name)[-1]
            assert (last.completed, last.pending) == (
                now.counts["completed"],
                now.counts["pending"],
            )
            assert 0 <= at - last.at <= 900
    finished = [row for row in recorded.values() if row.status == "completed"]
    assert len(finished) > 60
    assert len({row.project for row in finished}) >= 6


def test_it_is_kept_as_the_recorder_and_the_thinning_would(demo: Sandbox):
    store_past()
    assert Sample.objects.count() > 5000
    assert SampleDay.objects.count() > 50
    for role in ROLES:
        found = samples(role.name)
        minutes = [one.at // 60 for one in found]
        assert len(minutes) == len(set(minutes))
        assert all(before.at < after.at for before, after in pairwise(found))
    # a batch that works all night changes in most minutes
    assert len(samples("kitten_labeling_archive")) > 0.8 * (DAYS * 1440 - 460)


def test_one_night_is_missing_and_says_why(demo: Sandbox):
    store_past()
    gap = WatchGap.objects.get()
    assert gap.reason == "The console's worker was not running."
    assert timedelta(hours=7) < gap.until - gap.since < timedelta(hours=8)
    since, until = gap.since.timestamp(), gap.until.timestamp()
    for name in ("kitten_labeling_archive", "receipts-returns-b"):
        found = samples(name)
        assert not [one for one in found if since < one.at < until]
        # both sides of it were looked at, also where nothing changed
        assert any(one.at <= since and since - one.at <= 900 for one in found)
        assert any(one.at >= until and one.at - until <= 900 for one in found)


def test_the_timeline_has_what_happened(demo: Sandbox):
    store_past()

    def changes(name: str) -> set[tuple[str, str]]:
        rows = StatusChange.objects.filter(name=name)
        return {(row.before, row.after) for row in rows}

    assert ("in_progress", "completed") in changes("chat_intents_v2.88")
    assert ("completed", "in_progress") in changes("chat_intents_v2.88")
    assert ("in_progress", "paused") in changes("shelf-audit-autumn")
    fallen = StatusChange.objects.filter(message__startswith="Completed fell")
    assert {row.name for row in fallen} == {"chat_intents_v2.88", "signs-lyon-rework"}


def test_a_second_start_stores_nothing_again(demo: Sandbox, clock: time_machine.Traveller):
    store_past()
    before = (SeenBatch.objects.count(), Sample.objects.count(), Watch.objects.get().read_at)
    clock.shift(3600)
    store_past()
    assert (
        SeenBatch.objects.count(),
        Sample.objects.count(),
        Watch.objects.get().read_at,
    ) == before


def test_a_set_up_that_was_stopped_begins_anew(demo: Sandbox, monkeypatch: pytest.MonkeyPatch):
    def stopped(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(gaps, "store_past", stopped)
        with pytest.raises(KeyboardInterrupt):
            store_past()
    assert not SeenBatch.objects.exists()
    store_past()
    assert SeenBatch.objects.exists()


def test_the_watcher_goes_on_without_a_jump(
    demo: Sandbox, clock: time_machine.Traveller, alice: User, key_for: KeyMaker
):
    store_past()
    key = key_for(alice, keep_watch=True)
    run_watcher(clock, key, seconds=300)
    assert WatchGap.objects.count() == 1
    world = demo.world()
    for name in ("kitten_labeling_archive", "kitten_labeling_stream", "lidar-oslo-pilot"):
        found = samples(name)
        for one in found[-10:]:
            then = world.progress(world.batches[name], one.at).counts
            soon = world.progress(world.batches[name], one.at + 1).counts
            assert then["completed"] <= (one.completed or 0) <= soon["completed"]
    assert samples("kitten_labeling_archive")[-1].at > NOON.timestamp() + 120


def test_the_time_between_two_starts_is_a_gap(
    demo: Sandbox, clock: time_machine.Traveller, alice: User, key_for: KeyMaker
):
    store_past()
    clock.shift(8 * 3600)
    store_past()
    run_watcher(clock, key_for(alice, keep_watch=True), seconds=10)
    newest = WatchGap.objects.first()
    assert newest
    assert newest.until - newest.since > timedelta(hours=7.9)
    assert WatchGap.objects.count() == 2


def test_another_sandbox_has_no_past(refonte: Sandbox):
    store_past()
    assert not SeenBatch.objects.exists()
    assert not Watch.objects.exists()


def test_the_gap_is_one_night_whenever_one_starts():
    for hours in range(0, 24, 5):
        before, after = looks_until(NOON + timedelta(hours=hours))
        assert before[-1] % 86_400 // 3600 in (21, 22)
        assert after[0] % 86_400 // 3600 == 5
        assert len(before) + len(after) > 13 * 1440
        assert after[-1] == int((NOON + timedelta(hours=hours)).timestamp())
