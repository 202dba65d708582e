"""Dialogs: opened once, outliving polls, closed with the focus where it was."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.readings.read import forget_batch
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.steps import audible, expect_message, look_again
from tests.support.operations import POST_PRIORITIZE, settle_in

pytestmark = pytest.mark.browser
STATUS = "GET /v1/batches/*/status"


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 9, "completed": 0})
    return visit(alice, "/batches/kitten-07/")


def test_a_poll_leaves_an_open_dialog_and_what_is_typed(
    page: Page, key: KeyHandle, refonte: Sandbox
):
    page.get_by_role("link", name="Set priority").click()
    field = page.get_by_role("dialog").get_by_label("Another value")
    field.fill("17")
    refonte.set_counts("kitten-07", pending=12, completed=0)
    refonte.set_status("kitten-07", "in_progress")
    look_again(page, key, "kitten-07")
    expect(page.locator("#batch-progress")).to_contain_text("0 of 12")
    expect(field).to_have_value("17")
    expect(field).to_be_focused()


def test_enter_upon_enter_sends_no_priority(page: Page, site: Site):
    page.get_by_role("link", name="Set priority").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("dialog").get_by_label("Another value")
    expect(field).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    page.goto("/batches/kitten-07/prioritize/")
    expect(page.get_by_label("Another value")).to_be_focused()
    assert site.sent("/prioritize/") == []


def test_a_double_click_opens_one(page: Page, key: KeyHandle, refonte: Sandbox, site: Site):
    forget_batch(key=key, name="kitten-07")
    refonte.fault("latency", match=STATUS, times=1, seconds=0.7)
    opener = page.get_by_role("link", name="Finalize…")
    opener.dblclick()
    expect(opener).to_have_attribute("aria-busy", "true")
    expect(page.locator("dialog[open] .sheet")).to_have_count(1)
    expect(page.get_by_role("dialog").get_by_role("link", name="Cancel")).to_be_focused()
    expect(opener).not_to_have_attribute("aria-busy", "true")
    assert len(site.asked("/finalize/")) == 1


def test_a_dialog_is_announced_with_what_it_warns_of(page: Page):
    page.get_by_role("link", name="Finalize…").click()
    dialog = page.get_by_role("dialog", name="Finalize kitten-07 in Live?")
    expect(dialog).to_have_accessible_description(re.compile("This cannot be undone"))


def test_a_late_dialog_does_not_take_the_place_of_another(
    page: Page, key: KeyHandle, refonte: Sandbox
):
    forget_batch(key=key, name="kitten-07")
    refonte.fault("latency", match=STATUS, times=1, seconds=1.5)
    with page.expect_response("**/finalize/**"):
        page.get_by_role("link", name="Finalize…").click()
        page.get_by_role("link", name="Set priority").click()
        expect(page.get_by_role("link", name="Finalize…")).not_to_have_attribute(
            "aria-busy", "true"
        )
        expect(page.get_by_role("dialog")).to_contain_text("Priority of kitten-07")
    page.evaluate("fetch('/healthz').then(() => true)")  # whatever came before is dealt with
    expect(page.get_by_role("dialog")).to_contain_text("Priority of kitten-07")


@pytest.mark.parametrize("way", ["Escape", "Cancel"])
@pytest.mark.parametrize("opener", ["Finalize…", "Set priority", "Create another"])
def test_a_closed_dialog_gives_the_focus_back(page: Page, opener: str, way: str):
    page.get_by_role("link", name=opener).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name=opener)).to_be_focused()


def test_the_focus_does_not_leave_an_open_dialog(page: Page):
    page.get_by_role("link", name="Set priority").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )


@pytest.mark.usefixtures("errors_are_meant")
def test_one_that_cannot_be_loaded_says_so(page: Page):
    page.route("**/finalize/**", lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.get_by_role("link", name="Finalize…").click()
    expect_message(page, "This could not be loaded: the console answered 502.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.unroute("**/finalize/**")
    page.get_by_role("link", name="Finalize…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_new_tab_gets_a_page_of_its_own(page: Page, site: Site):
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Finalize…").click(modifiers=["ControlOrMeta"])
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text("Finalize kitten-07")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_dismissed_message_leaves_the_focus_on_the_page(page: Page):
    page.get_by_role("link", name="Set priority").click()
    page.get_by_role("button", name="Highest 30").click()
    expect_message(page, "Priority 30 sent.")
    page.get_by_role("button", name="Dismiss this message").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#messages .message")).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()


def test_good_news_goes_by_itself_unless_it_is_read(page: Page):
    page.clock.install()
    page.get_by_role("link", name="Set priority").click()
    page.get_by_role("button", name="Highest 30").click()
    expect_message(page, "Priority 30 sent.")
    page.locator("#messages .message").hover()
    page.clock.run_for(11_000)
    expect_message(page, "Priority 30 sent.")
    page.mouse.move(0, 0)
    page.clock.run_for(11_000)
    expect(page.locator("#messages .message")).to_have_count(0)


def test_a_message_with_a_way_back_stays(page: Page):
    page.clock.install()
    for name in ("Lowest 10", "Highest 30"):
        page.get_by_role("link", name="Set priority").click()
        page.get_by_role("button", name=name).click()
        expect_message(page, f"Priority {name[-2:]} sent.")
    page.clock.run_for(25_000)
    expect(page.locator("#messages .message")).to_have_count(1)
    expect_message(page, "Set back to 10")


def test_a_poll_in_the_middle_of_a_click_does_not_lose_it(
    page: Page, key: KeyHandle, refonte: Sandbox
):
    page.get_by_role("link", name="Set priority").hover()
    page.mouse.down()
    refonte.set_status("kitten-07", "in_progress")
    look_again(page, key, "kitten-07")
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_contain_text("Priority of kitten-07")
    expect(page.locator("#action-finalize")).to_have_count(0)


@pytest.mark.parametrize("way", ["Set priority", "Keyboard shortcuts"])
def test_news_is_heard_while_a_dialog_is_open(
    way: str, page: Page, key: KeyHandle, refonte: Sandbox
):
    opener = page.locator("a, button").and_(page.get_by_label(way).or_(page.get_by_text(way)))
    opener.locator("visible=true").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    refonte.set_status("kitten-07", "completed")
    look_again(page, key, "kitten-07")
    said = page.get_by_role("dialog").locator("[data-announcer]")
    expect(said).to_have_text("This batch is completed.")
    page.evaluate("announcer.textContent = 'behind it'")
    assert "This batch is completed." in audible(page)
    assert "behind it" not in audible(page)
    page.keyboard.press("Escape")
    expect(page.locator("[data-announcer]").filter(has_text="completed")).to_have_count(0)


def test_a_message_that_comes_behind_an_open_dialog_is_heard(
    page: Page, alice: User, key: KeyHandle, refonte: Sandbox
):
    wait = {"Retry-After": "30"}
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=429, headers=wait)
    page.get_by_role("link", name="Set priority").click()
    page.get_by_role("button", name="Highest 30").click()
    expect_message(page, "Refonte asked to wait")
    page.get_by_role("link", name="Set priority").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    settle_in(31)
    said = page.get_by_role("dialog").locator("[data-announcer]")
    expect(said).to_contain_text("Priority 30 sent.")
    assert "Priority 30 sent." in audible(page)
