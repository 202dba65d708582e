"""The page of a project: its answers, charts, batches in lines, its setting; whatever its name."""

import re
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from batches.models import AlarmKind, ApiKey, BatchNote, ProjectSetting
from batches.models.names import name_digest
from batches.refs import RESERVED
from batches.sandbox import Sandbox
from batches.sandbox.sample_names import HARD_NAMES
from batches.services.keys.types import KeyHandle
from tests.support.clock import NOON
from tests.support.overviews import (
    DAY,
    ended,
    open_batch,
    raise_alarm,
    watch,
    worked,
    worked_days,
)
from tests.support.pages import POLL, Browse, hidden_fields, swapped_ids, text_of

pytestmark = pytest.mark.usefixtures("clock")


def address(key: KeyHandle, query: str = "", name: str = "kittens", page: str = "detail") -> str:
    return f"{reverse(f'projects:{page}', args=[name])}?key={key.ref}{query}"


@pytest.fixture
def work(key: KeyHandle, refonte: Sandbox) -> None:
    watch(key.fingerprint)
    open_batch(key.fingerprint, "late", done=20, expected=(50, 70))
    open_batch(key.fingerprint, "soon", done=60, errors=4, expected=(1, 3))
    stalled = open_batch(key.fingerprint, "quiet", done=10, reason="quiet")
    raise_alarm(AlarmKind.STALLED, stalled)
    open_batch(key.fingerprint, "of-dogs", project="dogs", expected=(5, 8))
    ended(key.fingerprint, "done-1", NOON - 2 * DAY)
    worked_days(key.fingerprint, 7)
    due = {"due_at": NOON + 2 * DAY, "changed_at": NOON}
    BatchNote.objects.create(
        fingerprint=key.fingerprint, name="late", digest=name_digest("late"), **due
    )


def test_the_four_answers_are_those_of_its_batches(work: None, key: KeyHandle, as_alice: Client):
    words = text_of(as_alice.get(address(key)))

    assert "How far 30 % of 300 tasks in 3 batches" in words
    assert "8 times in 10 · 1 gives no estimate" in words
    assert "Stuck 1 batch 1 stalled since 09:00" in words
    assert "Keeping up As usual 160 by now · usual 160" in words
    assert "of-dogs" not in words


def test_batches_stand_in_lines_stalled_ones_first_then_the_first_to_be_done(
    work: None, key: KeyHandle, as_alice: Client
):
    words = text_of(as_alice.get(address(key)))

    lines = (
        "quiet Stalled 10 of 100 10 % – – Stalled",
        "soon In progress 56 of 100 60 % 4 – today 13:00 – 15:00 – – 24 h",
        "late In progress 20 of 100 20 % – – Wed 14:00 – Thu 10:00 Wed 12:00 – 24 h",
    )
    places = [words.index(line) for line in lines]
    assert places == sorted(places)


def test_all_of_it_can_be_followed(work: None, key: KeyHandle, as_alice: Client):
    [link] = re.findall(r'href="(/follows/[^"]*project=[^"]*)"', as_alice.get(address(key)).text)
    assert "All of kittens" in text_of(as_alice.get(unescape(link)))


def test_the_chart_says_which_batch_it_leaves_out_and_what_is_due(
    work: None, key: KeyHandle, as_alice: Client
):
    drawn = as_alice.get(address(key)).content.decode()

    assert "without 90 tasks of 1 that gives no estimate" in " ".join(drawn.split())
    assert "1 batch due Wed 25" in drawn
    assert "since Mon 16 Nov" in " ".join(drawn.split())


@pytest.mark.parametrize(
    ("query", "current"),
    [("", "7 d"), ("&window=30d", "30 d"), ("&window=all", "All"), ("&window=no", "7 d")],
)
def test_a_time_can_be_chosen(
    work: None, key: KeyHandle, as_alice: Client, query: str, current: str
):
    drawn = as_alice.get(address(key, query)).content.decode()
    begin = drawn.rindex('aria-current="true"')
    assert drawn[begin:].partition(">")[2].startswith(current)


def test_a_date_that_was_noted_before_the_key_was_replaced_is_shown(
    work: None, key: KeyHandle, as_alice: Client
):
    shown = text_of(as_alice.get(address(key)))
    assert "Thu 10:00 Wed 12:00" in shown
    BatchNote.objects.update(fingerprint="e" * 16)
    ApiKey.objects.update(earlier=["e" * 16])
    assert text_of(as_alice.get(address(key))) == shown


def test_the_table_says_what_the_chart_shows(work: None, key: KeyHandle, as_alice: Client):
    words = text_of(as_alice.get(address(key, page="table")))

    # 320 on each day of a week, and 210 are left
    assert "Mon 23 Nov 12:00 2,240 0 2,450" in words
    assert "Mon 16 Nov 12:00 0 0" in words


def test_a_project_that_was_never_seen_is_404_in_words(
    work: None, key: KeyHandle, as_alice: Client
):
    for page in ("detail", "table"):
        answer = as_alice.get(address(key, name="unicorns", page=page))
        assert answer.status_code == 404
        assert "No batch of a project with this name was ever seen with this key." in text_of(
            answer
        )
    assert as_alice.get(address(key, name="unicorns", page="detail-live")).status_code == 204


