"""The form of a note: times in the zone of the page, choices of people, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict

from batches.forms.notes import PAST, NoteForm
from batches.services.attention.types import Note
from tests.support.clock import NOON

pytestmark = pytest.mark.usefixtures("clock")
BERLIN = ZoneInfo("Europe/Berlin")
EMPTY = Note()
STORED = datetime(2026, 11, 27, 19, 0, 30, tzinfo=UTC)


def form(
    note: Note = EMPTY,
    people: tuple[User, ...] = (),
    **fields: str,
) -> NoteForm:
    data = QueryDict(mutable=True)
    data.update({"form_id": str(uuid4())} | fields)
    return NoteForm(data, note=note, zone=BERLIN, people=people, filled={})


def shown(note: Note = EMPTY, **filled: str) -> NoteForm:
    return NoteForm(None, note=note, zone=BERLIN, people=(), filled=filled)


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        ("", None),
        ("2026-11-27T20:00", datetime(2026, 11, 27, 19, 0, tzinfo=UTC)),
        ("2026-11-27 20:00", datetime(2026, 11, 27, 19, 0, tzinfo=UTC)),
        ("2027-07-01T20:00", datetime(2027, 7, 1, 18, 0, tzinfo=UTC)),
    ],
)
def test_a_due_date_is_a_time_in_the_zone_of_the_page(typed: str, due: datetime | None):
    typed_form = form(due=typed)
    assert typed_form.is_valid()
    assert typed_form.fields_to_set["due_at"] == due
    assert typed_form.warning == ""


def test_the_zone_of_the_page_counts_where_the_person_has_another_one_now():
    known, unknown = (form(due="2026-11-27T20:00", tz=tz) for tz in ("Asia/Tokyo", "Mars"))
    assert known.is_valid()
    assert known.cleaned_data["due"] == datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
    assert "Asia/Tokyo" in known.fields["due"].help_text
    assert unknown.is_valid()
    assert unknown.zone == BERLIN


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("tomorrow", "Enter a day and a time like"),
        ("2026-11-31T20:00", "Enter a day and a time like"),
        ("20266-11-27T20:00", "Enter a day and a time like"),
        ("2226-11-27T20:00", "within 10 years"),
        ("0001-01-01T00:00", "within 10 years"),
        ("9999-12-31T23:59", "within 10 years"),
        ("2027-03-28T02:30", "Clocks in Europe/Berlin are set forward"),
    ],
)
def test_what_is_no_time_is_refused_at_its_field_and_kept(typed: str, message: str):
    refused = form(due=typed, text="kept")
    assert not refused.is_valid()
    assert message in str(refused.errors["due"])
    assert typed in str(refused["due"])
    assert "kept" in str(refused["text"])


def test_a_due_date_that_has_passed_is_taken_with_a_warning():
    past = form(due=(NOON - timedelta(hours=1)).astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M"))
    assert past.is_valid()
    assert past.warning == PAST


def test_an_unchanged_due_date_stays_as_it_is_to_the_second():
    unchanged = form(Note(due_at=STORED), due="2026-11-27T20:00")
    assert unchanged.is_valid()
    assert unchanged.cleaned_data["due"] == STORED


def test_the_form_shows_what_is_stored_and_the_address_wins():
    note = Note(due_at=STORED, text="stored")
    assert 'type="datetime-local" name="due" value="2026-11-27T20:00"' in str(shown(note)["due"])
    filled = shown(note, due="half past", text="typed")
    assert 'type="text" name="due" value="half past"' in str(filled["due"])
    assert "typed" in str(filled["text"])


def test_owners_are_chosen_among_people_and_the_present_one_may_stay(alice: User, vera: User):
    note = Note(owner_id=vera.pk, owner="vera")
    people = (alice,)
    assert "vera (no longer active)" in str(form(note, people)["owner"])
    for chosen, owner in (("", None), (str(alice.pk), alice), (str(vera.pk), vera)):
        found = form(note, people, owner=chosen)
        assert found.is_valid()
        assert found.cleaned_data["owner"] == owner
    for wrong in ("0", "x", str(vera.pk)):
        refused = form(Note(), people, owner=wrong)
        assert not refused.is_valid()
        assert "Choose a person" in str(refused.errors["owner"])


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  two\r\nlines\t ", "two\nlines"),
        ("e\u0301", "\u00e9"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("x" * 1000, "x" * 1000),
    ],
)
def test_a_text_is_kept_as_it_was_meant(typed: str, kept: str):
    found = form(text=typed)
    assert found.is_valid()
    assert found.cleaned_data["text"] == kept


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("x" * 1001, "At most 1,000 characters; this has 1,001."),
        ("\u202egnp.exe", "invisible"),
        ("a\x07b", "invisible"),
        ("\ufffd", "lost on its way"),
    ],
)
def test_a_text_that_cannot_be_shown_is_refused(typed: str, message: str):
    refused = form(text=typed)
    assert not refused.is_valid()
    assert message in str(refused.errors["text"])


@pytest.mark.parametrize("missing", [{"form_id": ""}, {"form_id": "x"}])
def test_a_form_without_its_id_says_so(missing: dict[str, Any]):
    refused = form(**missing)
    assert not refused.is_valid()
    assert "Part of this form was missing" in str(refused.non_field_errors())
