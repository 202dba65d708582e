"""When an open page asks, when it does not, and what it says about how that went."""

import re
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from batches.sandbox import LIVE_KEY, Sandbox
from batches.services.batches.pace import REFUSED
from batches.services.key_checks.checks import check_key
from batches.services.keys.types import KeyHandle
from batches.services.readings.read import forget_batch
from batches.services.vendor import calls
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.steps import ask, hide, look_again, row, show
from tests.support.operations import prioritize

pytestmark = pytest.mark.browser
LIST = "GET /v1/batches"


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    """A list whose clock the test can turn on."""
    refonte.add_batch("kitten-07", counts={"pending": 488, "completed": 412})
    page = visit(alice)
    page.clock.install()
    page.goto("/batches/")
    return page


def wait(page: Page, seconds: int) -> None:
    """So many seconds pass on the page, and what they ask for has reached the server."""
    page.clock.run_for(seconds * 1_000)
    page.evaluate("fetch('/healthz').then(() => true)")  # behind whatever was asked before


def test_a_page_asks_by_the_clock(page: Page, site: Site):
    with page.expect_response("**/live/**"):
        page.clock.run_for(10_100)
    with page.expect_response("**/live/**"):
        page.clock.run_for(10_100)
    assert len(site.polls()) == 2


def test_a_hidden_tab_asks_nothing_and_once_on_return(page: Page, site: Site):
    hide(page)
    wait(page, 35)
    assert site.polls() == []
    with page.expect_response("**/live/**"):
        show(page)
    hide(page)
    show(page)
    wait(page, 1)
    assert len(site.polls()) == 1


def test_a_paused_page_asks_only_when_told(page: Page, site: Site):
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-stamp]")).to_contain_text("paused")
    wait(page, 25)
    assert site.polls() == []
    with page.expect_response("**/live/**"):
        page.get_by_role("button", name="Resume").click()
    expect(page.locator("[data-stamp]")).to_contain_text("every 10 s")


def test_a_time_of_yesterday_says_so(page: Page):
    stamp = page.locator("[data-stamp-time]")
    expect(stamp).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    page.get_by_role("button", name="Pause").click()
    page.clock.fast_forward("24:00:00")
    expect(stamp).to_have_text(re.compile(r"^\d+ [A-Z][a-z][a-z], \d\d:\d\d:\d\d$"))


def test_two_polls_are_never_in_flight(page: Page, key: KeyHandle, refonte: Sandbox, site: Site):
    refonte.fault("latency", match=LIST, seconds=1.0, times=1)
    forget_batch(key=key, name="")
    with page.expect_response("**/live/**"):
        page.evaluate(
            "document.querySelector('#poller').dispatchEvent(new CustomEvent('console:refresh'))"
        )
        for _ in range(5):
            page.clock.run_for(10_100)
    assert site.most_at_once() == 1
    assert len(site.polls()) == 1


@pytest.mark.usefixtures("errors_are_meant")
def test_a_failed_poll_greys_the_numbers_and_says_why(page: Page):
    page.route("**/live/**", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    ask(page)
    stamp = page.locator("[data-stamp-problem]")
    expect(stamp).to_have_text(
        re.compile(r"Not refreshed: the console answered 502\. Next try \d\d:\d\d:\d\d\.")
    )
    expect(page.locator("#rows")).to_have_class(re.compile("is-stale"))
    expect(row(page, "kitten-07")).to_contain_text("412 of 900")
    expect(page.get_by_text("Bad gateway")).to_have_count(0)
    announcer = page.locator("#announcer")
    expect(announcer).to_have_text("Not refreshed: the console gave no usable answer.")
    page.evaluate("announcer.textContent = 'said once'")
    ask(page)
    wait(page, 1)
    expect(announcer).to_have_text("said once")
    page.unroute("**/live/**")
    ask(page)
    expect(stamp).to_be_hidden()
    wait(page, 1)
    expect(announcer).to_have_text("Refreshed again.")
    expect(page.locator("#rows")).not_to_have_class(re.compile("is-stale"))


@pytest.mark.usefixtures("errors_are_meant")
def test_a_console_out_of_reach_is_said(page: Page):
    page.route("**/live/**", lambda route: route.abort("connectionrefused"))
    ask(page)
    expect(page.locator("[data-stamp-problem]")).to_contain_text("the console cannot be reached")


@pytest.mark.usefixtures("errors_are_meant")
def test_an_answer_that_never_comes_is_given_up(page: Page):
    waiting: list[Route] = []

    def leave(route: Route) -> None:
        waiting.append(route)

    page.route("**/live/**", leave)
    page.evaluate("htmx.config.timeout = 300")
    ask(page)
    expect(page.locator("[data-stamp-problem]")).to_contain_text("no answer in time")
    for route in waiting:
        route.abort()


def test_a_vendor_that_fails_leaves_the_numbers_and_recovers(
    page: Page, key: KeyHandle, refonte: Sandbox
):
    refonte.fault("status", match=LIST, code=500, times=1)
    look_again(page, key)
    band = page.locator("#band")
    expect(band).to_contain_text(re.compile(r"Showing \d\d:\d\d:\d\d\."))
    expect(band).to_contain_text("Refonte answered with an error")
    expect(band).to_contain_text(re.compile(r"Next try \d\d:\d\d:\d\d\."))
    expect(page.locator("#rows")).to_have_class(re.compile("is-stale"))
    expect(row(page, "kitten-07")).to_contain_text("412 of 900")
    refonte.set_counts("kitten-07", pending=400, completed=500)
    look_again(page, key)
    expect(row(page, "kitten-07")).to_contain_text("500 of 900")
    expect(band).to_be_empty()
    expect(page.locator("#rows")).not_to_have_class(re.compile("is-stale"))


def test_a_completed_batch_is_asked_for_no_more(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, site: Site
):
    refonte.add_batch("kitten-07", counts={"pending": 1, "completed": 9})
    page = visit(alice)
    page.clock.install()
    page.goto("/batches/kitten-07/")
    refonte.set_counts("kitten-07", pending=0, completed=10)
    refonte.set_status("kitten-07", "completed")
    look_again(page, key, "kitten-07")
    expect(page.locator("#batch-status")).to_have_text("Completed")
    expect(page.locator("#batch-progress")).to_contain_text("100 %")
    expect(page.locator("[data-stamp-pace]")).to_be_hidden()
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    polls = len(site.polls())
    wait(page, 40)
    assert len(site.polls()) == polls
    prioritize(alice, key, priority=30)
    page.get_by_role("link", name="Create another").click()
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator("#batch-priority")).to_contain_text("30, sent by alice")
    wait(page, 40)
    assert len(site.polls()) == polls + 1