def test_a_project_of_which_only_refonte_tells_is_known(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    refonte.add_project("kittens")
    words = text_of(as_alice.get(address(key)))
    assert "No batch of this project is open." in words


def test_a_project_with_work_in_the_past_alone_is_known(
    key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    watch(key.fingerprint)
    worked(key.fingerprint, NOON - 9 * DAY, 5)
    assert as_alice.get(address(key)).status_code == 200
    ended(key.fingerprint, "old", NOON - 40 * DAY, project="dogs")
    assert as_alice.get(address(key, name="dogs")).status_code == 200
    assert len(refonte.calls) == 0


@pytest.mark.parametrize("name", [".", "..", "~", *sorted(RESERVED), *HARD_NAMES])
def test_every_name_has_a_page(key: KeyHandle, as_alice: Client, refonte: Sandbox, name: str):
    watch(key.fingerprint)
    open_batch(key.fingerprint, "a", project=name)
    assert as_alice.get(address(key, name=name)).status_code == 200


def test_another_keys_project_is_not_known(
    work: None, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    open_batch("f" * 16, "a", project="theirs")
    worked("f" * 16, NOON, 5, project="theirs")
    ended("f" * 16, "b", NOON, project="theirs")
    assert as_alice.get(address(key, name="theirs")).status_code == 404


def test_under_a_refused_key_nothing_is_shown(
    work: None, key: KeyHandle, as_alice: Client, refonte: Sandbox
):
    ApiKey.objects.filter(id=key.id).update(is_refused=True, refused_at=NOON)
    refonte.fault("status", code=401)

    words = text_of(as_alice.get(address(key)))

    assert "Refonte refuses this key." in words
    assert "soon" not in words


# Polls


def poll(client: Client, page: Any, key: KeyHandle) -> Any:
    known = {name: hidden_fields(page, name)[0] for name in ("stamps", "window")}
    return client.get(
        reverse("projects:detail-live", args=["kittens"]),
        {"key": key.ref, **known},
        headers=POLL,
    )


def test_an_unchanged_project_answers_204(
    work: None, key: KeyHandle, as_alice: Client, clock: time_machine.Traveller
):
    assert poll(as_alice, as_alice.get(address(key, "&window=14d")), key).status_code == 204


def test_only_the_pieces_that_changed_travel(work: None, key: KeyHandle, as_alice: Client):
    page = as_alice.get(address(key))
    raise_alarm(AlarmKind.AT_RISK, open_batch(key.fingerprint, "late", done=20, expected=(50, 70)))

    answer = poll(as_alice, page, key)

    assert swapped_ids(answer) == {"overview-answers", "project-batches", "poller", "band"}


# What is set for it


def settings_form(key: KeyHandle) -> str:
    return address(key, page="settings")


def test_an_operator_sets_the_hours_in_staging(work: None, key: KeyHandle, as_alice: Client):
    assert "Empty: 24 hours" in text_of(as_alice.get(settings_form(key)))

    answer = as_alice.post(settings_form(key), {"key": key.ref, "staging_hours": "48"})

    assert answer["Location"] == address(key)
    row = ProjectSetting.objects.get(fingerprint=key.fingerprint, project=name_digest("kittens"))
    assert row.staging_hours == 48
    words = text_of(as_alice.get(address(key)))
    assert "needs attention after 48 hours in staging without a new task (set here)" in words
    as_alice.post(settings_form(key), {"key": key.ref, "staging_hours": ""})
    assert "after 24 hours" in text_of(as_alice.get(address(key)))


@pytest.mark.parametrize("hours", ["0", "-1", "2161", "x", "1.5", "9" * 40])
def test_hours_that_are_none_are_refused(work: None, key: KeyHandle, as_alice: Client, hours: str):
    answer = as_alice.post(settings_form(key), {"key": key.ref, "staging_hours": hours})
    assert answer.status_code == 422
    assert not ProjectSetting.objects.exists()


def test_in_a_dialog_the_page_is_loaded_anew(work: None, key: KeyHandle, as_alice: Client):
    headers = {"HX-Request": "true"}
    sheet = as_alice.get(settings_form(key), headers=headers)
    assert "<html" not in sheet.content.decode()
    answer = as_alice.post(
        settings_form(key), {"key": key.ref, "staging_hours": "5"}, headers=headers
    )
    assert answer["HX-Redirect"] == address(key)


def test_a_viewer_sets_nothing(work: None, key: KeyHandle, browse: Browse, vera: User, bob: User):
    ApiKey.objects.filter(id=key.id).update(is_shared=True)
    for person in (vera, bob):  # Bob operates, but with keys of his own
        client = browse(person)
        assert client.get(settings_form(key)).status_code == 403
        assert client.post(settings_form(key), {"key": key.ref}).status_code in (403, 409)
        assert "Change…" not in text_of(client.get(address(key)))


def test_today_is_drawn_with_what_is_expected_of_it(work: None, key: KeyHandle, as_alice: Client):
    drawn = as_alice.get(address(key)).content.decode()
    assert "plot-rest" in drawn
    assert "usual workday 320" in drawn
