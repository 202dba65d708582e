"""Copying a name, a link, and the same question for a shell and for Python."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
NAME = 'kitten\'s 50% "07"'


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    refonte.add_batch(NAME)
    page = visit(alice, "/batches/")
    page.locator("a[data-row-link]").click()
    return page


def copy(page: Page, what: str) -> None:
    page.locator("summary", has_text="Copy").click()
    page.get_by_role("button", name=what, exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.keyboard.press("Escape")


def pasted(page: Page) -> str:
    """As a person would see it: pasted into a field."""
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.locator("body > textarea").focus()
    page.keyboard.press("ControlOrMeta+V")
    return page.locator("body > textarea").input_value()


def test_what_is_copied(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for what, words in (
        ("Name", NAME),
        ("Link", "/batches/~"),
        ("As curl", 'curl -u "$REFONTE_API_KEY:"'),
        ("As Python", "os.environ['REFONTE_API_KEY']"),
    ):
        copy(page, what)
        copied = page.evaluate("navigator.clipboard.readText()")
        assert words in copied
        assert LIVE_KEY not in copied
        page.reload()


def test_a_copied_link_opens_the_batch(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy(page, "Link")
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)


def test_on_plain_http_the_old_way_copies_and_keeps_the_focus(page: Page):
    """Browsers have no clipboard for pages of an intranet without TLS."""
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    copy(page, "Name")
    assert pasted(page) == NAME


def test_a_copy_that_is_refused_is_said(page: Page):
    page.evaluate(
        """() => {
          Object.defineProperty(navigator, "clipboard", {value: undefined});
          document.execCommand = () => false;
        }"""
    )
    page.locator("summary", has_text="Copy").click()
    page.get_by_role("button", name="Name", exact=True).click()
    expect(page.get_by_role("button", name="Could not copy")).to_be_visible()
