"""Setting a priority back, and finding a name that is free."""

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Complaints, Visitor
from tests.browser.steps import expect_message
from tests.support.operations import POST_PRIORITIZE

pytestmark = pytest.mark.browser


def test_a_priority_is_set_back_from_its_message(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/kitten-07/")
    for priority in ("15", "30"):
        page.get_by_role("link", name="Set priority").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Another value").fill(priority)
        dialog.get_by_role("button", name="Set priority").click()
        expect(dialog).to_be_hidden()
    page.set_viewport_size({"width": 1366, "height": 320})
    refonte.fault("latency", match=POST_PRIORITIZE, times=1, seconds=0.7)
    page.get_by_role("button", name="Set back to 15").click()
    page.get_by_role("button", name="Dismiss this message").last.click(force=True)
    expect(page.locator("#messages .message")).to_have_count(3)
    expect(page.locator("#messages .message").last).to_be_in_viewport(ratio=1)
    assert page.evaluate("messages.clientHeight") < 0.61 * 320
    assert refonte.priorities_of("kitten-07") == [15, 30, 15]


def test_a_new_name_is_proposed_checked_and_created(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("cats")
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/new/")
    page.get_by_label("Project").fill("cats")
    page.get_by_label("Name").focus()
    page.get_by_role("button", name=re.compile("Use cats_20")).click()
    expect(page.get_by_label("Name")).to_have_value(re.compile("cats_20"))
    page.get_by_label("Name").fill("kitten-07")
    page.get_by_label("Callback").focus()
    expect(page.locator("#name-advice")).to_contain_text("This name is taken")
    page.get_by_label("Name").fill("kitten-08")
    page.get_by_label("Callback").fill("ops@example.com")
    expect(page.locator("#name-advice")).to_contain_text("This name is free.")
    page.get_by_role("button", name="Create").click()
    expect_message(page, "Created.")


def test_a_name_is_taken_in_a_dialog_and_what_was_typed_there_stays(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("cats")
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/")
    page.get_by_role("link", name="New batch").click()
    dialog = page.get_by_role("dialog")
    name, take = dialog.get_by_label("Name"), dialog.get_by_role("button", name="Use cats_20")
    dialog.get_by_label("Project").fill("cats")
    name.fill("")
    name.focus()
    take.click()
    expect(name).to_have_value(re.compile("cats_20"))
    expect(name).to_be_focused()
    with page.expect_event("dialog") as question:
        page.once("dialog", lambda asked: asked.dismiss())
        page.keyboard.press("Escape")
    assert question.value.message == "Discard what you typed?"
    name.fill("")
    dialog.get_by_label("Callback").focus()
    expect(take).to_be_visible()
    Session.objects.all().delete()
    cache.clear()
    take.click()
    expect(dialog).to_contain_text("You are signed out.")
    expect(dialog.get_by_label("Project")).to_have_value("cats")


def test_a_new_name_takes_what_was_said_of_the_refused_one_away(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, complaints: Complaints
):
    complaints.meant = True
    refonte.add_project("cats")
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/new/?project=cats&name=kitten-07")
    page.get_by_role("button", name="Create").click()
    name = page.get_by_label("Name")
    expect(name).to_have_attribute("aria-invalid", "true")
    name.fill("kitten-08")
    page.get_by_label("Callback").focus()
    expect(page.locator("#name-advice")).to_contain_text("This name is free.")
    expect(page.get_by_text("Choose another name.")).to_have_count(0)
    expect(name).not_to_have_attribute("aria-invalid", "true")


def test_another_like_this_takes_over_what_is_known(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07", project="cats", callback="https://example.com/hook")
    page = visit(alice, "/batches/kitten-07/")
    page.get_by_role("link", name="Create another").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Project")).to_have_value("cats")
    expect(dialog.get_by_label("Callback")).to_have_value("https://example.com/hook")
    expect(dialog.get_by_label("Name")).not_to_have_value("kitten-07")
