from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.refonte import format_time, parse_time
from tests.support.json_values import JSON

MOMENT = datetime(2023, 8, 1, 23, 4, 12, 168000, tzinfo=UTC)
ZONES = st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    "text",
    [
        "2023-08-01T23:04:12.168Z",
        "2023-08-01T23:04:12.168+00:00",
        "2023-08-01T23:04:12.168",
        "2023-08-02T01:04:12.168+02:00",
        "2023-08-01 23:04:12.168Z",
        " 2023-08-01T23:04:12.168000Z ",
    ],
)
def test_every_spelling_of_a_time_is_read(text: str) -> None:
    assert parse_time(text) == MOMENT
    assert (parse_time(text) or MOMENT).utcoffset() == timedelta(0)


def test_a_time_without_fraction_is_read() -> None:
    assert parse_time("2023-08-01T23:04:12Z") == MOMENT.replace(microsecond=0)


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        True,
        0,
        1690930000,
        "",
        "soon",
        "2020-13-45T00:00:00Z",
        "10000-01-01T00:00:00Z",
        [],
        {},
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2023-08-01T25:00:00Z",
        "9" * 5000,
        # how systems write "never" and "not set"
        "0001-01-01T00:00:00Z",
        "1601-01-01T00:00:00Z",
        "1900-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00Z",
        "1999-12-31T23:59:59.999Z",
        "2000-01-01T00:00:00+00:01",
        "2099-12-31T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
    ],
)
def test_a_nonsense_time_is_none(nonsense: Any) -> None:
    assert parse_time(nonsense) is None


@given(JSON)
def test_no_value_crashes_the_reading_of_a_time(value: Any) -> None:
    assert parse_time(value) is None or parse_time(value).tzinfo is UTC  # type: ignore[union-attr]  # not None here


def test_a_time_is_sent_in_full() -> None:
    paris = timezone(timedelta(hours=2))
    assert (
        format_time(datetime(2023, 8, 2, 1, 4, 12, 168999, tzinfo=paris))
        == "2023-08-01T23:04:12.168Z"
    )
    assert format_time(datetime(2023, 8, 1, tzinfo=UTC)) == "2023-08-01T00:00:00.000Z"


@given(st.datetimes(datetime(2000, 1, 2), datetime(2098, 12, 30), timezones=ZONES))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_time_sent_reads_back_to_the_millisecond(moment: datetime) -> None:
    back = parse_time(format_time(moment))
    assert back is not None
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)


def test_a_time_at_the_end_of_all_years_is_sent_all_the_same() -> None:
    west = timezone(timedelta(hours=-14))
    assert format_time(datetime.max.replace(tzinfo=west)) == "9999-12-31T23:59:59.999Z"