def send_priority(page: Page) -> None:
    page.get_by_role("link", name="Set priority").click()
    page.get_by_role("button", name="Highest 30").click()


def test_a_write_from_here_is_shown_though_paused_and_behind_a_poll(
    page: Page, key: KeyHandle, refonte: Sandbox, site: Site
):
    page.get_by_role("link", name="kitten-07").click()
    page.get_by_role("button", name="Pause").click()
    refonte.fault("latency", match="GET /v1/batches/*/status", seconds=1.5, times=1)
    forget_batch(key=key, name="kitten-07")
    page.wait_for_load_state()  # before that nobody hears the event
    with page.expect_request("**/live/**"):
        page.evaluate(
            "document.querySelector('#poller').dispatchEvent(new CustomEvent('console:refresh'))"
        )
    # the slow poll may show the write already; the page asks once more all the same
    with page.expect_response(lambda answer: "/live/" in answer.url and len(site.polls()) == 2):
        send_priority(page)
    expect(page.locator("#batch-priority")).to_contain_text("30, sent by alice")
    assert site.most_at_once() == 1


def test_a_key_that_works_again_brings_its_open_pages_back(
    page: Page, alice: User, key: KeyHandle, refonte: Sandbox
):
    page.get_by_role("link", name="kitten-07").click()
    refonte.refuse_key(LIVE_KEY)
    look_again(page, key, "kitten-07")
    expect(page.locator("#band")).to_contain_text("Refonte refused this key")
    expect(page.locator("[data-stamp-pace]")).to_have_text("waiting for the key")
    refonte.add_key(LIVE_KEY, "live")
    check_key(user=alice, key=replace(key, is_refused=True))
    wait(page, REFUSED)
    expect(page.locator("#band")).to_be_empty()
    expect(page.locator("[data-stamp-pace]")).to_have_text(re.compile(r"every \d+ s"))
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_page_on_which_nothing_was_read_fills_itself(
    page: Page, key: KeyHandle, refonte: Sandbox
):
    refonte.fault("status", match="GET /v1/batches/*", code=500)
    page.get_by_role("link", name="kitten-07").click()
    expect(page.locator("[data-stamp]")).to_contain_text(re.compile(r"Last seen \d\d:\d\d:\d\d"))
    expect(page.locator(".raw")).to_be_hidden()
    refonte.reset()
    calls.safeguards.cache_clear()  # the breaker rests by a clock that no page turns on
    look_again(page, key, "kitten-07")
    expect(page.locator("[data-stamp]")).to_contain_text(re.compile(r"Updated \d\d:\d\d:\d\d"))
    expect(page.locator("#raw-status")).to_contain_text("status,")


def test_try_now_asks_as_soon_as_it_may_and_else_says_when(
    page: Page, key: KeyHandle, refonte: Sandbox
):
    refonte.fault("status", match=LIST, code=500, times=1)
    look_again(page, key)
    wait(page, 1)
    expect(page.locator("#announcer")).to_have_text("Not refreshed for now; the page says why.")
    page.get_by_role("link", name="Try now").click()
    expect(page.locator("[data-stamp-problem]")).to_have_text(
        re.compile(r"Still not refreshed\. Next try \d\d:\d\d:\d\d\.")
    )
    forget_batch(key=key, name="")
    page.get_by_role("link", name="Try now").click()
    expect(page.locator("#band")).to_be_empty()
    expect(page.locator("[data-stamp-problem]")).to_be_hidden()
    expect(page.locator("#main")).to_be_focused()


def test_an_action_that_is_gone_goes_and_the_focus_stays_on_another(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 9, "completed": 0})
    page = visit(alice, "/batches/kitten-07/")
    page.get_by_role("link", name="Set priority").focus()
    refonte.set_status("kitten-07", "in_progress")
    look_again(page, key, "kitten-07")
    expect(page.get_by_role("link", name="Finalize…")).to_have_count(0)
    expect(page.get_by_role("link", name="Set priority")).to_be_focused()
