"""A name is one piece of text: selected, copied and found whole, its blanks seen."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import PHONE, Visitor

pytestmark = pytest.mark.browser
LONG = "invoices-2026-11_north-west_scanned__second pass  with tables,forms&stamps_reviewed_final-"
NAME = LONG + "v2"
TWINS = ("trail", "trail ", "trail\xa0", "trail\u200b", "\u2060trail", "tra\u00adil")
COPY_AND_FIND = """name => {
  getSelection().removeAllRanges();
  return window.find(name) && getSelection().toString();
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def open_dialog(page: Page, button: str) -> Locator:
    link = page.get_by_role("link", name=button)
    page.get_by_role("heading", level=1).wait_for()
    if not link.is_visible():  # on a phone it is in the menu
        page.locator(".page-actions summary").click()
    link.click()
    return page.get_by_role("dialog").get_by_role("heading")


def drawn_on(page: Page, place: str) -> Locator:
    """The name, on a page that shows it there alone or first."""
    if place == "list":
        return page.locator("a[data-row-link] bdi")
    page.locator("a[data-row-link]").click()
    if place == "detail":
        return page.get_by_role("heading", level=1).locator("bdi")
    if place == "finalize dialog":
        return open_dialog(page, "Finalize…").locator("bdi")
    heading = open_dialog(page, "Set priority")
    if place == "priority dialog":
        return heading.locator("bdi")
    page.get_by_role("button", name="Highest 30").click()
    return page.locator("#messages bdi").first


PLACES = ("list", "detail", "finalize dialog", "priority dialog", "message")


@pytest.fixture
def one_batch(refonte: Sandbox) -> None:
    assert len(NAME) >= 90
    refonte.add_batch(NAME, project="north  west ", status="staging", counts={"pending": 9})


@pytest.mark.usefixtures("one_batch")
@pytest.mark.parametrize("place", PLACES)
def test_a_long_name_is_copied_and_found_in_one_go(
    visit: Visitor, alice: User, key: KeyHandle, place: str
):
    page = visit(alice, "/batches/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    name = drawn_on(page, place)
    expect(name).to_be_visible()
    name.select_text()
    page.keyboard.press("ControlOrMeta+C")

    assert page.evaluate("navigator.clipboard.readText()") == NAME
    assert page.evaluate(COPY_AND_FIND, NAME) == NAME


@pytest.mark.usefixtures("one_batch")
@pytest.mark.parametrize("place", PLACES)
def test_a_long_name_fits_a_phone_whole_or_cut_by_its_box(
    visit: Visitor, alice: User, key: KeyHandle, place: str
):
    page = visit(alice, "/batches/", **PHONE)
    name = drawn_on(page, place)
    expect(name).to_be_visible()
    box = name.bounding_box()
    is_cut = name.evaluate("it => it.scrollWidth > it.clientWidth && it.clientWidth > 0")

    assert page.evaluate(OVERFLOW) == 0
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert is_cut is (place == "list")
    assert (box["height"] > 30) is (place != "list")


def test_names_that_differ_in_what_is_unseen_do_not_look_alike(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    for twin in TWINS:
        refonte.add_batch(twin, status="staging")
    page = visit(alice, "/batches/")
    names = page.locator("a[data-row-link] bdi")
    expect(names).to_have_count(len(TWINS))
    by_name = {name.text_content(): name for name in names.all()}
    plain = by_name["trail"].bounding_box()
    assert plain
    for twin in TWINS[1:]:
        box = by_name[twin].bounding_box()
        assert box
        assert box["width"] >= plain["width"] + 3
        assert str(by_name[twin].locator(".invisible").get_attribute("title")).startswith("1 × ")


def test_the_question_before_finalizing_shows_a_blank_at_the_end(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    for twin in ("trail", "trail "):
        refonte.add_batch(twin, status="staging", counts={"pending": 9})
    widths = {}
    for twin in ("trail", "trail "):
        page = visit(alice, "/batches/")
        page.locator(f'a[data-row-link][title="{twin}"]').click()
        box = open_dialog(page, "Finalize…").locator("bdi").bounding_box()
        widths[twin] = box["width"] if box else 0

    assert widths["trail "] > widths["trail"] + 3


def test_double_blanks_are_drawn(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox):
    for name in ("one two", "one  two"):
        refonte.add_batch(name, project=name)
    page = visit(alice, "/batches/")
    for place in (".row-link bdi", ".row-sub bdi"):
        boxes = [it.bounding_box() for it in page.locator(place).all()]
        assert len({box["width"] for box in boxes if box}) == 2
