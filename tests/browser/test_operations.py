"""An operation that is still open, followed on its page."""

import re
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from batches.models import Operation, State, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.readings.read import forget_batch
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.steps import ask
from tests.support.operations import POST_CREATE, READ, abandoned_operation, create

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    """A create whose answer was lost, and which could not be read at once.

    It is looked for again when the test says so.
    """
    refonte.add_project("kittens")
    refonte.fault("reset_after_acting", match=POST_CREATE, times=1)
    refonte.fault("status", match=READ, times=1, skip=1, code=503)
    operation = create(alice, key)
    Operation.objects.update(next_check_at=timezone.now() + timedelta(minutes=4))
    page = visit(alice, f"/operations/{operation.id}/")
    expect(page.locator("#operation-outcome")).to_contain_text("Unknown, checking")
    return page


def test_what_one_reads_is_left_alone_until_there_is_news(page: Page, site: Site):
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.timeline'))")
    selected = page.evaluate("getSelection().toString()")
    ask(page)
    ask(page)
    assert {poll.status for poll in site.polls()} == {204}
    assert page.evaluate("getSelection().toString()") == selected != ""


def test_it_is_followed_until_it_is_settled(page: Page):
    Operation.objects.update(next_check_at=timezone.now())
    expect(page.locator("#operation-outcome")).to_contain_text("Done")
    expect(page.locator("[data-poll]")).to_have_count(0)
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    expect(page.locator("#announcer")).to_contain_text("Done.")


@pytest.mark.parametrize("width", [1366, 1180, 1000, 821, 390])
def test_sending_again_is_offered_whole_in_the_list(
    visit: Visitor, alice: User, key: KeyHandle, width: int
):
    words = "Nothing was sent. Refonte is not responding; pausing requests briefly."
    abandoned_operation(
        alice, key, State.NOT_SENT, verb=Verb.PRIORITIZE, message=words, parameters={"priority": 20}
    )
    page = visit(alice, "/operations/", viewport={"width": width, "height": 850})
    again, cell = page.get_by_role("link", name="Send again"), page.locator(".cell-outcome")
    expect(again).to_be_visible()
    link, box = again.bounding_box(), cell.bounding_box()
    assert link
    assert box
    assert link["x"] + link["width"] <= box["x"] + box["width"]


def test_it_can_be_paused(page: Page):
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-stamp]")).to_contain_text("paused")


@pytest.mark.usefixtures("errors_are_meant")
def test_a_failed_look_is_said(page: Page):
    page.route("**/live/**", lambda route: route.fulfill(status=502, body="Bad gateway"))
    ask(page)
    stamp = page.locator("[data-stamp-problem]")
    expect(stamp).to_contain_text("Not refreshed: the console answered 502.")
    expect(page.locator("#operation-outcome")).to_have_class(re.compile("is-stale"))
    page.unroute("**/live/**")
    expect(stamp).to_be_hidden()
    expect(page.locator("#operation-outcome")).not_to_have_class(re.compile("is-stale"))


def test_the_page_of_a_new_batch_comes_back_when_the_batch_shows(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_project("kittens")
    refonte.fault("invisible", match=POST_CREATE, seconds=3)
    create(alice, key)
    page = visit(alice, f"/batches/kitten-07/?key={key.ref}")
    expect(page.locator("main")).to_contain_text("Created; Refonte does not show it yet")
    time.sleep(3)
    forget_batch(key=key, name="kitten-07")
    page.keyboard.press("r")
    expect(page.locator("#batch-status")).to_contain_text("In progress")
