"""What is sent twice is done once; what is typed is kept."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from batches.models import Operation
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.steps import expect_message, hide, show
from tests.support.operations import POST_CREATE, POST_PRIORITIZE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False], ids=["with htmx", "without"])
def test_a_double_click_sends_once(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, script: bool
):
    refonte.add_batch("kitten-07")
    refonte.fault("latency", match=POST_PRIORITIZE, times=1, seconds=0.4)
    page = visit(alice, "/batches/kitten-07/prioritize/", java_script_enabled=script)
    page.get_by_role("button", name="Highest 30").dblclick()
    expect_message(page, "Priority 30 sent.")
    assert refonte.priorities_of("kitten-07") == [30]
    assert Operation.objects.count() == 1


def test_a_dialog_stays_locked_and_open_while_it_is_sent(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, site: Site
):
    refonte.add_batch("kitten-07")
    refonte.fault("latency", match=POST_PRIORITIZE, times=1, seconds=1.5)
    page = visit(alice, "/batches/kitten-07/")
    page.get_by_role("link", name="Set priority").click()
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Lowest 10").dblclick()
    expect(page.get_by_role("button", name="Sending…")).to_have_attribute("aria-busy", "true")
    dialog.get_by_label("Another value").fill("17")
    page.keyboard.press("Enter")  # the other form of the same sheet
    way_out = dialog.get_by_role("link", name="Cancel")
    expect(way_out).to_have_attribute("aria-disabled", "true")
    way_out.click(force=True)
    for _ in range(3):  # the browser lets a page refuse the first only
        page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    expect_message(page, "Priority 10 sent.")
    expect(dialog).to_be_hidden()
    assert len(site.sent("/prioritize/")) == 1


@pytest.mark.usefixtures("errors_are_meant")
def test_neither_a_reload_nor_the_way_back_sends_again(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("cats")
    page = visit(alice, "/batches/new/", java_script_enabled=False)
    create_kitten(page)
    expect_message(page, "Created.")
    page.reload()
    page.go_back()
    create_kitten(page)  # the form is a new one: what was sent is not sent again by it
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    assert len(refonte.calls_to("POST", "/batches")) == 1


def create_kitten(page: Page | Locator) -> None:
    page.get_by_label("Project").fill("cats")
    page.get_by_label("Name").fill("kitten-08")
    page.get_by_role("button", name="Create").click()


@pytest.mark.usefixtures("errors_are_meant")
def test_a_refused_dialog_keeps_what_was_typed_and_says_where(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("cats")
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/")
    page.get_by_role("link", name="New batch").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Project").fill("cats")
    dialog.get_by_label("Name").fill("kitten-07")
    dialog.get_by_label("Callback").fill("ops@example.com")
    dialog.get_by_role("button", name="Create", exact=True).click()
    name = dialog.get_by_label("Name")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    expect(name).to_have_value("kitten-07")
    expect(dialog.get_by_label("Callback")).to_have_value("ops@example.com")
    expect(dialog).to_contain_text("taken")


def test_a_lost_answer_is_unknown_and_its_operation_is_followed(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("cats")
    refonte.fault("invisible", match=POST_CREATE, times=1, seconds=1)
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    page = visit(alice, "/batches/new/?project=cats&name=kitten-08")
    page.get_by_role("button", name="Create").click()
    outcome = page.locator("#operation-outcome")
    expect(outcome).to_contain_text("Unknown, checking")
    expect(outcome).to_contain_text("Done")
    expect(outcome).not_to_have_attribute("hx-get", re.compile("."))


def test_the_message_of_a_lost_answer_follows_it_to_its_outcome(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, site: Site
):
    refonte.add_project("cats")
    refonte.fault("invisible", match=POST_CREATE, times=1, seconds=3)
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    page = visit(alice, "/batches/")
    page.locator(".page-head").get_by_role("link", name="New batch").click()
    create_kitten(page.get_by_role("dialog"))
    message = page.locator("#messages .message")
    expect(message).to_contain_text("Do not send it again")
    hide(page)
    page.wait_for_timeout(2500)
    assert site.asked("/said/") == []
    show(page)
    expect(message).to_contain_text("Created. The reply was lost, but the batch was found.")
    expect(message).not_to_contain_text("Do not send it again")
    expect(message.locator("[data-follow]")).to_have_count(0)
    expect(message).to_have_class("message message--success")


@pytest.mark.usefixtures("errors_are_meant")
def test_a_dialog_that_cannot_reach_the_console_stays_and_says_so(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/kitten-07/")
    page.get_by_role("link", name="Set priority").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Another value").fill("17")
    answer_prioritize(page, 502, "Bad gateway")
    dialog.get_by_role("button", name="Set priority").click()
    expect(dialog).to_contain_text("It is not known whether this was done")
    expect(dialog).not_to_contain_text("Bad gateway")
    expect(dialog.get_by_label("Another value")).to_have_value("17")
    answer_prioritize(page, 403, "<h1>Not allowed</h1>", **{"X-Request-ID": "1f2e"})
    dialog.get_by_role("button", name="Set priority").click()
    expect(dialog).to_contain_text(
        "Refused: the console answered 403 (its id in the log: 1f2e). Nothing was done."
    )
    page.unroute("**/prioritize/**")
    dialog.get_by_role("button", name="Set priority").click()
    expect_message(page, "Priority 17 sent.")
    expect(page.locator("#messages .message")).to_have_count(1)


def answer_prioritize(page: Page, status: int, body: str, **headers: str) -> None:
    page.unroute("**/prioritize/**")
    page.route(
        "**/prioritize/**", lambda route: route.fulfill(status=status, body=body, headers=headers)
    )
