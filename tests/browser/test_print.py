"""Pages on A4 paper: a light table of what was on screen, with nothing to press."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.models import State, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.people.preferences import save_preferences
from tests.browser.conftest import Visitor
from tests.browser.steps import row
from tests.support.operations import abandoned_operation

pytestmark = pytest.mark.browser
# What Chromium lays out between margins of 12 mm, at 96 pixels an inch.
A4 = {"width": 703, "height": 1031}
LONG = "lidar_streets_" + "w" * 230 + "_the_end"


@pytest.fixture
def sheet(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    """The list as the printer gets it, from somebody who reads in the dark."""
    save_preferences(user=alice, zone="UTC", theme="dark", page_size=50, shortcuts=True)
    counts = {"pending": 500, "completed": 12_345, "error": 34, "canceled": 12}
    refonte.add_batch("kitten-07", counts=counts)
    refonte.add_batch(LONG, counts=counts)
    page = visit(alice, "/batches/", viewport=A4)
    page.emulate_media(media="print")
    return page


def colour(page: Page, selector: str, what: str) -> list[int]:
    found = page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{what}")
    return [int(part) for part in found[4:-1].split(",")[:3]]


def test_paper_is_light_whatever_the_theme(sheet: Page):
    assert colour(sheet, "html", "backgroundColor") == [255, 255, 255]
    assert max(colour(sheet, "body", "color")) < 80


def test_a_list_is_a_table_that_fits_on_the_paper(sheet: Page):
    expect(sheet.get_by_role("columnheader", name="Status")).to_be_visible()
    assert row(sheet, "kitten-07").evaluate("node => getComputedStyle(node).display") == "table-row"
    assert sheet.evaluate("document.documentElement.scrollWidth") <= A4["width"]


def test_a_status_is_printed_whole(sheet: Page):
    words = row(sheet, "kitten-07").locator(".status > :last-child")
    expect(words).to_have_text("In progress")
    assert words.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_nothing_to_press_is_printed(sheet: Page):
    for words in ("Main", "Filters", "Status"):
        expect(sheet.get_by_role("navigation", name=words)).to_have_count(0)
    expect(sheet.get_by_role("link", name="New batch")).to_have_count(0)
    expect(sheet.get_by_role("button")).to_have_count(0)
    expect(sheet.locator("[data-stamp-running]").last).to_be_hidden()
    expect(sheet.get_by_role("heading", name="Batches")).to_be_visible()


def test_errors_have_a_column_of_their_own(sheet: Page):
    errors = row(sheet, "kitten-07").get_by_role("cell", name="34", exact=True)
    expect(errors).to_be_visible()
    assert errors.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_the_filters_in_use_are_printed_and_no_others(sheet: Page):
    sheet.goto("/batches/?created=7d")
    filters = sheet.get_by_role("group", name="Filters")
    expect(filters.get_by_text("last 7 days", exact=True)).to_be_visible()
    expect(filters.get_by_text("Project", exact=True).first).to_be_hidden()


def test_an_outcome_is_printed_whole(sheet: Page, alice: User, key: KeyHandle):
    abandoned_operation(alice, key, State.CHECKING)
    sheet.goto("/operations/")
    words = sheet.locator("tr[data-row] .status > :last-child")
    expect(words).to_have_text("Unknown, checking")
    assert words.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_an_operation_is_printed_on_two_lines_at_most(sheet: Page, alice: User, key: KeyHandle):
    abandoned_operation(
        alice, key, State.SUCCEEDED, verb=Verb.PRIORITIZE, parameters={"priority": 20}
    )
    sheet.goto("/operations/")
    line = sheet.locator("tr[data-row]").bounding_box()
    assert line
    assert line["height"] <= 56


def test_a_batch_fits_on_the_paper_too(sheet: Page):
    sheet.goto("/batches/kitten-07/")
    chart = sheet.locator("[data-plot='burnup'] canvas").bounding_box()
    assert chart
    assert chart["width"] > A4["width"] / 2
    expect(sheet.get_by_role("heading", name="kitten-07")).to_be_visible()
    assert sheet.evaluate("document.documentElement.scrollWidth") <= A4["width"]
    assert colour(sheet, ".card", "backgroundColor") == [255, 255, 255]
