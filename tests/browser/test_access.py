"""axe finds nothing and nothing scrolls sideways: every page, every dialog, every state."""

from unittest import mock
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from batches.models import ApiKey, Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.notices.channels import add_channel, send_test
from batches.services.notices.events import BELL
from batches.services.notices.spread import spread_due
from batches.services.vendor.key_states import mark_refused
from tests.browser import axe
from tests.browser.conftest import Visitor
from tests.browser.steps import ask, end_sessions, look_again
from tests.support.notices import BATCH, OF_KEY, OF_PROJECT, complete, follow
from tests.support.operations import POST_PRIORITIZE, prioritize
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.browser
STATUSES = ("staging", "in_progress", "completed", "paused", "cancelled", "a word of the vendor")
LONG = "lidar_streets_" + "w" * 230 + "_the_end"


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle) -> Page:
    return visit(alice)


@pytest.fixture
def full(refonte: Sandbox, alice: User, key: KeyHandle) -> Sandbox:
    """A list with all there is: statuses, long names, errors, unknown counts, priorities."""
    for place, status in enumerate(STATUSES):
        counts = {"pending": place, "completed": 1000, "error": 3, "canceled": 1, "in_review": 2}
        refonte.add_batch(f"kitten-{place}", status=status, counts=counts)
    metadata, callback = {"k" * 90: "v" * 300}, f"https://{'c' * 300}"
    refonte.add_batch(LONG, project="p" * 120, metadata=metadata, callback=callback)
    refonte.add_batch("uncounted", counts={})
    prioritize(alice, key, "kitten-1")
    return refonte


