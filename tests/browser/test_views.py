"""Saved views: made, changed and shared from the menu of the list, with a script and without."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.models import SavedView
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser import axe
from tests.browser.conftest import PHONE, Visitor
from tests.browser.steps import ask, focused
from tests.support.saved_views import saved
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.browser
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _batches(refonte: Sandbox) -> None:
    for number in range(3):
        created = NOW - timedelta(minutes=number)
        refonte.add_batch(f"kitten-{number}", counts={"pending": 4}, created_at=created)
    refonte.add_batch("waits", status="staging", counts={"pending": 40}, created_at=NOW)


def open_menu(page: Page) -> None:
    page.locator(".views > summary").click()
    expect(page.get_by_role("link", name="Manage views")).to_be_visible()


def test_a_list_is_saved_changed_and_updated(visit: Visitor, alice: User, key: KeyHandle):
    page = visit(alice, "/batches/?status=in_progress")
    open_menu(page)
    axe.check(page)
    page.set_viewport_size({"width": 1366, "height": 820})
    page.get_by_role("link", name="Save as…").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    axe.check(page)
    page.keyboard.press("Escape")
    page.wait_for_timeout(50)
    assert focused(page) == "Views"

    open_menu(page)
    page.get_by_role("link", name="Save as…").click()
    page.get_by_label("Name", exact=True).fill("Running")
    page.keyboard.press("Enter")
    page.wait_for_url("**/batches/?view=running&key=*")
    page.get_by_role("link", name="One line a row").click()
    expect(page.locator(".views > summary")).to_contain_text("Running")
    assert "view=running&density=compact" in page.url

    open_menu(page)
    ask(page)
    expect(page.get_by_text("changed", exact=True)).to_be_visible()
    page.get_by_role("button", name="Update “Running”").click()
    page.wait_for_url("**/batches/?view=running&key=*")
    expect(page.locator(".table--compact")).to_be_visible()
    page.go_back()
    page.reload()
    assert SavedView.objects.get().query == "status=in_progress&density=compact"


def test_one_of_many_views_is_found_and_its_link_passed_on(
    visit: Visitor, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker
):
    for number in range(12):
        saved(bob, f"Night {number}", "status=staging", is_shared=True)
    key_for(bob)
    page = visit(alice, "/batches/", **PHONE)
    open_menu(page)
    axe.check(page)
    page.get_by_label("Find a view").fill("night 11")
    expect(page.locator("[data-find-item]:visible")).to_have_count(1)
    page.get_by_role("link", name="Night 11").click()
    expect(page.locator("[data-row]")).to_have_count(1)

    open_menu(page)
    button = page.get_by_role("button", name="Copy link")
    link = button.get_attribute("data-copy")
    button.click()
    expect(page.get_by_text("Copied")).to_be_visible()
    other = visit(bob, link)
    expect(other.locator("[data-row]")).to_have_count(1)


def test_all_of_it_works_without_a_script(visit: Visitor, alice: User, key: KeyHandle):
    page = visit(alice, "/batches/?status=staging", java_script_enabled=False)
    page.locator(".views > summary").click()
    page.get_by_role("link", name="All views, save this one").click()
    page.get_by_role("link", name="Save as…").click()
    page.get_by_label("Name", exact=True).fill("Waits")
    page.get_by_label("Shared").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.goto(page.url + "&status=")
    page.locator(".views > summary").click()
    page.get_by_role("link", name="All views, save this one").click()
    page.get_by_role("button", name="Update “Waits”").click()
    expect(page.locator("[data-row]")).to_have_count(4)
    page.goto("/views/")
    page.get_by_role("button", name="My default: Waits").click()
    page.goto("/batches/")
    assert "view=waits" in page.url
    page.goto("/views/")
    page.get_by_role("link", name="Delete… Waits").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("You have no view yet.")).to_be_visible()


def test_the_page_of_views_is_for_everybody(visit: Visitor, alice: User, bob: User, key: KeyHandle):
    saved(alice)
    saved(bob, "Staging", "status=staging", is_shared=True)
    page = visit(alice, "/views/")
    axe.check(page)
    page.set_viewport_size({"width": 1366, "height": 820})
    page.get_by_role("link", name="Rename or share… Due first").click()
    page.get_by_label("Name", exact=True).fill("Urgent")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Urgent", exact=True)).to_be_visible()
