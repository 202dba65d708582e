"""A session that ends while a page is open, and what is typed in it."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.steps import ask, end_sessions, expect_message, row

pytestmark = pytest.mark.browser


def fill_sign_in(page: Page) -> None:
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("alice-has-a-password")
    page.get_by_role("button", name="Sign in").click()


def sign_in_again(page: Page) -> Page:
    """In the tab that the band opens."""
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in (opens a new tab)").last.click()  # the one in front
    tab = opened.value
    fill_sign_in(tab)
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    return tab


def test_an_ended_session_leaves_the_page_and_what_is_typed(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, site: Site
):
    refonte.add_batch("kitten-07", counts={"pending": 488, "completed": 412})
    page = visit(alice)
    page.clock.install()
    page.goto("/batches/?status=in_progress")
    address = page.url
    page.locator("#q").fill("half a w")
    end_sessions()
    ask(page)
    expect(page.locator("#band")).to_contain_text("You are signed out.")
    expect(page.locator("[data-stamp-problem]")).to_have_text("Not refreshed: you are signed out.")
    page.clock.run_for(100)
    expect(page.locator("#announcer")).to_contain_text("You are signed out")
    assert page.url == address
    expect(page.locator("#q")).to_have_value("half a w")
    expect(row(page, "kitten-07")).to_contain_text("412 of 900")
    polls = len(site.polls())
    page.clock.run_for(30_000)
    page.evaluate("fetch('/healthz').then(() => true)")
    assert len(site.polls()) == polls


def test_the_band_leads_back_to_the_page(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/?status=in_progress")
    end_sessions()
    ask(page)
    tab = sign_in_again(page)
    assert tab.url == page.url
    ask(page)
    expect(page.locator("#band")).to_be_empty()
    expect(page.locator("[data-stamp-problem]")).to_be_hidden()


@pytest.fixture
def filled(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    """A dialog with a new batch in it, whose session has ended."""
    refonte.add_project("cats")
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/")
    page.get_by_role("link", name="New batch").click()
    page.get_by_role("dialog").get_by_label("Project").fill("cats")
    page.get_by_role("dialog").get_by_label("Name").fill("kitten-08")
    end_sessions()
    return page


def test_a_filled_dialog_outlives_its_session(filled: Page):
    dialog = filled.get_by_role("dialog")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(dialog).to_contain_text("You are signed out.")
    expect(dialog.get_by_label("Name")).to_have_value("kitten-08")
    sign_in_again(filled)
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect_message(filled, "Created.")
    expect(filled.locator("#band")).to_be_empty()


def test_a_field_that_is_left_leads_nowhere(filled: Page):
    dialog = filled.get_by_role("dialog")
    dialog.get_by_label("Callback").focus()
    expect(dialog).to_contain_text("You are signed out.")
    expect(dialog.get_by_label("Name")).to_have_value("kitten-08")
    filled.once("dialog", lambda question: question.accept())
    filled.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(filled.locator("#band")).to_contain_text("You are signed out.")


@pytest.mark.usefixtures("errors_are_meant")
def test_without_javascript_the_form_comes_back_filled(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("cats")
    page = visit(alice, "/batches/new/", java_script_enabled=False)
    page.get_by_label("Project").fill("cats")
    page.get_by_label("Name").fill("kitten-08")
    end_sessions()
    tab = page.context.new_page()
    tab.goto("/accounts/login/")
    fill_sign_in(tab)
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("button", name="Create", exact=True).click()
    expect_message(page, "This page is older than your sign-in")
    expect(page.get_by_label("Name")).to_have_value("kitten-08")
    page.get_by_role("button", name="Create", exact=True).click()
    expect_message(page, "Created.")


def test_an_action_without_a_session_leads_to_the_sign_in_and_back(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07", status="staging")
    page = visit(alice, "/batches/kitten-07/")
    address = page.url
    end_sessions()
    page.get_by_role("link", name="Finalize…").click()
    fill_sign_in(page)
    expect(page).to_have_url(address)