def test_signing_in(visit: Visitor):
    page = visit(path="/accounts/login/")
    axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_a_sign_in_that_failed(visit: Visitor, alice: User):
    page = visit(path="/accounts/login/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    axe.check(page)


def test_the_list(page: Page, full: Sandbox):
    page.goto("/batches/")
    axe.check(page)


def test_the_lists_menus(page: Page, full: Sandbox):
    page.goto("/batches/?status=in_progress&project=enterprise+project&created=7d")
    for menu in ("Project", "Created", "Key", "alice"):
        summary = page.locator("summary", has_text=menu)
        summary.or_(page.locator(f"summary[aria-label^='{menu}']")).last.click()
        expect(page.locator("details[data-menu][open]")).to_have_count(1)
        axe.check(page)
        page.keyboard.press("Escape")


def test_the_list_with_news_and_what_left(page: Page, key: KeyHandle, full: Sandbox):
    full.remove("uncounted")  # a list without counts is read once a minute
    page.goto("/batches/?status=in_progress")
    full.add_batch("kitten-9")
    full.set_status("kitten-1", "completed")
    look_again(page, key)
    expect(page.get_by_role("link", name="1 newer batch · show")).to_be_visible()
    axe.check(page)


def test_the_page_of_a_batch(page: Page, full: Sandbox):
    for name in ("kitten-1", "kitten-5", LONG, "uncounted"):
        page.goto(f"/batches/{name}/")
        for fold in page.locator("details.raw-answer > summary").all():
            fold.click()
        axe.check(page)


def test_the_dialogs_of_a_batch(page: Page, full: Sandbox):
    full.set_status(LONG, "staging")
    page.goto(f"/batches/{LONG}/")
    for opener in ("Finalize…", "Set priority…", "Create another", "Copy"):
        # axe leaves the size of a phone, which has a menu in place of some
        page.set_viewport_size({"width": 1366, "height": 820})
        openers = page.locator("#main").get_by_text(opener, exact=True)
        openers.locator("visible=true").click()
        expect(page.locator("dialog[open] .sheet, details[open] .menu-list")).to_be_visible()
        axe.check(page)
        page.keyboard.press("Escape")


def test_the_actions_as_pages(page: Page, full: Sandbox):
    for path in ("/batches/new/", "/batches/kitten-0/finalize/", "/batches/kitten-0/prioritize/"):
        page.goto(path)
        axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_a_dialog_that_was_refused(page: Page, full: Sandbox):
    full.fault("status", match=POST_PRIORITIZE, times=1, code=400, body={"error": "No " * 80})
    page.goto("/batches/kitten-1/")
    page.get_by_role("link", name="Set priority").click()
    page.get_by_role("button", name="Lowest 10").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    axe.check(page)
    page.get_by_role("dialog").get_by_label("Another value").fill("99")
    page.get_by_role("dialog").get_by_role("button", name="Set priority").click()
    expect(page.get_by_role("dialog").get_by_label("Another value")).to_be_focused()
    axe.check(page)


def test_the_messages(page: Page, full: Sandbox):
    page.goto("/batches/kitten-1/")
    for preset in ("Lowest 10", "Highest 30"):
        page.get_by_role("link", name="Set priority").click()
        page.get_by_role("button", name=preset).click()
    expect(page.locator("#messages .message")).to_have_count(2)
    axe.check(page)


def test_the_shortcuts(page: Page, key: KeyHandle):
    page.goto("/keys/")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    axe.check(page)


def test_the_keys(page: Page, alice: User, bob: User, key: KeyHandle, key_for: KeyMaker):
    key_for(alice, mode="test")
    key_for(bob, api_key="another-live-key", is_shared=True)
    mark_refused(key=key, words="Invalid API key")
    page.goto("/keys/")
    axe.check(page)
    for opener in ("Replace", "Share", "Delete"):
        page.get_by_role("link", name=f"{opener} alice live").click()
        axe.check(page)
        page.keyboard.press("Escape")


def test_the_tokens(page: Page):
    page.goto("/tokens/")
    page.get_by_label("Name").fill("Weekly sheet")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("#new-token")).to_be_focused()
    page.get_by_role("button", name="Copy token").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    axe.check(page)
    page.get_by_role("link", name="Revoke Weekly sheet").click()
    axe.check(page)
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_text("Revoked and expired").click()
    expect(page.get_by_role("cell", name="Weekly sheet")).to_be_visible()
    axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_a_key_that_was_refused(page: Page):
    page.goto("/keys/")
    expect(page.get_by_label("Name")).to_be_hidden()
    page.get_by_role("link", name="Add a key").click()
    page.get_by_label("Name").fill("Production")
    page.get_by_role("radio", name="Live").check()
    page.get_by_label("API key").fill("no-key-of-this-vendor")
    page.get_by_role("button", name="Add key").click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    axe.check(page)


def test_the_operations_in_every_state(page: Page, full: Sandbox):
    facts = Operation.objects.values().get()
    for state in State.values:
        again = {"id": uuid4(), "form_id": uuid4(), "state": state, "batch_name": LONG}
        Operation.objects.create(**facts | again)
    page.goto("/operations/")
    expect(page.locator("tr[data-row]")).to_have_count(len(State.values) + 1)
    axe.check(page)


def test_one_operation(page: Page, full: Sandbox):
    for state in (State.SUCCEEDED, State.CHECKING, State.WAITING, State.UNCONFIRMED):
        Operation.objects.update(state=state, message="In words.", verb=Verb.PRIORITIZE)
        page.goto(f"/operations/{Operation.objects.get().id}/")
        axe.check(page)


