"""Columns, densities and order of the list: chosen, kept over polls, on any screen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.models import Alarm, AlarmKind
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser import axe
from tests.browser.conftest import PHONE, Visitor
from tests.browser.steps import ask, look_again, names
from tests.support.known import alarmed, estimated, noted

pytestmark = pytest.mark.browser
NOW = datetime.now(UTC)
IN_SIGHT = """selector => [...document.querySelectorAll(selector)].filter(row => {
  const {top, bottom, left, right} = row.getBoundingClientRect();
  return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
}).length"""
HEIGHTS = """() => [...new Set([...document.querySelectorAll("tr[data-row]")]
  .map(row => Math.round(row.getBoundingClientRect().height)))]"""


@pytest.fixture
def kittens(refonte: Sandbox) -> Sandbox:
    """83 under way in eight projects, and one in staging."""
    for number in range(83):
        counts = {"pending": 900 - number, "completed": 100 + number, "error": number % 5}
        created = NOW - timedelta(hours=1, minutes=number)
        facts: dict[str, Any] = {
            "counts": counts,
            "project": f"project_{number % 8}",
            "created_at": created,
        }
        refonte.add_batch(f"kitten_labeling_{number:02}", **facts)
    refonte.add_batch("waits", status="staging", counts={"pending": 40}, created_at=NOW)
    return refonte


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox) -> Page:
    """A list on which everything is known of some, and something is wrong with some."""
    page = visit(alice, "/batches/?limit=100")
    for number in range(0, 80, 4):
        name = f"kitten_labeling_{number:02}"
        estimated(key, name, hours=(2, 3 + number), speed=number, spark=[1, 2, 0, 5], total=1_000)
    for name, kind in (
        ("kitten_labeling_08", AlarmKind.STALLED),
        ("kitten_labeling_12", AlarmKind.ERRORS),
        ("kitten_labeling_16", AlarmKind.AT_RISK),
        ("waits", AlarmKind.STAGING),
    ):
        facts = {"errors": 5, "tasks": 50, "usual": 0.01, "due": NOW.timestamp()}
        alarmed(key, name, kind, since=NOW - timedelta(hours=40), facts=facts)
    noted(key, "kitten_labeling_16", due_at=NOW + timedelta(hours=5))
    page.reload()
    return page


def test_columns_are_chosen_in_a_menu_that_a_poll_leaves_open(page: Page, key: KeyHandle):
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Errors").uncheck()
    page.get_by_role("checkbox", name="Owner").check()
    Alarm.objects.filter(kind=AlarmKind.STALLED).update(ended_at=NOW)
    ask(page)
    expect(page.get_by_role("checkbox", name="Owner")).to_be_checked()
    page.get_by_role("button", name="Show", exact=True).click()
    heads = page.locator("thead th")
    expect(heads).to_have_text(
        [
            *("", "Name", "Status", "Progress", "Speed", "Done (estimate)", "Due"),
            *("Priority", "Age", "Owner"),
        ]
    )
    assert "columns=progress%2Cspeed" in page.url


def test_a_sorted_list_keeps_its_order_over_a_poll(page: Page, key: KeyHandle, kittens: Sandbox):
    page.get_by_role("link", name="Errors").click()
    expect(page.get_by_role("columnheader", name="Errors")).to_have_attribute(
        "aria-sort", "descending"
    )
    before = names(page, 84)
    estimated(key, "kitten_labeling_04", hours=(1, 2), speed=77, total=1_000)
    ask(page)
    expect(page.get_by_text("77", exact=True)).to_be_visible()
    assert names(page, 84) == before
    # the head stays in sight
    page.mouse.wheel(0, 2_000)
    expect(page.get_by_role("link", name="Errors")).to_be_in_viewport()


def test_rows_have_the_height_of_their_density(page: Page):
    assert page.evaluate(HEIGHTS) == [46]
    axe.check(page)
    page.set_viewport_size({"width": 1366, "height": 900})
    page.get_by_role("link", name="One line a row").click()
    expect(page.locator(".table--compact")).to_be_visible()
    assert page.evaluate(HEIGHTS) == [30]
    axe.check(page)


def test_the_wall_shows_83_batches_on_one_screen_and_keeps_their_places(
    page: Page, key: KeyHandle, kittens: Sandbox
):
    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto(page.url + "&status=in_progress")
    page.get_by_role("link", name="All on one screen").click()
    expect(page.locator(".wall-row")).to_have_count(83)
    assert page.evaluate(IN_SIGHT, ".wall-row") == 83
    expect(page.locator(".wall-foot")).to_contain_text("1 stalled")
    expect(page.locator(".wall-words.status--bad")).to_have_count(3)

    places = page.locator(".wall-row .row-link").all_inner_texts()
    kittens.set_counts("kitten_labeling_03", pending=1, completed=899)
    look_again(page, key)
    expect(page.get_by_text("99.8 %")).to_be_visible()
    assert page.locator(".wall-row .row-link").all_inner_texts() == places
    axe.check(page)


def test_on_a_phone_four_batches_stand_on_the_first_screen(page: Page, visit: Visitor, alice: User):
    phone = visit(alice, "/batches/", **PHONE)
    assert phone.evaluate(IN_SIGHT, "tr[data-row]") >= 4
    assert max(phone.evaluate(HEIGHTS)) <= 95
    phone.get_by_role("link", name="Needs attention").click()
    expect(phone.locator("tr[data-row]")).to_have_count(4)
    expect(phone.locator("#rows").get_by_text("Stalled", exact=True)).to_be_visible()
    expect(phone.get_by_text("no such list")).to_be_visible()
    axe.check(phone)
