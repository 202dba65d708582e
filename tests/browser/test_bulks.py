"""Many at once: plan, confirmation, run and receipt in a browser, with the worker at hand."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from batches.models import Bulk, BulkRow, BulkState, Verb
from batches.sandbox import Sandbox
from batches.services.bulks import work
from batches.services.keys.types import ViewerKey
from tests.browser import axe
from tests.browser.conftest import PHONE, Visitor
from tests.browser.steps import ask, focused
from tests.support.bulk_work import plan_of, planned, work_off
from tests.support.operations import POST_FINALIZE

pytestmark = pytest.mark.browser
STAGING = [f"kitten-{number:02}" for number in range(30)]
CHOSEN = [*STAGING, "empty", "started", "completed", "no-such"]


@pytest.fixture(autouse=True)
def _batches(refonte: Sandbox, settings: Settings) -> None:
    settings.BACKGROUND_CALLS_A_MINUTE = 6_000
    facts: dict[str, Any] = {"project": "kittens", "created_at": timezone.now() - timedelta(days=2)}
    for name in STAGING:
        refonte.add_batch(name, status="staging", counts={"pending": 100}, **facts)
    refonte.add_batch("empty", status="staging", counts={"pending": 0}, **facts)
    refonte.add_batch("started", status="in_progress", counts={"pending": 5}, **facts)
    refonte.add_batch("completed", status="completed", counts={"completed": 5}, **facts)


@pytest.fixture
def bulk(alice: User, key: ViewerKey) -> Bulk:
    words = "all that match Created: last 7 days"
    return read(plan_of(alice, key, CHOSEN, verb=Verb.FINALIZE, chosen=words))


def read(bulk: Bulk) -> Bulk:
    return until(bulk, BulkState.READING)


def until(bulk: Bulk, state: BulkState) -> Bulk:
    """The worker works for as long as it is in this state."""
    while bulk.state == state:
        work_off()
        bulk.refresh_from_db()
    return bulk


def address(bulk: Bulk) -> str:
    return f"/bulks/{bulk.id}/?key={bulk.key_ref}"


def send_one(bulk: Bulk) -> None:
    """One row, when its time has come."""
    first = iter([True])

    def goes_on() -> bool:
        return any(first)

    while not work.run_key(fingerprint=bulk.fingerprint, goes_on=goes_on, pause=time.sleep):
        first = iter([True])


def test_from_the_plan_to_the_receipt_at_one_address(
    visit: Visitor, alice: User, key: ViewerKey, refonte: Sandbox
):
    bulk = plan_of(alice, key, CHOSEN[-6:], verb=Verb.FINALIZE)
    page = visit(alice, address(bulk))
    expect(page.locator("#bulk-reading")).to_contain_text("Reading 0 of 6")
    read(bulk)
    expect(page.locator("#confirm-send")).to_have_text("Finalize 2")
    expect(page.locator("#announcer")).to_contain_text("Finalize 2 batches in Live")
    expect(page).to_have_title(re.compile("^Finalize 2 batches in Live?"))
    expect(page.locator("[data-poll]")).to_have_count(0)

    page.get_by_role("checkbox", name="empty").check()
    expect(page.locator("#confirm-send")).to_have_text("Finalize 3")
    page.get_by_label("Reason, kept in the record").fill("week 48 goes to work")
    page.locator("#confirm-send").click()
    expect(page.locator("h1")).to_have_text("Finalizing 3 batches in Live")
    assert page.url.endswith(address(bulk))

    refonte.fault("status", match=POST_FINALIZE, times=1, code=400)
    send_one(bulk)
    ask(page)
    expect(page.locator("#announcer")).to_contain_text("1 failed.")
    bulk.refresh_from_db()
    until(bulk, BulkState.RUNNING)
    expect(page.locator("h1")).to_contain_text("Finalized 2 of 3 batches in Live")
    expect(page.locator("main")).to_contain_text("“week 48 goes to work”")
    first = page.locator("#bulk-rows tbody tr").first
    expect(first).to_contain_text("Failed")
    page.get_by_text("3 skipped, each with its reason").click()
    expect(page.locator("#skipped")).to_contain_text("Already in progress")
    page.get_by_role("button", name="Retry the failed").click()
    expect(page.locator("h1")).to_contain_text("Finalize 1 batch in Live?")


def test_ticks_are_kept_as_they_are_made_and_what_was_typed_stays(
    visit: Visitor, alice: User, bulk: Bulk
):
    page = visit(alice, address(bulk))
    assert focused(page) == "cancel"
    assert page.evaluate("scrollY") == 0
    page.get_by_label("Reason, kept in the record").fill("half a w")
    head = page.locator("#tick-all")
    assert head.evaluate("box => box.indeterminate")
    box = page.get_by_role("checkbox", name="kitten-03")
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator("#confirm-send")).to_have_text("Finalize 29")
    expect(page.locator("h1")).to_have_text("Finalize 29 batches in Live?")
    assert not BulkRow.objects.get(bulk=bulk, name="kitten-03").is_ticked
    assert focused(page) == box.get_attribute("id")
    expect(page.get_by_label("Reason, kept in the record")).to_have_value("half a w")
    expect(page.locator("#announcer")).to_contain_text("29 batches, 2,900 tasks ticked.")

    page.get_by_role("link", name="5 more").click()
    late = page.get_by_role("checkbox", name="kitten-29")
    expect(late).to_be_checked()
    late.uncheck()
    expect(page.locator("#confirm-send")).to_have_text("Finalize 28")
    head.click()
    expect(page.locator("#confirm-send")).to_have_text("Nothing is ticked.")
    expect(page.get_by_role("checkbox", name="kitten-01")).not_to_be_checked()
    head.click()
    expect(page.locator("#confirm-send")).to_have_text("Finalize 30")


def test_what_somebody_else_changed_is_shown_before_anything_is_sent(
    visit: Visitor, alice: User, bulk: Bulk, complaints: list[str]
):
    page, other = visit(alice, address(bulk)), visit(alice, address(bulk))
    other.get_by_role("checkbox", name="kitten-03").uncheck()
    expect(other.locator("#confirm-send")).to_have_text("Finalize 29")
    page.get_by_label("Reason, kept in the record").fill("week 48")
    page.locator("#confirm-send").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    expect(page.get_by_label("Reason, kept in the record")).to_have_value("week 48")
    assert Bulk.objects.get().confirmed_at is None
    complaints.clear()  # the browser notes the 409


def test_the_keyboard_alone_is_enough(visit: Visitor, alice: User, key: ViewerKey):
    bulk = planned(alice, key, ["kitten-01"], verb=Verb.FINALIZE)
    page = visit(alice, address(bulk))
    page.keyboard.press("Tab")
    assert focused(page) == "confirm-send"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Finalizing 1 batch in Live")
    page.get_by_role("button", name="Stop after this one").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Stopped: finalized 0 of 1 batch in Live")
    page.get_by_role("button", name="Go on with 1").press("Enter")
    expect(page.locator("h1")).to_contain_text("Finalizing 1 batch in Live")


def test_a_selection_in_a_running_table_survives_its_polls(visit: Visitor, alice: User, bulk: Bulk):
    page = visit(alice, address(bulk))
    page.locator("#confirm-send").click()
    expect(page.locator("h1")).to_contain_text("Finalizing")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.run-pace'))")
    selected = page.evaluate("getSelection().toString()")
    send_one(bulk)
    ask(page)
    expect(page.locator("#bulk-counts")).to_contain_text("29")
    assert page.evaluate("getSelection().toString()") == selected


def test_without_a_script_it_is_planned_ticked_and_confirmed(
    visit: Visitor, alice: User, bulk: Bulk
):
    page = visit(alice, address(bulk), java_script_enabled=False)
    page.get_by_role("checkbox", name="kitten-03").uncheck()
    page.get_by_role("button", name="Keep these ticks").click()
    expect(page.locator("#confirm-send")).to_have_text("Finalize 29")
    page.get_by_role("link", name="5 more").click()
    expect(page.locator("h1")).to_have_text("Will be done")
    page.go_back()
    page.locator("#confirm-send").click()
    expect(page.locator("h1")).to_contain_text("Finalizing 29 batches in Live")


def test_rows_are_pasted_corrected_and_planned(
    visit: Visitor, alice: User, key: ViewerKey, complaints: list[str]
):
    page = visit(alice, f"/bulks/new/?key={key.ref}")
    rows = page.get_by_label("Rows", exact=False).first
    rows.fill("project\tname\nkittens\tnew-1\nkittens\t\n")
    page.get_by_role("button", name="Check and plan").click()
    expect(page.locator("main")).to_contain_text("Enter a name for the batch.")
    axe.check(page)
    page.set_viewport_size({"width": 1366, "height": 820})
    rows.fill("project\tname\nkittens\tnew-1\nkittens\tnew-2\n")
    page.get_by_role("button", name="Check and plan").click()
    expect(page.locator("h1")).to_contain_text("Create 2 batches in Live?")
    complaints.clear()  # the browser notes the 422


@pytest.mark.parametrize("stage", ["reading", "plan", "run", "receipt"])
def test_axe_finds_nothing(
    visit: Visitor, alice: User, key: ViewerKey, refonte: Sandbox, stage: str
):
    bulk = plan_of(alice, key, CHOSEN[-8:], verb=Verb.FINALIZE)
    page = visit(alice)
    if stage != "reading":
        read(bulk)
        page.goto(address(bulk))
        axe.check(page)
    if stage in ("run", "receipt"):
        refonte.fault("status", match=POST_FINALIZE, times=1, code=400)
        page.locator("#confirm-send").click()
        send_one(bulk)
    if stage == "receipt":
        bulk.refresh_from_db()
        until(bulk, BulkState.RUNNING)
    page.goto(address(bulk))
    axe.check(page)


def test_on_a_phone_the_dock_leaves_the_page_readable(visit: Visitor, alice: User, bulk: Bulk):
    page: Page = visit(alice, address(bulk), **PHONE)
    dock = page.locator(".dock").bounding_box()
    assert dock
    assert dock["height"] < 200
    assert dock["x"] + dock["width"] <= 390
    expect(page.locator("#confirm-send")).to_be_in_viewport()
