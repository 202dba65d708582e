"""What the background does with a key, as its owner sees it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from batches.models import CallMinute
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.watcher import gaps
from batches.services.watcher.report import WatchReport, reports_of
from tests.support.background import run_watcher
from tests.support.batch_lists import add
from tests.support.pages import text_of

pytestmark = pytest.mark.usefixtures("clock")
WORKING: dict[str, Any] = {"status": "in_progress", "counts": {"pending": 5, "completed": 5}}


def report_of(key: KeyHandle) -> WatchReport:
    return reports_of(fingerprints=[key.fingerprint], now=timezone.now())[key.fingerprint]


def test_it_says_how_many_batches_are_read_and_how_often(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, *(f"kitten-{number}" for number in range(130)), **WORKING)
    add(refonte, "puppy", status="staging")
    run_watcher(clock, watched, seconds=62)

    found = {one.status: (one.batches, one.every) for one in report_of(watched).swept}
    assert found["in_progress"][0] == 130
    assert found["staging"] == (1, timedelta(minutes=1))


def test_it_counts_the_calls_of_the_minute_before(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    calls = run_watcher(clock, watched, seconds=60)

    counted = report_of(watched).calls
    assert (counted.people, counted.watcher, counted.walk, counted.limit) == (0, calls, 0, 60)


def test_a_key_that_was_never_watched_has_an_empty_report(watched: KeyHandle) -> None:
    assert report_of(watched) == WatchReport()


def test_the_keys_page_shows_it_to_the_owner(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller, as_alice: Client
) -> None:
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=62)
    clock.shift(3600)
    run_watcher(clock, watched, seconds=10)

    text = text_of(as_alice.get("/keys/"))
    assert "In progress 1 batch, read every minute, as Refonte’s list has the counts" in text
    calls = "0 by people, 0 by the watcher, 0 by the walk, 0 after callbacks, 0 for bulks"
    assert f"Calls in the last minute 0, with a limit of 60: {calls}" in text
    assert gaps.NOT_RUNNING in text


@pytest.mark.parametrize(
    ("throttled", "refused", "words"),
    [
        (0, 0, "none"),
        (1200, 0, "1,200 as there were too many (429)"),
        (0, 2, "2 because of the key"),
        (1, 2, "1 as there were too many (429), 2 because of the key"),
    ],
)
def test_the_keys_page_says_why_calls_were_refused(
    watched: KeyHandle,
    clock: time_machine.Traveller,
    as_alice: Client,
    throttled: int,
    refused: int,
    words: str,
) -> None:
    CallMinute.objects.create(
        fingerprint=watched.fingerprint,
        minute=timezone.now().replace(second=0, microsecond=0),
        throttled=throttled,
        refused=refused,
    )
    text = text_of(as_alice.get("/keys/"))
    assert f"Refused in the last hour {words} Last gap" in text


def test_what_keeps_a_key_from_being_read_stands_before_its_last_gap(
    watched: KeyHandle, refonte: Sandbox, clock: time_machine.Traveller
) -> None:
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=62)
    refonte.fault("status", match="GET *", code=503)
    run_watcher(clock, watched, seconds=70)

    assert report_of(watched).reason


def test_it_costs_four_queries_for_any_number_of_keys(
    watched: KeyHandle, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4):
        reports_of(fingerprints=[watched.fingerprint, *"abc"], now=timezone.now())
    with django_assert_num_queries(0):
        reports_of(fingerprints=[], now=timezone.now())


def test_metrics_have_what_the_page_shows(
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    client: Client,
    settings: Any,
) -> None:
    settings.METRICS_TOKEN = "s3cret-token"
    add(refonte, "kitten", **WORKING)
    run_watcher(clock, watched, seconds=60)
    clock.shift(3600)
    run_watcher(clock, watched, seconds=70)
    body = client.get("/metrics", headers={"Authorization": "Bearer s3cret-token"}).text

    key = f'key="{watched.fingerprint}"'
    assert f'console_key_calls{{by="watcher",{key}}} 2.0' in body
    assert f'console_key_calls{{by="walk",{key}}} 0.0' in body
    assert f"console_key_calls_limit{{{key}}} 60.0" in body
    assert f'console_key_refusals{{{key},kind="throttled"}} 0.0' in body
    every = f'console_watched_batches{{every_seconds="60",{key},status="in_progress"}}'
    assert f"{every} 1.0" in body
    assert f"console_watch_gap_seconds{{{key}}} 36" in body
    assert f"console_watch_age_seconds{{{key}}}" in body


def test_the_log_has_one_line_a_sweep_with_the_calls_of_the_minute(
    watched: KeyHandle,
    refonte: Sandbox,
    clock: time_machine.Traveller,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="batches.services.watcher.watch")
    add(refonte, *(f"kitten-{number}" for number in range(130)), **WORKING)
    run_watcher(clock, watched, seconds=118)

    ended = [vars(line) for line in caplog.records if line.message == "a sweep has ended"]
    assert [line["status"] for line in ended] == ["in_progress", "staging"] * 2
    assert (ended[2]["batches"], ended[2]["watcher"], ended[2]["limit"]) == (130, 3, 60)
