"""What the help of shortcuts lists is what is bound on the page, and nothing else is."""

import string
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.models import ApiKey
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor
from tests.browser.steps import names

pytestmark = pytest.mark.browser
EVERYWHERE = {"r", "?"}
# Which of these keys the page takes for itself. What they do is undone: no click reaches anything,
# and what opened is closed.
TAKEN = """keys => {
  const stop = event => { event.preventDefault(); event.stopImmediatePropagation(); };
  window.addEventListener("click", stop, true);
  const taken = keys.filter(key => {
    const event = new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true});
    document.body.dispatchEvent(event);
    document.querySelector("dialog[open]")?.close();
    document.activeElement.blur();
    return event.defaultPrevented;
  });
  window.removeEventListener("click", stop, true);
  return taken;
}"""


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    for number in range(30):
        refonte.add_batch(f"kitten-{number:02}")
    refonte.add_batch("waiting", status="staging", counts={"pending": 12, "completed": 0})
    return visit(alice)


def taken(page: Page) -> set[str]:
    keys: Any = page.evaluate(TAKEN, [*string.ascii_lowercase, *string.digits, "/", "?", "[", "]"])
    return set(keys)


def listed(page: Page) -> set[str]:
    """The single keys that the help shows, and not those with Ctrl, nor what Enter does."""
    page.get_by_role("button", name="Keyboard shortcuts").click()
    shown = page.locator("#shortcuts dt").locator("visible=true").all_text_contents()
    page.keyboard.press("Escape")
    return {words.strip() for words in shown} - {"Ctrl K", "Enter"}


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/batches/?limit=25", {"/", "j", "k", "n", "l", "p"}),
        ("/batches/waiting/", {"f", "s", "u", "p"}),
        ("/batches/kitten-01/", {"s", "u", "p"}),
        ("/operations/", {"/"}),
        ("/keys/", set()),
        ("/", {"p", "n"}),
    ],
)
def test_the_help_lists_what_is_bound(page: Page, path: str, more: set[str]):
    page.goto(path)
    page.wait_for_load_state()
    bound = taken(page)
    assert listed(page) == bound
    assert EVERYWHERE | more <= bound


def test_n_opens_the_form_of_a_new_batch(page: Page):
    page.goto("/batches/")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog", name="New batch")).to_be_visible()


@pytest.mark.parametrize(("pressed", "form"), [("f", "Finalize"), ("s", "Priority of")])
def test_f_and_s_open_the_forms_of_a_batch_and_u_goes_back(page: Page, pressed: str, form: str):
    page.goto("/batches/?status=staging")
    page.get_by_role("link", name="waiting").click()
    page.wait_for_load_state()
    page.keyboard.press(pressed)
    expect(page.get_by_role("dialog").get_by_role("heading")).to_contain_text(form)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("u")
    page.wait_for_url("**/batches/?**status=staging**")


def test_l_and_h_turn_pages(page: Page):
    page.goto("/batches/?limit=25")
    first = names(page, 25)
    page.keyboard.press("l")
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("26–31 of 31")
    page.wait_for_load_state()
    page.keyboard.press("h")
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("1–25 of 31")
    assert names(page, 25) == first


def test_on_a_layout_without_latin_letters_the_places_count_for_these_too(page: Page):
    page.goto("/batches/")
    page.wait_for_load_state()
    page.evaluate(
        """() => document.body.dispatchEvent(new KeyboardEvent("keydown", {
          key: "т", code: "KeyN", bubbles: true, cancelable: true}))"""
    )
    expect(page.get_by_role("dialog", name="New batch")).to_be_visible()


def test_a_viewer_has_no_key_for_writes(
    visit: Visitor, vera: User, alice: User, key: KeyHandle, refonte: Sandbox
):
    ApiKey.objects.update(is_shared=True)
    refonte.add_batch("waiting", status="staging", counts={"pending": 12, "completed": 0})
    page = visit(vera, f"/batches/waiting/?key={key.ref}")
    page.wait_for_load_state()
    assert not {"n", "f", "s"} & (taken(page) | listed(page))
