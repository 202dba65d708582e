"""Ticked rows: kept through polls, pages and reloads, and what is done with them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from batches.models import BatchNote, SelectedBatch
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser import axe
from tests.browser.conftest import PHONE, Visitor
from tests.browser.site import Site
from tests.browser.steps import ask, focused, look_again, row

pytestmark = pytest.mark.browser
NOW = datetime.now(UTC)
NAMES = [f"kitten-{number:02}" for number in range(30)]


@pytest.fixture
def kittens(refonte: Sandbox) -> Sandbox:
    """30 under way, the first on top, and every third of them in staging."""
    for place, name in enumerate(NAMES):
        status = "in_progress" if place % 3 else "staging"
        created = NOW - timedelta(hours=1, minutes=place)
        counts = {"pending": 488, "completed": 412}
        refonte.add_batch(name, status=status, counts=counts, created_at=created)
    return refonte


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox) -> Page:
    return visit(alice, "/batches/?limit=25")


def box(page: Page, number: int) -> Locator:
    return row(page, NAMES[number]).get_by_role("checkbox")


def ticked(page: Page) -> list[str]:
    """The names of the rows whose boxes are ticked, from the top."""
    links = page.locator("tr[data-row]:has([data-tick]:checked) [data-row-link]")
    return [str(link.get_attribute("title")) for link in links.all()]


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Selected batches")


def stored() -> list[str]:
    return [one.name for one in SelectedBatch.objects.all()]


def test_rows_are_ticked_one_by_one_by_range_and_all_of_a_page(page: Page):
    head = page.get_by_role("checkbox", name="All on this page")
    box(page, 9).check()
    box(page, 12).click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("4 selected")
    # by their places, from row 9 to row 12
    assert ticked(page) == NAMES[9:13]
    assert head.evaluate("head => head.indeterminate")
    box(page, 10).click(modifiers=["Shift"])  # takes the range away again
    expect(bar(page)).to_contain_text("1 selected")
    assert ticked(page) == NAMES[9:10]
    head.check()
    expect(bar(page)).to_contain_text("25 selected")
    assert not head.evaluate("head => head.indeterminate")
    head.uncheck()
    expect(bar(page)).to_be_hidden()
    expect(page.locator("#announcer")).to_have_text("0 selected")


def test_ticks_stay_through_polls_and_the_bar_says_what_fits(
    page: Page, key: KeyHandle, kittens: Sandbox
):
    box(page, 0).check()
    box(page, 1).check()
    expect(bar(page)).to_contain_text("2 selected")
    kittens.set_counts(NAMES[0], pending=400, completed=500)
    look_again(page, key)
    expect(row(page, NAMES[0])).to_contain_text("500 of 900")
    assert ticked(page) == NAMES[:2]
    expect(row(page, NAMES[0])).to_have_css("background-color", "rgb(238, 244, 253)")

    finalize = bar(page).get_by_role("button", name="Finalize 1…")
    words = "1 of 2 is in staging. The other one is already in progress."
    expect(finalize).to_have_accessible_description(words)
    expect(page.get_by_role("tooltip")).to_have_count(0)
    finalize.focus()
    expect(page.get_by_role("tooltip")).to_have_text(words)
    axe.check(page)


def test_ticks_outlive_the_page_but_are_of_one_tab(page: Page, alice: User):
    box(page, 2).check()
    expect(bar(page)).to_contain_text("1 selected")
    page.get_by_role("link", name="Older").click()
    row(page, NAMES[26]).get_by_role("checkbox").check()
    expect(bar(page)).to_contain_text("2 selected")
    page.get_by_role("link", name="Newer").click()
    expect(bar(page)).to_contain_text("2 selected")
    assert ticked(page) == [NAMES[2]]
    page.reload()
    expect(box(page, 2)).to_be_checked()
    for link in ("One line a row", "Errors"):
        page.get_by_role("link", name=link).click()
        expect(row(page, NAMES[2]).get_by_role("checkbox")).to_be_checked()
    page.get_by_role("link", name=NAMES[3]).click()
    page.go_back()
    expect(row(page, NAMES[2]).get_by_role("checkbox")).to_be_checked()
    assert stored() == [NAMES[2], NAMES[26]]

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Two lines a row").click(modifiers=["ControlOrMeta"])
    expect(opened.value.locator("[data-tick]").first).to_be_visible()
    expect(bar(opened.value)).to_be_hidden()
    assert ticked(opened.value) == []


def test_all_that_match_are_the_second_step(page: Page):
    box(page, 0).check()
    bar(page).get_by_role("button", name="Select all 30").click()
    expect(bar(page)).to_contain_text("30 selected")
    assert len(ticked(page)) == 25
    assert stored() == NAMES
    box(page, 1).uncheck()
    expect(bar(page)).to_contain_text("29 selected")
    bar(page).get_by_role("link", name="29 selected").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("29 selected in Live")
    axe.check(page)


def test_without_a_mouse(page: Page):
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar(page)).to_contain_text("1 selected")
    assert focused(page) == NAMES[0]
    page.locator("summary", has_text="Project").click()
    page.keyboard.press("Escape")  # the menu
    expect(bar(page)).to_be_visible()
    page.locator("#q").focus()
    page.keyboard.press("Escape")
    expect(bar(page)).to_be_visible()
    bar(page).get_by_role("link", name="Export").focus()
    page.keyboard.press("Escape")
    expect(bar(page)).to_be_hidden()
    assert ticked(page) == []
    assert focused(page) == "main"
    ask(page)


def test_a_due_date_for_all_is_set_and_taken_back(page: Page):
    box(page, 0).check()
    box(page, 2).click(modifiers=["Shift"])
    bar(page).get_by_role("link", name="Due date…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Due date and owner of 3 batches")
    axe.check(page)
    page.set_viewport_size({"width": 1366, "height": 900})
    dialog.get_by_label("Due (optional)").fill("2030-11-27T20:00")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#messages")).to_contain_text("Due date of 3 batches set.")
    expect(row(page, NAMES[1]).locator(".cell-due")).to_contain_text("2030")
    assert ticked(page) == NAMES[:3]
    page.locator("#messages").get_by_role("button", name="Undo").click()
    expect(page.locator("#messages")).to_contain_text("Set back for 3 batches.")
    expect(row(page, NAMES[1]).locator(".cell-due")).not_to_contain_text("2030")
    assert not BatchNote.objects.exclude(due_at=None).exists()


@pytest.mark.usefixtures("errors_are_meant")
def test_a_tick_that_is_not_kept_is_not_shown(page: Page):
    page.route("**/selections/tick/**", lambda route: route.abort())
    box(page, 0).click()
    expect(bar(page)).to_contain_text("This was not kept")
    assert ticked(page) == []
    page.unroute("**/selections/tick/**")
    box(page, 0).check()
    expect(bar(page)).to_contain_text("1 selected")
    expect(bar(page)).not_to_contain_text("not kept")


def test_a_tick_just_before_the_page_is_left_is_kept(page: Page, site: Site):
    page.route("**/selections/tick/**", lambda route: None)  # no answer comes any more
    box(page, 4).check()
    page.unroute("**/selections/tick/**")
    page.reload()
    expect(bar(page)).to_contain_text("1 selected")
    expect(box(page, 4)).to_be_checked()
    assert stored() == [NAMES[4]]


def test_on_a_phone_cards_have_ticks_and_the_bar_fits(
    visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox
):
    phone = visit(alice, "/batches/", **PHONE)
    box(phone, 0).check()
    box(phone, 1).check()
    expect(bar(phone)).to_contain_text("2 selected")
    axe.check(phone)
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = phone.locator("tr[data-row]").last.bounding_box()
    floats = bar(phone).bounding_box()
    assert last
    assert floats
    assert last["y"] + last["height"] <= floats["y"]  # the last card is not covered
    assert floats["width"] <= 390
