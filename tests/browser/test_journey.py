"""A day with the console, from the sign-in to a batch of one's own."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.people.preferences import save_preferences
from batches.services.readings.read import forget_batch
from tests.browser.conftest import PHONE, Visitor
from tests.browser.steps import expect_message, focused, names, row
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.browser


def choose_filters(page: Page, *, project: str, status: str, start: str, end: str) -> None:
    page.locator("summary", has_text="Project").click()
    page.get_by_label("Project", exact=True).fill(project)
    page.get_by_role("button", name="Show").click()
    filters = page.get_by_role("group", name="Filters")
    expect(filters).to_contain_text(project)
    page.get_by_role("navigation", name="Status").get_by_role("link", name=status).click()
    expect(page.get_by_role("link", name=status)).to_have_attribute("aria-current", "page")
    page.locator("summary", has_text="Created").click()
    page.locator("[name=start_time]").fill(start)
    page.locator("[name=end_time]").fill(end)
    page.get_by_role("button", name="Show").click()
    expect(filters).to_contain_text("Created 20 Nov 2026")


def test_an_operator_signs_in_lands_on_the_overview_and_opens_the_list(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07")
    page = visit(path="/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("alice-has-a-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"/?key={key.ref}")
    expect(page).to_have_title("Overview · Live · Refonte console")
    page.get_by_role("link", name="Batches").click()
    expect(page).to_have_url(f"/batches/?key={key.ref}")
    expect(row(page, "kitten-07")).to_be_visible()
    assert names(page, 1) == ["kitten-07"]


def test_a_filtered_address_shows_everyone_the_same_batches(
    visit: Visitor, alice: User, vera: User, key_for: KeyMaker, refonte: Sandbox
):
    for person, zone in ((alice, "Europe/Berlin"), (vera, "America/Los_Angeles")):
        save_preferences(user=person, zone=zone, theme="system", page_size=50, shortcuts=True)
    key_for(alice, is_shared=True)
    for name, day, hour in (
        ("before", 19, 22),
        ("first", 19, 23),
        ("last", 20, 22),
        ("after", 20, 23),
    ):
        moment = datetime(2026, 11, day, hour, 30, tzinfo=UTC)
        refonte.add_batch(name, project="cats", status="staging", created_at=moment)
        refonte.add_batch(f"dog-{name}", project="dogs", status="staging", created_at=moment)
        refonte.add_batch(f"done-{name}", project="cats", status="completed", created_at=moment)
    page = visit(alice, "/batches/", timezone_id="Europe/Berlin")
    choose_filters(page, project="cats", status="Staging", start="2026-11-20", end="2026-11-20")
    assert names(page, 2) == ["last", "first"]
    other = visit(vera, page.url, timezone_id="America/Los_Angeles")
    assert names(other, 2) == ["last", "first"]
    expect(other.get_by_text("Days are in Europe/Berlin")).to_be_visible()


def test_a_batch_is_finalized_through_its_dialog(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 640, "completed": 0})
    page = visit(alice, "/batches/")
    page.get_by_role("link", name="kitten-07").click()
    page.get_by_role("link", name="Finalize…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Finalize kitten-07 in Live?")
    expect(dialog).to_contain_text("640 tasks")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Finalize…")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Finalize").click()
    expect_message(page, "Finalized: staging → in progress.")
    expect(page.locator("#batch-status")).to_contain_text("In progress")
    expect(page.get_by_role("link", name="Finalize…")).to_have_count(0)
    assert focused(page) == "main"


def test_numbers_move_without_a_touch(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07", counts={"pending": 488, "completed": 412})
    page = visit(alice)
    page.clock.install()
    page.goto("/batches/kitten-07/")
    expect(page.locator("#batch-progress")).to_contain_text("412 of 900 tasks")
    refonte.set_counts("kitten-07", pending=400, completed=500)
    forget_batch(key=key, name="kitten-07")
    page.clock.fast_forward(15_000)
    expect(page.locator("#batch-progress")).to_contain_text("500 of 900 tasks")
    expect(page).to_have_title("kitten-07 · 55 % · Live · Refonte console")


def test_a_priority_is_sent_and_remembered(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/kitten-07/")
    page.get_by_role("link", name="Set priority").click()
    page.get_by_role("dialog").get_by_label("Another value").fill("25")
    page.get_by_role("dialog").get_by_role("button", name="Set priority").click()
    expect_message(page, "Priority 25 sent.")
    expect(page.locator("#batch-priority")).to_contain_text("25, sent by alice")
    assert refonte.priorities_of("kitten-07") == [25]


def test_a_created_batch_is_on_top_of_the_list(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("cats")
    refonte.add_batch("kitten-07", created_at=datetime(2026, 11, 1, tzinfo=UTC))
    page = visit(alice, "/batches/")
    page.get_by_role("link", name="New batch").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Project").fill("cats")
    dialog.get_by_label("Name").fill("kitten-08")
    dialog.get_by_label("First priority").fill("25")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect_message(page, "Created.")
    expect(row(page, "kitten-08").locator(".cell-priority")).to_have_text("25")
    assert names(page, 2) == ["kitten-08", "kitten-07"]


@pytest.mark.usefixtures("errors_are_meant")
@pytest.mark.parametrize("day", ["yesterday", "2026-13-45"])
def test_a_day_that_cannot_be_is_shown_as_it_was_typed(
    visit: Visitor, alice: User, key: KeyHandle, day: str
):
    page = visit(alice, f"/batches/?start_time={day}")
    field = page.get_by_label("From")
    expect(field).to_have_value(day)
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("2026-11-20")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("group", name="Filters")).to_contain_text("20 Nov 2026")


def test_a_phone_does_it_too(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox):
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 640, "completed": 0})
    page = visit(alice, "/batches/", **PHONE)
    page.get_by_role("link", name="kitten-07").tap()
    page.locator(".page-actions summary").tap()
    page.get_by_role("link", name="Finalize…").tap()
    page.get_by_role("dialog").get_by_role("button", name="Finalize").tap()
    expect_message(page, "Finalized: staging → in progress.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
