"""The filters of the operations' list, where days cannot be meant."""

from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from batches.forms.operations import OperationsFilter


@pytest.mark.parametrize(
    "days", ["start_time=2026-11-23&end_time=2026-11-22", "start_time=2026-11-23&end_time=tuesday"]
)
def test_of_two_days_neither_counts_where_one_cannot_be_meant(days: str):
    form = OperationsFilter(QueryDict(f"{days}&verb=create"), keys=(), zone=ZoneInfo("UTC"))

    assert (form.filters.start, form.filters.end, form.filters.verb) == (None, None, "create")
    assert form.pairs == {"verb": "create"}
    assert form["start_time"].value() == "2026-11-23"
