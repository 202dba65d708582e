"""What the script of the chart makes of its data, called as the page calls it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor
from tests.support.samples import NAME

pytestmark = pytest.mark.browser
AT = 1_700_006_400
CALL = """async ([name, ...given]) => {
  const loaded = performance.getEntriesByType("resource").map((one) => one.name);
  const module = await import(loaded.find((url) => url.includes("/chart-data")));
  const found = module[name](...given);
  return name === "append" ? given[0] : found;
}"""


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    refonte.add_batch(NAME, counts={"pending": 60, "completed": 40})
    page = visit(alice, f"/batches/{NAME}/")
    expect(page.locator(".uplot")).to_have_count(2)
    return page


def a_chart(*samples: tuple[int, int], **facts: Any) -> dict[str, Any]:
    """Samples as (seconds after AT, completed), in a chart of hours."""
    points = {
        "at": [AT + at for at, _ in samples],
        "completed": [done for _, done in samples],
        "error": [0] * len(samples),
        "cancelled": [0] * len(samples),
        "total": [900] * len(samples),
        "breaks": [],
        "steps": [],
    }
    known = {"window": "all", "start": AT, "end": AT + 9_000, "now": AT + 3_600, "width": 3_600}
    lists = {"points": points, "bars": [], "gaps": [], "fan": [], "samples": len(samples)}
    return {**known, **lists, "is_open": True, **facts}


def test_a_later_sample_of_a_minute_stands_in_place_of_the_earlier(page: Page):
    old, news = a_chart((0, 1), (65, 2)), a_chart((115, 3), (130, 4))
    found = page.evaluate(CALL, ["append", old, news])
    assert found["points"]["completed"] == [1, 3, 4]
    assert found["samples"] == 3


def test_what_is_expected_begins_where_the_counts_end(page: Page):
    for now in (3_599, 3_600, 3_700):
        chart = a_chart((0, 1), (3_600, 40), now=AT + now, fan=[[AT + 7_200, 50, 60, 70]])
        _, _, _, _, low, high, mid = page.evaluate(CALL, ["columns", chart, False])
        expected = [[None, None, 40, end, None] for end in (50, 70, 60)]
        assert [low, high, mid] == expected, now


def test_an_hour_that_was_not_watched_has_no_speed(page: Page):
    samples = [(0, 0), (3_600, 30), (7_200, 30), (14_400, 90), (18_000, 95), (21_600, 107)]
    bars = [[AT, 30, 0, 30], [AT + 14_400, 5, 0, None], [AT + 18_000, 12, 0, 12]]
    chart = a_chart(*samples, bars=bars, gaps=[[AT + 7_200, AT + 15_000, "", ""]])
    found = [page.evaluate(CALL, ["speedAt", chart, AT + at]) for at, _ in samples]
    assert found == [None, 30, 0, None, None, 12]
