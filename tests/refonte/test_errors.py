import json
import pickle

import pytest

from batches import refonte
from batches.refonte import (
    BadAnswer,
    Busy,
    Denied,
    NoAnswer,
    NotSent,
    Outcome,
    RefonteError,
    Throttled,
    TooLarge,
)
from batches.refonte.error_text import has_reason
from batches.refonte.errors import error_for_status


def leaves(error: type[RefonteError]) -> list[type[RefonteError]]:
    below = error.__subclasses__()
    return [leaf for one in below for leaf in leaves(one)] if below else [error]


def test_every_outcome_but_ok_has_exactly_one_error() -> None:
    outcomes = [error.outcome for error in leaves(RefonteError)]
    assert sorted(outcomes) == sorted(set(Outcome) - {Outcome.OK})


def test_only_what_may_have_reached_the_vendor_may_have_happened() -> None:
    unclear = {error.outcome for error in leaves(RefonteError) if error.may_have_happened}
    assert unclear == {"no_answer", "vendor_error", "bad_answer"}


def test_trying_again_helps_unless_the_vendor_said_no() -> None:
    final = {error.outcome for error in leaves(RefonteError) if not error.can_retry}
    assert final == {"key_refused", "not_found", "conflict", "rejected", TooLarge.outcome}
    assert BadAnswer.can_retry


@pytest.mark.parametrize(("told", "kept"), [(None, None), (-5, 1), (0, 1), (7, 7), (301, 300)])
def test_the_wait_stays_between_1_and_300_seconds(told: int | None, kept: int | None) -> None:
    assert Throttled("wait", retry_after=told).retry_after == kept


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (100, "bad_answer"),
        (302, "bad_answer"),
        (400, "rejected"),
        (401, "key_refused"),
        (402, "rejected"),
        (403, "key_refused"),
        (404, "not_found"),
        (408, "vendor_error"),
        (409, "conflict"),
        (418, "rejected"),
        (422, "rejected"),
        (429, "throttled"),
        (499, "rejected"),
        (500, "vendor_error"),
        (530, "vendor_error"),
        (999, "vendor_error"),
    ],
)
def test_a_status_has_one_meaning(status: int, outcome: str) -> None:
    assert error_for_status(status).outcome == outcome


@pytest.mark.parametrize("status", [401, 403])
def test_being_kept_out_without_a_reason_is_no_word_on_the_key(status: int) -> None:
    assert error_for_status(status, has_reason=False).outcome == "vendor_error"
    assert error_for_status(status, has_reason=False) is Denied


@pytest.mark.parametrize("status", [404, 409, 429, 500])
def test_any_other_status_needs_no_reason(status: int) -> None:
    assert error_for_status(status, has_reason=False) is error_for_status(status)


@pytest.mark.parametrize(
    ("body", "has"),
    [
        (b'{"error": "Invalid API key"}', True),
        (b'{"status_code": 403}', True),
        (b'{"error": null}', True),
        (b'\xef\xbb\xbf {"status_code": 401, "error": {}}', True),
        (b'{"message": "Forbidden"}', False),
        (b'["error", "status_code"]', False),
        (b'"error"', False),
        (b"<title>Attention</title>", False),
        (b"", False),
        (b'{"error": "cut', False),
        (b"null", False),
        (b"\xff", False),
    ],
)
def test_a_reason_is_an_object_with_error_or_status_code(body: bytes, has: bool) -> None:
    assert has_reason(body) == has


def test_an_error_is_written_down_in_parts() -> None:
    error = Throttled("too many", http_status=429, retry_after=2)
    parts = json.dumps([error.outcome, error.message, error.http_status, error.retry_after])
    assert parts == '["throttled", "too many", 429, 2]'


def test_an_error_survives_a_queue() -> None:
    error = pickle.loads(pickle.dumps(BadAnswer("odd", http_status=200, field="name")))
    assert (str(error), error.message, error.http_status, error.field) == (
        "odd",
        "odd",
        200,
        "name",
    )


def test_nothing_happened_where_nothing_was_sent() -> None:
    assert not NotSent("").may_have_happened
    assert not Busy("").may_have_happened
    assert NoAnswer("").may_have_happened


def test_every_public_name_is_there() -> None:
    assert all(hasattr(refonte, name) for name in refonte.__all__)
