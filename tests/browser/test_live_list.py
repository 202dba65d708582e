"""An open list keeps itself current and disturbs nobody."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.templatetags.addresses import dom_id
from tests.browser.conftest import DESKTOP, PHONE, Visitor
from tests.browser.site import Site
from tests.browser.steps import ask, focused, look_again, row

pytestmark = pytest.mark.browser
NOW = datetime.now(UTC)
# Notes the ids of whatever is put into the page from here on, and of what is taken away.
WATCH = """() => {
  window.touched = [];
  new MutationObserver(records => {
    for (const record of records) {
      const place = record.target.closest("[data-stamp], [id]");
      window.touched.push(place.matches("[data-stamp]") ? "stamp" : place.id);
    }
  }).observe(document.getElementById("main"), {childList: true, subtree: true});
}"""
PLACES = """() => [...document.querySelectorAll("tr[data-row]")]
  .map(row => row.getBoundingClientRect().top)"""
SELECT = """selector => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector(selector));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture
def kittens(refonte: Sandbox) -> Sandbox:
    """Three under way, the first on top."""
    for place, name in enumerate(("kitten-1", "kitten-2", "kitten-3")):
        created = NOW - timedelta(hours=1 + place)
        refonte.add_batch(name, counts={"pending": 488, "completed": 412}, created_at=created)
    return refonte


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox) -> Page:
    return visit(alice, "/batches/")


@pytest.fixture
def move(page: Page, key: KeyHandle, kittens: Sandbox) -> Callable[..., None]:
    """The first batch goes on, and the page looks again."""

    def go_on(name: str = "kitten-1", completed: int = 500, **counts: Any) -> None:
        kittens.set_counts(name, pending=900 - completed, completed=completed, **counts)
        look_again(page, key)

    return go_on


def test_a_page_has_one_poller_for_all_its_rows(page: Page, site: Site, kittens: Sandbox):
    expect(page.locator("[data-poll]")).to_have_count(1)
    ask(page)
    assert len(site.polls()) == 1
    assert len(kittens.calls_to("GET", "/batches")) == 1


def test_no_news_moves_the_stamp_and_nothing_else(page: Page, key: KeyHandle, site: Site):
    stamp = page.locator("[data-stamp-time]")
    before = stamp.get_attribute("datetime")
    page.evaluate(WATCH)
    look_again(page, key)
    assert [poll.status for poll in site.polls()] == [204]
    assert stamp.get_attribute("datetime") != before
    assert set(page.evaluate("touched")) == {"stamp"}


def test_a_value_changes_in_its_place(page: Page, move: Callable[..., None]):
    page.evaluate("window.rows = [...document.querySelectorAll('[data-row]')]")
    page.evaluate(
        "window.second = document.querySelectorAll('[data-row]')[1].querySelector('.progress')"
    )
    move()
    expect(row(page, "kitten-1")).to_contain_text("500 of 900")
    expect(page.locator(".is-changed")).to_have_count(1)
    assert page.evaluate(
        "rows.every((old, n) => old === document.querySelectorAll('tr[data-row]')[n])"
    )
    assert page.evaluate("second.isConnected")


def test_a_person_who_wants_no_motion_sees_none(
    visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox
):
    page = visit(alice, "/batches/", reduced_motion="reduce")
    kittens.set_counts("kitten-1", pending=400, completed=500)
    look_again(page, key)
    expect(row(page, "kitten-1")).to_contain_text("500 of 900")
    expect(page.locator(".is-changed")).to_have_count(0)


def test_scroll_focus_and_half_a_word_outlive_a_poll(
    visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox
):
    page = visit(alice, "/batches/", viewport={"width": 1366, "height": 300})
    page.locator("#q").press_sequentially("half a w")
    page.evaluate("document.querySelector('#q').setSelectionRange(2, 4)")
    page.evaluate("scrollTo(0, 150)")
    kittens.set_counts("kitten-1", pending=400, completed=500)
    look_again(page, key)
    expect(row(page, "kitten-1")).to_contain_text("500 of 900")
    assert page.evaluate("scrollY") == 150
    assert focused(page) == "q"
    assert page.locator("#q").input_value() == "half a w"
    assert page.evaluate("[q.selectionStart, q.selectionEnd]") == [2, 4]


def test_the_focus_stays_on_its_row(page: Page, move: Callable[..., None]):
    page.get_by_role("link", name="kitten-1").focus()
    move()
    expect(row(page, "kitten-1")).to_contain_text("500 of 900")
    expect(page.get_by_role("link", name="kitten-1")).to_be_focused()


def test_an_open_menu_stays_open_and_keeps_what_is_typed(page: Page, move: Callable[..., None]):
    page.locator("summary", has_text="Project").click()
    page.get_by_label("Project", exact=True).fill("kit")
    move()
    expect(row(page, "kitten-1")).to_contain_text("500 of 900")
    expect(page.get_by_label("Project", exact=True)).to_have_value("kit")
    expect(page.get_by_label("Project", exact=True)).to_be_focused()


