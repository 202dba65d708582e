"""What was typed is not lost by Back, by a reload, by a link or by Esc without a question."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Dialog, Error, Page, expect

from batches.models import Operation
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
WAYS: dict[str, Callable[[Page], object]] = {
    "back": lambda page: page.go_back(),
    "reload": lambda page: page.reload(),
    "link": lambda page: page.evaluate("document.querySelector('.brand').click()"),
}


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The kinds of questions that the browser put; each is answered with no."""
    kinds: list[str] = []

    def refuse(dialog: Dialog) -> None:
        kinds.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", refuse)
    return kinds


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    refonte.add_batch("kitten-07", status="in_progress")
    page = visit(alice, "/batches/")
    page.get_by_role("link", name="kitten-07").click()
    page.get_by_role("link", name="Set priority").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def leave(page: Page, way: str) -> None:
    """Without waiting for a page that may never come."""
    page.set_default_navigation_timeout(1_000)
    try:
        WAYS[way](page)
    except Error as error:  # where the person stays
        assert "Timeout" in error.message or "ERR_ABORTED" in error.message  # noqa: PT017
    page.set_default_navigation_timeout(10_000)


@pytest.mark.parametrize("way", WAYS)
def test_a_filled_dialog_asks_before_the_page_is_left(page: Page, asked: list[str], way: str):
    field = page.get_by_role("dialog").get_by_label("Another value")
    field.press_sequentially("17")
    leave(page, way)
    assert asked == ["beforeunload"]
    expect(field).to_have_value("17")


@pytest.mark.parametrize("way", WAYS)
def test_an_empty_dialog_asks_nothing(page: Page, asked: list[str], way: str):
    field = page.get_by_role("dialog").get_by_label("Another value")
    field.press_sequentially("1")
    field.press("Backspace")
    WAYS[way](page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert asked == []


def test_esc_upon_esc_asks_each_time(page: Page, asked: list[str]):
    field = page.get_by_role("dialog").get_by_label("Another value")
    field.press_sequentially("17")
    for times in (1, 2, 3):
        page.keyboard.press("Escape")
        expect(field).to_have_value("17")
        assert asked == ["confirm"] * times


@pytest.mark.usefixtures("errors_are_meant")
def test_a_form_drawn_again_with_its_errors_asks_too(page: Page, asked: list[str]):
    field = page.get_by_role("dialog").get_by_label("Another value")
    field.press_sequentially("99")
    page.get_by_role("dialog").get_by_role("button", name="Set priority").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    leave(page, "reload")
    assert asked == ["beforeunload"]
    expect(field).to_have_value("99")


def test_a_form_on_a_page_of_its_own_asks_until_it_is_sent(page: Page, asked: list[str]):
    page.goto("/batches/kitten-07/prioritize/")
    page.get_by_label("Another value").press_sequentially("17")
    leave(page, "reload")
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Set priority").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("kitten-07")
    assert asked == ["beforeunload"]
    assert Operation.objects.get().parameters == {"priority": 17}
