"""The console without a mouse."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.people.preferences import save_preferences
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.steps import focused, names

pytestmark = pytest.mark.browser

# The focused element's words, and whether it is drawn differently from how it is without.
SEEN = """() => {
  const stop = document.activeElement;
  const look = () => {
    const style = getComputedStyle(stop);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor].join();
  };
  const words = stop.getAttribute("aria-label") || stop.textContent.trim() || stop.id;
  if (stop === document.body) return ["", true];
  const focused = look();
  stop.blur();
  const without = look();
  stop.focus({focusVisible: true});
  return [words, focused !== without];
}"""


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    for number in range(3):
        refonte.add_batch(f"kitten-{number}")
    return visit(alice, "/batches/")


def test_the_slash_goes_to_the_search_and_the_letters_stay_letters(page: Page, site: Site):
    page.keyboard.press("/")
    assert focused(page) == "q"
    page.keyboard.type("jkrp?/x")
    expect(page.locator("#q")).to_have_value("jkrp?/x")
    expect(page.locator("#shortcuts")).to_be_hidden()
    assert site.polls() == []


def test_j_and_k_walk_the_rows_and_enter_opens(page: Page):
    first, second, third = names(page, 3)
    walked = []
    for pressed in "jjkjjj":
        page.keyboard.press(pressed)
        walked.append(focused(page))
    assert walked == [first, second, first, second, third, third]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(third)


def test_r_asks_and_p_pauses(page: Page):
    with page.expect_response("**/live/**"):
        page.keyboard.press("r")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    with page.expect_response("**/live/**"):
        page.keyboard.press("p")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_r_loads_a_page_again_that_asks_no_more(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07", status="completed", counts={"pending": 0, "completed": 9})
    page = visit(alice, "/batches/kitten-07/")
    with page.expect_navigation():
        page.keyboard.press("r")


def test_the_question_mark_helps_and_nothing_else_works_meanwhile(page: Page):
    page.keyboard.press("j")
    page.keyboard.press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(shortcuts).to_be_visible()
    expect(shortcuts.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("j")
    expect(shortcuts.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(shortcuts).to_be_hidden()
    expect(page.get_by_role("link", name=names(page, 3)[0])).to_be_focused()


def test_the_help_has_a_button(page: Page):
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_with_a_modifier_the_keys_are_the_browsers(page: Page, site: Site):
    page.keyboard.press("Control+j")
    page.keyboard.press("Alt+p")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")


def test_who_switched_shortcuts_off_has_none(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07")
    save_preferences(user=alice, zone="UTC", theme="system", page_size=50, shortcuts=False)
    page = visit(alice, "/batches/")
    for pressed in "/jp?":
        page.keyboard.press(pressed)
    assert page.evaluate("document.activeElement === document.body")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator("#shortcuts")).to_have_count(0)
    # neither with Ctrl nor Esc is it a key of a letter
    others = page.locator("[aria-keyshortcuts]:not(#q, [data-palette], [data-selection-clear])")
    expect(others).to_have_count(0)


def test_the_first_tab_stop_skips_to_the_content(page: Page):
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert focused(page) == "main"


def test_escape_closes_a_menu_and_gives_the_focus_back(page: Page):
    menu = page.locator(".key-switcher")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_what_is_typed_into_an_opened_filter_is_no_shortcut(page: Page):
    page.locator("summary", has_text="Project").click()
    expect(page.locator("#filter-project")).to_be_focused()
    page.keyboard.type("kitten")
    expect(page.locator("#filter-project")).to_have_value("kitten")
    page.keyboard.press("Enter")
    page.wait_for_url("**project=kitten**")
    page.locator("summary", has_text="Created").click()
    page.keyboard.press("j")
    assert not page.evaluate("document.activeElement.matches('[data-row-link]')")


def test_the_focus_can_be_seen_wherever_it_is(page: Page):
    stops = []
    for _ in range(30):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(SEEN))
    assert len({words for words, _ in stops}) > 15
    assert [words for words, seen in stops if not seen] == []


def test_pause_comes_before_the_rows(page: Page):
    order = page.evaluate(
        """() => {
          const at = selector => document.querySelector(selector);
          return at("[data-pause]").compareDocumentPosition(at("[data-row]"))
            & Node.DOCUMENT_POSITION_FOLLOWING;
        }"""
    )
    assert order


def test_the_cross_of_the_search_shows_everything_again(page: Page):
    page.goto("/batches/?q=kitten-")
    box = page.locator("#q").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 46, box["y"] + box["height"] / 2)
    expect(page.locator("#q")).to_have_value("")
    expect(page.get_by_text("Name contains")).to_have_count(0)


def test_add_a_key_leads_into_its_form(page: Page):
    page.goto("/keys/")
    for _ in range(2):
        page.get_by_role("link", name="Add a key").click()
        expect(page.get_by_label("Name")).to_be_focused()


# As a Russian layout has them: the letter of the layout, and the key's place on the keyboard.
CYRILLIC = """([key, code, shiftKey]) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", {key, code, shiftKey, bubbles: true, cancelable: true}))"""


def test_a_layout_without_latin_letters_has_the_same_places(page: Page):
    first, second, _ = names(page, 3)
    for expected in (first, second):
        page.evaluate(CYRILLIC, ["о", "KeyJ", False])
        assert focused(page) == expected
    page.evaluate(CYRILLIC, ["л", "KeyK", False])
    assert focused(page) == first


def test_a_latin_layout_goes_by_its_letters_wherever_they_are(page: Page):
    first, *_ = names(page, 3)
    page.evaluate(CYRILLIC, ["h", "KeyJ", False])  # Dvorak's letter in the place of J
    assert focused(page) != first
    page.evaluate(CYRILLIC, ["j", "KeyC", False])
    assert focused(page) == first