def test_an_open_fold_stays_open(visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox):
    page = visit(alice, "/batches/kitten-1/")
    for fold in page.locator("details.raw-answer > summary").all():
        fold.click()
    folds = page.locator("details.raw-answer[open]").count()
    kittens.set_counts("kitten-1", pending=400, completed=500)
    look_again(page, key, "kitten-1")
    expect(page.locator("#batch-progress")).to_contain_text("500 of 900")
    assert page.locator("details.raw-answer[open]").count() == folds > 0


def test_selected_text_is_swapped_only_when_it_is_let_go(page: Page, move: Callable[..., None]):
    page.evaluate(SELECT, f"#{dom_id('kitten-1')}-progress")
    move()
    expect(row(page, "kitten-1")).to_contain_text("412 of 900")
    assert "412 of 900" in page.evaluate("getSelection().toString()")
    page.evaluate("getSelection().removeAllRanges()")
    expect(row(page, "kitten-1")).to_contain_text("500 of 900")


def test_what_was_held_back_twice_comes_in_its_newest_form(page: Page, move: Callable[..., None]):
    page.evaluate(SELECT, f"#{dom_id('kitten-1')}-progress")
    move(completed=500)
    move(completed=600)
    page.evaluate("getSelection().removeAllRanges()")
    expect(row(page, "kitten-1")).to_contain_text("600 of 900")


def test_a_new_batch_waits_until_it_is_asked_for(page: Page, key: KeyHandle, kittens: Sandbox):
    kittens.add_batch("kitten-4")
    look_again(page, key)
    newer = page.get_by_role("link", name="1 newer batch · show")
    expect(newer).to_be_visible()
    expect(row(page, "kitten-4")).to_have_count(0)
    newer.click()
    expect(page.locator("tr[data-row] a").first).to_have_text("kitten-4")
    expect(newer).to_have_count(0)


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.usefixtures("errors_are_meant")
def test_no_row_moves_for_news_or_for_the_vendors_silence(
    visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox, screen: dict[str, Any]
):
    page = visit(alice, "/batches/?status=in_progress", **screen)
    before = page.evaluate(PLACES)
    kittens.add_batch("kitten-4")
    kittens.set_status("kitten-1", "completed")
    look_again(page, key)
    expect(page.locator("#newer a")).to_be_visible()
    expect(page.get_by_text("no longer matches")).to_be_visible()
    kittens.fault("status", code=503)
    look_again(page, key)
    expect(page.locator("#band .band")).to_be_in_viewport()
    assert page.evaluate(PLACES) == before


def test_a_row_that_left_the_filter_stays_and_says_so(
    visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox
):
    page = visit(alice, "/batches/?status=in_progress")
    kittens.set_status("kitten-2", "completed")
    look_again(page, key)
    expect(row(page, "kitten-2")).to_contain_text("as last seen; no longer matches these filters")
    muted = page.locator(".cell-age").first.evaluate("cell => getComputedStyle(cell).color")
    expect(row(page, "kitten-2").locator("a")).to_have_css("color", muted)
    page.reload()
    expect(row(page, "kitten-2")).to_have_count(0)


def test_who_listens_hears_one_sentence(page: Page, key: KeyHandle, kittens: Sandbox):
    for name in ("kitten-1", "kitten-3"):
        kittens.set_status(name, "completed")
    look_again(page, key)
    expect(page.locator("#announcer")).to_have_text("2 batches completed")
    expect(page.locator("#announcer")).to_have_attribute("role", "status")


def test_a_row_opens_in_a_tab_of_its_own(page: Page):
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="kitten-2").click(modifiers=["ControlOrMeta"])
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("kitten-2")


def test_back_returns_to_the_filtered_list(
    visit: Visitor, alice: User, key: KeyHandle, kittens: Sandbox
):
    page = visit(alice, "/batches/?status=in_progress&limit=25")
    address = page.url
    page.get_by_role("link", name="kitten-2").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("kitten-2")
    page.go_back()
    expect(page).to_have_url(address)
    page.get_by_role("link", name="kitten-2").click()
    page.locator(".crumb a").first.click()
    expect(page).to_have_url(address)
    expect(row(page, "kitten-2")).to_be_visible()


def test_a_batch_of_ones_own_making_stands_in_the_list_at_once(page: Page, refonte: Sandbox):
    refonte.add_project("cats")
    page.locator(".page-head").get_by_role("link", name="New batch").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Project").fill("cats")
    dialog.get_by_label("Name").fill("newborn")
    dialog.get_by_role("button", name="Create").click()
    expect(row(page, "newborn")).to_be_visible()
    expect(page.locator("#newer")).to_be_empty()
