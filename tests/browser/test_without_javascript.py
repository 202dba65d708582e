"""Everything that can be done, done with plain pages and forms."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor
from tests.browser.steps import expect_message, names

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle) -> Page:
    return visit(alice, java_script_enabled=False)


def test_signing_in_and_out(visit: Visitor, alice: User, key: KeyHandle):
    page = visit(path="/", java_script_enabled=False)
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("alice-has-a-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.locator("summary", has_text="alice").last.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url("/accounts/login/")


def test_filtering_and_searching(page: Page, refonte: Sandbox):
    for name, project in (("kitten-1", "cats"), ("kitten-2", "cats"), ("puppy-1", "dogs")):
        refonte.add_batch(name, project=project)
    page.goto("/batches/")
    page.locator("summary", has_text="Project").click()
    page.get_by_label("Project", exact=True).fill("cats")
    page.get_by_role("button", name="Show").first.click()
    assert sorted(names(page, 2)) == ["kitten-1", "kitten-2"]
    page.get_by_role("searchbox").fill("kitten-2")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("kitten-2")


def test_paging(page: Page, refonte: Sandbox):
    for number in range(30):
        refonte.add_batch(f"kitten-{number}")
    page.goto("/batches/?limit=25")
    first = names(page, 25)
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("26–30 of 30")
    assert len(set(first) | set(names(page, 5))) == 30
    page.get_by_role("link", name="Newer").click()
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("1–25 of 30")
    assert names(page, 25) == first


def test_finalizing_and_prioritizing(page: Page, refonte: Sandbox):
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 5, "completed": 0})
    page.goto("/batches/")
    page.get_by_role("link", name="kitten-07").click()
    page.get_by_role("link", name="Finalize…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Finalize kitten-07 in Live?")
    page.get_by_role("button", name="Finalize").click()
    expect_message(page, "Finalized: staging → in progress.")
    page.get_by_role("link", name="Set priority").click()
    page.get_by_label("Another value").fill("25")
    page.get_by_role("button", name="Set priority").click()
    expect_message(page, "Priority 25 sent.")
    assert refonte.status_of("kitten-07") == "in_progress"
    assert refonte.priorities_of("kitten-07") == [25]


@pytest.mark.usefixtures("errors_are_meant")
def test_creating_with_a_mistake_first(page: Page, refonte: Sandbox):
    refonte.add_project("cats")
    page.goto("/batches/new/")
    page.get_by_label("Project").fill("cats")
    page.get_by_label("Name").fill("kitten-08")
    page.get_by_label("First priority").fill("99")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_label("First priority")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("First priority").fill("20")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("kitten-08")
    assert refonte.priorities_of("kitten-08") == [20]


def test_the_life_of_a_key(visit: Visitor, bob: User, refonte: Sandbox):
    page = visit(bob, "/keys/", java_script_enabled=False)
    page.get_by_label("Name").fill("Production")
    page.get_by_label("Live").check()
    page.get_by_label("API key").fill(LIVE_KEY)
    page.get_by_role("button", name="Add key").click()
    expect_message(page, "“Production” is saved.")
    assert LIVE_KEY not in page.content()
    page.get_by_role("button", name="Check Production").click()
    expect_message(page, "“Production”:")
    page.get_by_role("link", name="Share Production").click()
    page.get_by_role("button", name="Share").click()
    expect_message(page, "“Production” is now shared for reading.")
    page.get_by_role("link", name="Delete Production").click()
    page.get_by_role("button", name="Delete").click()
    expect_message(page, "“Production” is deleted.")


def test_preferences_and_operations(page: Page, refonte: Sandbox):
    page.goto("/preferences/")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Save").click()
    expect_message(page, "saved")
    refonte.add_batch("kitten-07")
    page.goto("/batches/kitten-07/prioritize/")
    page.get_by_role("button", name="Middle 20").click()
    expect_message(page, "Priority 20 sent.")
    page.goto("/operations/?batch=kitten-07")
    page.locator("a[data-row-link]").click()
    expect(page.locator("#operation-outcome")).to_contain_text("Priority 20 sent.")


def test_nothing_is_promised_that_a_script_would_have_to_keep(page: Page, refonte: Sandbox):
    refonte.add_batch("kitten-07")
    page.goto("/batches/")
    expect(page.locator("[data-stamp]")).to_contain_text("Reload to refresh")
    expect(page.get_by_text("every 10 s")).to_be_hidden()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_hidden()
    page.get_by_role("link", name="kitten-07").click()
    expect(page.locator("summary", has_text="Copy")).to_be_hidden()


@pytest.mark.usefixtures("errors_are_meant")
def test_selecting_batches(page: Page, refonte: Sandbox):
    for number in range(30):
        refonte.add_batch(f"kitten-{number}", status="staging")
    page.goto("/batches/?limit=25")
    for place in (3, 7):
        page.locator("tr[data-row]").nth(place).get_by_role("checkbox").check()
    page.get_by_role("button", name="Go on with the ticked").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 selected in Live")
    page.get_by_role("link", name="Due date…").click()
    page.get_by_label("Remove their due dates").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("this is what is noted of all of them already")
    page.goto("/batches/?limit=25")
    page.get_by_role("button", name="Select all 30").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("30 selected in Live")
