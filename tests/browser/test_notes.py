"""A due date from the page of a batch: set once, then seen at its head, chart and timeline."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.models import AlarmKind
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser import axe
from tests.browser.conftest import PHONE, Visitor
from tests.browser.steps import ask, expect_message, focused
from tests.support.alarms import raised
from tests.support.samples import NAME, counted, keep

pytestmark = pytest.mark.browser
PATH = f"/batches/{NAME}/"


@pytest.fixture
def row(refonte: Sandbox, key: KeyHandle) -> Any:
    """A batch that has been watched for two hours, and the stored row of it."""
    now = int(time.time()) - 90
    refonte.add_batch(NAME, counts={"pending": 779, "completed": 121})
    return keep(key.fingerprint, [counted(now - 60 * n, 121 - n) for n in range(120, -1, -1)])


def in_hours(hours: float) -> str:
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def save(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"form [name='{name}']").fill(value)
    page.get_by_role("button", name="Save").click()


def test_a_due_date_is_set_and_shown_everywhere(visit: Visitor, alice: User, row: Any):
    page = visit(alice, PATH)
    expect(page.locator("[data-chart-lead]")).to_contain_text(re.compile(r"12\d samples"))
    page.locator("#note-change").click()
    expect(page.get_by_role("dialog")).to_contain_text("Refonte does not know these")
    axe.check(page)
    page.set_viewport_size({"width": 1366, "height": 820})

    save(page, due=in_hours(1), text="for the fair")

    expect_message(page, "Saved in this console.")
    expect(page.locator("#batch-progress")).to_contain_text(re.compile(r"Due\s+\w+ \d\d:\d\d"))
    expect(page.locator("#batch-note")).to_contain_text("for the fair")
    expect(page.locator(".chart-label--bad")).to_have_text(re.compile(r"^due \w+ \d\d:\d\d$"))
    mark = page.locator(".chart-mark")
    expect(mark).to_have_attribute("aria-label", re.compile(r"^1: alice set the due date "))
    expect(page.locator("#batch-events li[data-mark='1']")).to_contain_text("set the due date")
    assert focused(page) == "note-change"

    # a second change in the same place of the chart has no mark beside the first
    page.locator("#note-change").click()
    save(page, due=in_hours(2))
    expect(mark).to_have_text("1–2")
    mark.hover()
    expect(page.locator("#batch-events li.is-lit")).to_have_count(2)

    raised(row, AlarmKind.STALLED)
    ask(page)
    expect(page.locator("#batch-alarms")).to_contain_text("Stalled")
    expect(page.locator("#action-report")).to_be_visible()
    alarm = page.locator(".alarm").bounding_box()
    assert alarm
    assert alarm["height"] < 50  # kind, fact, drawing and button stand in one line
    axe.check(page)


def test_the_history_of_a_change_is_read_in_lines(visit: Visitor, alice: User, row: Any):
    page = visit(alice, PATH)
    page.locator("#note-change").click()
    save(page, text="a")
    page.get_by_role("link", name="done").click()
    line = page.locator(".timeline li div")
    expect(line).to_contain_text("Saved in this console")
    box = line.bounding_box()
    assert box
    assert box["width"] > 200  # it was in a column of 16 pixels
    axe.check(page)


def test_a_phone_has_all_actions_in_one_menu(visit: Visitor, alice: User, row: Any):
    page = visit(alice, PATH, **PHONE)
    stamp, menu = page.locator(".page-head .stamp"), page.locator(".page-actions summary")
    # nothing stands out, so no line of buttons stands before the figures
    boxes = stamp.bounding_box(), menu.bounding_box()
    assert boxes[0]
    assert boxes[1]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 30
    menu.tap()
    for name in ("Follow…", "Set priority…", "Create another"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    page.get_by_role("link", name="Due date, owner, note…").tap()
    save(page, due=in_hours(30))
    expect_message(page, "Saved in this console.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_a_script_it_is_a_page_and_the_line_is_in_the_picture(
    visit: Visitor, alice: User, row: Any
):
    page = visit(alice, PATH, java_script_enabled=False)
    page.locator("#note-change").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Due date, owner and note of")
    save(page, due=in_hours(1))
    expect(page.locator(".drawing-words--due")).to_contain_text("due ")
    expect(page.locator("#batch-events")).to_contain_text("alice set the due date")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".page-actions summary").click()
    expect(page.get_by_role("link", name="Set priority…")).to_be_visible()