def test_empty_states_and_forms(page: Page):
    for path in (
        "/batches/",  # no batches yet
        "/batches/?project=none+of+these",
        "/batches/?q=none+of+these",
        "/operations/",
        "/operations/?person=nobody",
        "/preferences/",
        "/accounts/password_change/",
    ):
        page.goto(path)
        axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_errors(page: Page):
    for path in (
        "/nothing/here/",
        "/batches/none-of-these/",
        "/batches/?limit=7&start_time=1",
        "/admin/",
    ):
        page.goto(path)
        axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_errors_that_are_drawn_without_the_frame(page: Page):
    for error in (RuntimeError("broken"), SuspiciousOperation("odd")):
        with mock.patch("batches.views.operations.entries.list_entries", side_effect=error):
            page.goto("/operations/")
        expect(page.get_by_role("main")).to_contain_text("Give this id")
        axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_who_failed_to_sign_in_too_often(visit: Visitor, alice: User):
    for _ in range(4):
        Client().post("/accounts/login/", {"username": "alice", "password": "wrong"})
    page = visit(path="/accounts/login/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Too many failed sign-ins")
    axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_a_form_of_another_key(page: Page, full: Sandbox):
    page.goto("/batches/kitten-0/finalize/")
    page.locator("main [name=key]").evaluate("field => { field.value = 'live-01234567'; }")
    page.get_by_role("button", name="Finalize").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was sent")
    axe.check(page)


def test_a_key_that_does_not_open(page: Page, key: KeyHandle):
    ApiKey.objects.update(sealed_with="retired", sealed="")
    page.goto("/batches/")
    expect(page.get_by_role("link", name="Enter this key again")).to_be_visible()
    axe.check(page)
    page.goto("/keys/")
    axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_who_has_no_role(visit: Visitor, charlie: User):
    axe.check(visit(charlie, "/batches/"))


def test_who_has_no_key(visit: Visitor, vera: User):
    page = visit(vera, "/batches/")
    axe.check(page)
    page.goto("/keys/")
    axe.check(page)


def test_a_key_of_the_other_mode(page: Page):
    page.goto("/batches/?key=test-01234567")
    axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_a_vendor_that_fails_before_anything_is_known(page: Page, refonte: Sandbox):
    refonte.fault("status", code=500)
    for path in ("/batches/", "/batches/kitten-1/"):
        page.goto(path)
        axe.check(page)


def test_what_is_stale(page: Page, key: KeyHandle, full: Sandbox):
    for path in ("/batches/", "/batches/kitten-1/"):
        page.goto(path)
        full.fault("status", code=500)
        look_again(page, key, "kitten-1")
        expect(page.locator("#band")).to_contain_text("Showing")
        axe.check(page)
        full.reset()


def test_who_is_signed_out_meanwhile(page: Page, full: Sandbox):
    page.goto("/batches/")
    end_sessions()
    ask(page)
    expect(page.locator("#band")).to_contain_text("You are signed out.")
    axe.check(page)


def test_what_is_followed_and_what_was_told(
    page: Page, full: Sandbox, alice: User, key: KeyHandle, settings: Settings
):
    settings.NOTIFY_ALLOW = ["https://hooks.example.com"]
    add_channel(user=alice, label="#labelling-ops", url="https://hooks.example.com/a")
    send_test(user=alice, way="mail", label="E-mail", now=timezone.now())
    for thing in (BATCH, OF_PROJECT, OF_KEY):
        follow(alice, key, BELL, thing=thing)
    for name in ("kitten-0", LONG):
        complete(key, name=name)
    spread_due()
    page.goto("/follows/events/")
    axe.check(page)
    page.goto("/follows/")
    page.locator("summary", has_text="Add a chat or webhook").click()
    axe.check(page)
    page.goto(f"/follows/edit/?batch={LONG}&project={'p' * 120}")
    axe.check(page)
    page.goto("/preferences/")
    axe.check(page)
    page.goto("/batches/kitten-1/")
    page.locator("[data-bell] > summary").click()
    expect(page.locator(".bell-head")).to_be_visible()
    axe.check(page)
    page.keyboard.press("Escape")
    # axe leaves the size of a phone, which has it in a menu
    page.set_viewport_size({"width": 1366, "height": 820})
    page.get_by_role("link", name="Follow…").click()
    expect(page.get_by_role("dialog").get_by_role("heading")).to_be_visible()
    axe.check(page)
