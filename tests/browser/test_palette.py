"""The search over everything, by keyboard, and for people who listen."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.people.preferences import save_preferences
from tests.browser import axe
from tests.browser.conftest import PHONE, Visitor
from tests.browser.steps import ask, end_sessions, focused

pytestmark = pytest.mark.browser
MAC = "Object.defineProperty(navigator, 'platform', {get: () => 'MacIntel'})"


@pytest.fixture
def litter(key: KeyHandle, refonte: Sandbox) -> None:
    for hours, name in enumerate(("lidar-a", "lidar-b", "dogs-c")):
        created = timezone.now() - timedelta(hours=hours)
        counts = {"pending": 30, "completed": 10}
        refonte.add_batch(name, project="streets", counts=counts, created_at=created)
    refonte.add_batch("waiting", status="staging", counts={"pending": 12, "completed": 0})


@pytest.fixture
def page(visit: Visitor, alice: User, litter: None) -> Page:
    return visit(alice, "/batches/")


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Go to")


def open_palette(page: Page, typed: str = "") -> None:
    page.keyboard.press("Control+k")
    expect(field(page)).to_be_focused()
    if typed:
        page.keyboard.type(typed)
    expect(page.locator(f"#palette [data-go-asked='{typed}']")).to_have_count(1)


def chosen(page: Page) -> str:
    """The line that a screen reader is told of."""
    return str(
        page.evaluate(
            """() => {
          const id = document.activeElement.getAttribute("aria-activedescendant");
          const line = document.getElementById(id);
          if (line?.getAttribute("aria-selected") !== "true") return "";
          return line.querySelector(".go-name").textContent.trim();
        }"""
        )
    )


def test_a_batch_is_opened_by_a_part_of_its_name(page: Page):
    open_palette(page, "lidar")
    assert chosen(page) == "lidar-a"
    for key, then in (("ArrowDown", "lidar-b"), ("ArrowUp", "lidar-a"), ("ArrowDown", "lidar-b")):
        page.keyboard.press(key)
        assert chosen(page) == then
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("lidar-b")
    # and it is the first where nothing is typed, once another page is open
    page.goto("/keys/")
    open_palette(page)
    assert chosen(page) == "lidar-b"


def test_the_arrows_go_round(page: Page):
    open_palette(page, "dogs")
    page.keyboard.press("ArrowUp")
    assert chosen(page) == "Ask Refonte for “dogs”"
    page.keyboard.press("ArrowDown")
    assert chosen(page) == "dogs-c"


def test_enter_before_the_answer_opens_what_was_typed_and_nothing_else(page: Page):
    open_palette(page, "lidar")
    page.keyboard.press("Control+a")
    page.keyboard.type("dogs-c")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("dogs-c")


def test_with_control_enter_opens_a_tab_and_the_search_stays(page: Page):
    open_palette(page, "dogs")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("dogs-c")
    expect(field(page)).to_be_visible()


def test_escape_closes_it_and_gives_the_focus_back(page: Page):
    page.keyboard.press("j")
    before = focused(page)
    open_palette(page, "lidar")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    assert focused(page) == before


def test_escape_closes_first_the_search_then_the_menu_below_it(page: Page):
    menu = page.locator(".key-switcher")
    menu.locator("summary").click()
    open_palette(page)
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")


def test_an_action_opens_its_form_and_the_focus_comes_back_to_the_page(page: Page):
    page.goto("/batches/waiting/")
    opener = page.get_by_role("link", name="Create another")
    opener.focus()
    open_palette(page, "finalize")
    assert chosen(page) == "Finalize…"
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name=re.compile("Finalize"))
    expect(
        form.get_by_role("button", name="Cancel").or_(form.get_by_role("link", name="Cancel"))
    ).to_be_focused()
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_link_is_copied_and_that_is_said(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/batches/waiting/")
    open_palette(page, "copy link")
    page.keyboard.press("Enter")
    expect(page.locator("#palette [data-announcer]")).to_contain_text("Copied.")
    assert "/batches/waiting/?key=live-" in page.evaluate("navigator.clipboard.readText()")


def test_the_box_opens_it_too_and_a_line_is_clicked(page: Page):
    page.get_by_role("link", name="Go to…").click()
    page.keyboard.type("dogs")
    page.locator("#palette").get_by_role("option", name="dogs-c").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("dogs-c")


def test_how_many_there_are_is_said_once_and_what_was_searched_described(page: Page):
    open_palette(page, "lidar")
    said = page.locator("#palette > [data-announcer]")
    expect(said).to_have_text("3 results")
    expect(field(page)).to_have_accessible_description("names seen here with this key")
    expect(field(page)).to_have_attribute("aria-expanded", "true")
    found = page.locator("#palette").get_by_role("listbox", name="Results")
    expect(found.get_by_role("group", name="Batches").get_by_role("option")).to_have_count(2)
    first = found.get_by_role("option").first
    expect(first).to_have_accessible_name(re.compile(r"^lidar-a ?, In progress .*25 %$"))


def test_nobody_is_asked_at_refonte_while_one_types(page: Page, refonte: Sandbox):
    page.locator("[data-pause]").click()
    refonte.forget_calls()
    open_palette(page, "kitten-77")
    assert chosen(page) == "Ask Refonte for “kitten-77”"
    assert not refonte.calls
    refonte.add_batch("kitten-77")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("kitten-77")


def test_axe_finds_nothing(page: Page):
    page.goto("/batches/waiting/")
    open_palette(page, "li")
    axe.check(page)
    page.keyboard.press("Control+a")
    page.keyboard.type("no such name")
    expect(page.locator("#palette [data-go-asked='no such name']")).to_have_count(1)
    axe.check(page)
    page.goto("/go/?q=li")
    axe.check(page)


def test_on_a_phone_it_is_opened_by_its_icon(visit: Visitor, alice: User, litter: None):
    page = visit(alice, "/batches/", **PHONE)
    page.get_by_role("link", name="Go to…").click()
    expect(field(page)).to_be_focused()


def test_in_a_text_field_of_a_mac_control_k_is_the_fields_own(page: Page):
    page.add_init_script(MAC)
    page.reload()
    expect(page.get_by_role("link", name="Go to…")).to_contain_text("⌘ K")
    page.locator("#q").focus()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Meta+k")
    expect(field(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_be_focused()
    page.locator("[data-pause]").focus()
    page.keyboard.press("Control+k")
    expect(field(page)).to_be_focused()


def test_elsewhere_control_k_opens_it_from_a_text_field_too(page: Page):
    page.locator("#q").fill("half a wo")
    open_palette(page)
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("half a wo")
    page.keyboard.press("Meta+k")
    expect(page.locator("#palette")).to_be_hidden()


def test_it_opens_where_single_keys_are_switched_off_and_on_a_layout_without_latin_letters(
    page: Page, alice: User
):
    save_preferences(user=alice, zone="UTC", theme="system", page_size=50, shortcuts=False)
    page.reload()
    page.evaluate(
        """document.body.dispatchEvent(new KeyboardEvent("keydown", {
          key: "л", code: "KeyK", ctrlKey: true, bubbles: true, cancelable: true}))"""
    )
    expect(field(page)).to_be_focused()


def test_over_another_dialog_it_does_not_open(page: Page):
    page.keyboard.press("?")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(page.locator("#palette")).to_be_hidden()


def test_polls_leave_it_as_it_is(page: Page):
    open_palette(page, "lidar")
    page.keyboard.press("ArrowDown")
    ask(page)
    assert chosen(page) == "lidar-b"
    expect(field(page)).to_have_value("lidar")


def test_after_a_sign_out_the_page_says_so_and_stays(page: Page):
    open_palette(page, "lidar")
    end_sessions()
    page.keyboard.type("-a")
    expect(page.locator("#band")).to_contain_text("You are signed out.")
    expect(field(page)).to_have_value("lidar-a")


@pytest.mark.usefixtures("errors_are_meant")
def test_an_answer_that_fails_is_said_in_its_place(page: Page):
    open_palette(page, "lidar")
    page.route("**/go/results/**", lambda route: route.fulfill(status=502, body="<h1>Bad</h1>"))
    page.keyboard.type("-a")
    expect(page.locator("#palette-results")).to_contain_text("This could not be searched")
    assert chosen(page) == ""
    page.unroute("**/go/results/**")
    page.keyboard.press("Backspace")
    expect(page.locator("#palette [data-go-asked='lidar-']")).to_have_count(1)
    assert chosen(page) == "lidar-a"


def test_without_a_script_the_box_leads_to_a_page(visit: Visitor, alice: User, litter: None):
    page = visit(alice, "/batches/", java_script_enabled=False)
    page.get_by_role("link", name="Go to…").click()
    page.get_by_role("searchbox").fill("dogs")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="dogs-c").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("dogs-c")


def test_what_is_ticked_can_be_acted_on(page: Page):
    page.get_by_role("checkbox", name="Select lidar-a").check()
    page.get_by_role("checkbox", name="Select waiting").check()
    expect(page.locator("#selection-count")).to_contain_text("2 selected")
    open_palette(page)
    found = page.locator("#palette").get_by_role("group", name="With the 2 selected")
    expect(found.get_by_role("option", name="Follow… 2 batches")).to_be_visible()
    page.keyboard.type("follow")
    expect(page.locator("#palette [data-go-asked='follow']")).to_have_count(1)
    while chosen(page) != "Follow…":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_contain_text("2 batches")
    page.keyboard.press("Escape")
    # Esc closes what is open first, and the selection last
    page.keyboard.press("Control+k")
    expect(field(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#selection-count")).to_contain_text("2 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#selection-count")).to_be_hidden()
