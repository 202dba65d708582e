"""A status, a state and a mode: the same words, colour and icon wherever they stand."""

import pytest

from batches.models import State, StatusChange
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, PAUSED, STAGING
from batches.templatetags.statuses import (
    STATES,
    STATUSES,
    mode,
    state,
    status,
    status_change,
    status_label,
)


@pytest.mark.parametrize(
    ("value", "label", "css", "icon"),
    [
        (STAGING, "Staging", "status status--wait", "clock"),
        (IN_PROGRESS, "In progress", "status status--progress", "loader"),
        (COMPLETED, "Completed", "status status--good", "circle-check"),
        (PAUSED, "Paused", "status status--wait", "player-pause"),
        (CANCELLED, "Cancelled", "status", "circle-x"),
        ("canceled", "Cancelled", "status", "circle-x"),
        ("", "Status unknown", "status", "question-mark"),
        (None, "Status unknown", "status", "question-mark"),
    ],
)
def test_a_status_is_an_icon_a_word_and_a_colour(
    value: str | None, label: str, css: str, icon: str
):
    drawn = status(value)

    assert drawn.startswith(f'<span class="{css}"><svg')
    assert f"icons.svg#{icon}" in drawn
    assert drawn.endswith(f"<span>{label}</span></span>")


def test_a_new_status_is_shown_as_refonte_wrote_it_and_never_as_markup():
    drawn = status("<b>" + "half done " * 9)

    assert 'title="Refonte’s status: &lt;b&gt;half done' in drawn
    assert '<bdi translate="no">&lt;b&gt;half done half done …</bdi>' in drawn


@pytest.mark.parametrize(
    ("value", "label"),
    [("in_progress", "In progress"), ("canceled", "Cancelled"), ("odd", "odd"), ("", "unknown")],
)
def test_a_status_in_a_sentence_has_the_label_of_its_mark(value: str, label: str):
    assert status_label(value) == label


def test_every_status_that_this_product_knows_has_a_mark():
    assert {STAGING, IN_PROGRESS, COMPLETED, PAUSED, CANCELLED} <= set(STATUSES)


def test_every_state_of_an_operation_has_a_mark():
    assert set(STATES) == set(State)
    for value in State:
        assert f"<span>{value.label}</span>" in state(value)


def test_a_state_of_a_newer_version_is_shown_by_its_own_word():
    assert state("rolled_back").endswith("<span>rolled_back</span></span>")


def test_a_change_of_status_is_told_in_its_own_words_else_from_what_to_what():
    change = StatusChange(before="staging", after="<odd>")

    assert status_change(change) == (
        '<bdi translate="no">Staging</bdi> → <bdi translate="no">&lt;odd&gt;</bdi>,'
        " seen by this console"
    )
    assert status_change(StatusChange(message="The total fell.")) == "The total fell."


def test_a_mode_is_a_word_in_its_colour():
    assert mode("live") == '<span class="mode mode--live">Live</span>'
    assert mode("test") == '<span class="mode mode--test">Test</span>'
