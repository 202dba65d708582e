"""Test and Live in two tabs: what one tab does never turns the other's form into another write."""

import re
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.models import ApiKey
from batches.sandbox import Sandbox
from batches.services.keys.manage import make_default
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor
from tests.browser.steps import expect_message
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.browser


@pytest.fixture
def tested(key: KeyHandle, key_for: KeyMaker, alice: User, refonte: Sandbox) -> KeyHandle:
    """Alice's test key beside her live one; both worlds hold a batch of one name."""
    for mode in ("live", "test"):
        refonte.add_batch("kitten-07", status="staging", counts={"pending": 9}, mode=mode)
    tested = key_for(alice, mode="test")
    make_default(key=tested)
    return tested


@pytest.fixture
def first(visit: Visitor, alice: User, tested: KeyHandle) -> Page:
    """A tab with the Test batch, asking whether to finalize it."""
    page = visit(alice, f"/batches/kitten-07/?key={tested.ref}")
    page.get_by_role("link", name="Finalize…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Finalize kitten-07 in Test?")
    return page


@pytest.fixture
def second(first: Page) -> Page:
    page = first.context.new_page()
    page.goto("/keys/")
    return page


def label_of(key_id: UUID) -> str:
    return ApiKey.objects.get(id=key_id).label


def test_a_switch_in_one_tab_leaves_the_others_dialog_in_its_world(
    first: Page, second: Page, key: KeyHandle, tested: KeyHandle, refonte: Sandbox
):
    second.get_by_role("button", name=f"Make default: {label_of(key.id)}").click()
    expect_message(second, "is now your default key.")
    second.goto("/batches/kitten-07/")
    expect(second).to_have_title("kitten-07 · Live · Refonte console")
    first.get_by_role("dialog").get_by_role("button", name="Finalize").click()
    expect_message(first, "Finalized: staging → in progress.")
    sent = refonte.calls_to("POST", "/batches/*")
    assert [call.key_mode for call in sent] == ["test"]
    assert refonte.status_of("kitten-07", mode="live") == "staging"


@pytest.mark.usefixtures("errors_are_meant")
def test_a_key_that_is_gone_by_then_is_refused_in_words(
    first: Page, second: Page, tested: KeyHandle, refonte: Sandbox
):
    label = label_of(tested.id)
    second.get_by_role("link", name=f"Delete {label}").click()
    second.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect_message(second, f"“{label}” is deleted.")
    first.get_by_role("dialog").get_by_role("button", name="Finalize").click()
    expect(first.get_by_role("dialog")).to_contain_text(
        f"The key “{label}” was deleted. Nothing was sent."
    )
    assert refonte.calls_to("POST", "/batches/*") == []


@pytest.mark.parametrize("path", ["/batches/", "/batches/kitten-07/"])
def test_a_page_whose_key_was_deleted_in_another_tab_says_so_and_rests(
    path: str, visit: Visitor, alice: User, tested: KeyHandle
):
    page = visit(alice, f"{path}?key={tested.ref}")
    label = label_of(tested.id)
    ApiKey.objects.filter(id=tested.id).delete()

    page.keyboard.press("r")

    expect(page.locator("#band")).to_contain_text(f"The key “{label}” was deleted.")
    expect(page.locator("[data-stamp]")).to_have_class("stamp is-failed")
    expect(page.locator("[data-stamp]")).to_contain_text("No longer refreshed.")
    expect(page.locator("[data-pause]")).to_be_hidden()
    expect(page.locator("#poller")).not_to_have_attribute("hx-trigger", re.compile("."))
    expect(page.locator("#band").get_by_role("link", name="See your keys")).to_be_visible()


def test_a_page_goes_on_with_the_key_that_was_put_in_the_place_of_its_own(
    visit: Visitor, alice: User, tested: KeyHandle
):
    page = visit(alice, f"/batches/?key={tested.ref}")
    ApiKey.objects.filter(id=tested.id).update(
        fingerprint="0123456789abcdef", earlier=[tested.fingerprint]
    )

    page.keyboard.press("r")

    expect_message(page, "was replaced; this page goes on with the new one.")
    expect(page.locator("#poller")).to_have_attribute("hx-post", re.compile("key=test-01234567"))


@pytest.mark.usefixtures("errors_are_meant")
def test_a_filled_dialog_whose_key_was_replaced_comes_back_filled_for_the_new_one(
    visit: Visitor, alice: User, tested: KeyHandle, refonte: Sandbox
):
    page = visit(alice, f"/batches/?key={tested.ref}")
    page.get_by_role("link", name="New batch").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Project").fill("rapid project")
    dialog.get_by_label("Name", exact=True).fill("kitten-99")
    dialog.get_by_label("Callback").fill("https://example.com/typed")
    ApiKey.objects.filter(id=tested.id).update(
        fingerprint="0123456789abcdef", earlier=[tested.fingerprint]
    )

    dialog.get_by_role("button", name="Create", exact=True).click()

    expect(dialog).to_contain_text("was replaced. Nothing was sent. Send it again")
    expect(dialog.get_by_label("Callback")).to_have_value("https://example.com/typed")
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect_message(page, "kitten-99")
    assert [call.key_mode for call in refonte.calls_to("POST", "/batches")] == ["test"]


def test_a_poll_reads_with_its_pages_key(
    first: Page, second: Page, key: KeyHandle, refonte: Sandbox
):
    first.keyboard.press("Escape")
    refonte.forget_calls()
    with first.expect_response("**/live/**"):
        first.keyboard.press("r")
    assert {call.key_mode for call in refonte.calls} <= {"test"}


def test_many_keys_are_fetched_when_the_switcher_is_opened(
    visit: Visitor, alice: User, bob: User, tested: KeyHandle, key_for: KeyMaker
):
    for number in range(8):
        key_for(bob, mode="test", api_key=f"another-key-{number}", is_shared=True)
    page = visit(alice, f"/batches/?status=staging&key={tested.ref}")
    keys = page.get_by_role("navigation", name="Keys")

    page.locator(".key-switcher summary").click()

    expect(keys.get_by_text("shared by bob, reading only")).to_have_count(8)
    expect(keys.get_by_role("link", name="Live")).to_have_attribute(
        "href", re.compile(r"/batches/\?status=staging&key=live-")
    )
    expect(keys.get_by_role("link", name="All 10 keys")).to_have_count(0)


def test_the_switcher_leads_to_the_same_list_with_the_other_key(
    visit: Visitor, alice: User, key: KeyHandle, tested: KeyHandle
):
    page = visit(alice, f"/batches/?status=staging&key={tested.ref}")
    page.locator(".key-switcher summary").click()
    page.get_by_role("navigation", name="Keys").get_by_role("link", name="Live").click()
    expect(page).to_have_url(f"/batches/?status=staging&key={key.ref}")
    expect(page).to_have_title("Batches · Live · Refonte console")


@pytest.mark.parametrize(
    "path", ["/batches/", "/batches/kitten-07/", "/batches/new/", "/operations/", "/keys/"]
)
def test_a_page_drawn_with_a_test_key_says_so_at_its_top(
    visit: Visitor, alice: User, key: KeyHandle, tested: KeyHandle, path: str
):
    page = visit(alice, f"{path}?key={tested.ref}")
    expect(page.get_by_role("banner").locator(".test-bar")).to_have_text("Test")
    page.goto(f"{path}?key={key.ref}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".test-bar")).to_have_count(0)
