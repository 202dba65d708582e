"""The overview and a project in a browser: axe in both themes, phone, paper, polls, no script."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from batches.models import AlarmKind
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser import axe
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.steps import ASK, ask, weigh
from tests.support import overviews
from tests.support.overviews import HOUR, open_batch, raise_alarm, worked

pytestmark = pytest.mark.browser
A4 = {"width": 703, "height": 1031}
PHONE = {"width": 390, "height": 844}
# Each waits until the page has put in what came: figures of the hour change with any of them.
OFTEN = f"async times => {{ for (let n = 0; n < times; n += 1) await ({ASK})(); }}"


@pytest.fixture
def work(key: KeyHandle, refonte: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something of everything, as of now: the browser's clock cannot be frozen."""
    now = timezone.now()
    monkeypatch.setattr(overviews, "NOON", now)
    overviews.watch(key.fingerprint, now + timedelta(seconds=4))
    facts = {
        "grew": int(now.timestamp()) - 90_000,
        "usual": 0.01,
        "due": int((now + HOUR).timestamp()),
    }
    facts |= {"low": int((now + HOUR).timestamp()), "high": int((now + 2 * HOUR).timestamp())}
    kinds = (AlarmKind.AT_RISK, AlarmKind.STALLED, AlarmKind.STALLED, AlarmKind.ERRORS)
    for number, kind in enumerate((*kinds, AlarmKind.STAGING, AlarmKind.STAGING)):
        status = "staging" if kind is AlarmKind.STAGING else "in_progress"
        row = open_batch(
            key.fingerprint,
            f"kitten_labeling_of_the_week_{number}",
            status=status,
            expected=None if status == "staging" else (1, 3 + number),
            created_at=now - 30 * HOUR,
        )
        raise_alarm(kind, row, since=now - 3 * HOUR, **facts)
    for ago in range(8 * 24):
        worked(key.fingerprint, now - ago * HOUR, 9)
    overviews.ended(key.fingerprint, "done-1", now - HOUR)


def on_screen(page: Page, selector: str) -> int:
    """How many of these end above the fold."""
    ends = page.locator(selector).evaluate_all(
        "nodes => nodes.map(node => node.getBoundingClientRect().bottom)"
    )
    return sum(end <= PHONE["height"] for end in ends)


def test_axe_finds_nothing(work: None, visit: Visitor, alice: User):
    page = visit(alice, "/")
    expect(page.locator(".worry")).to_have_count(5)
    axe.check(page)
    page.goto("/projects/kittens/")
    expect(page.get_by_role("heading", level=1)).to_have_text("kittens")
    axe.check(page)
    page.emulate_media(forced_colors="active")
    axe.check(page)


def test_four_answers_and_five_worries_are_on_the_first_screen_of_a_phone(
    work: None, visit: Visitor, alice: User
):
    page = visit(alice, "/", viewport=PHONE)
    assert on_screen(page, ".answer") == 4
    assert on_screen(page, ".worry") == 5


def test_it_prints_on_one_page(work: None, visit: Visitor, alice: User):
    page = visit(alice, "/", viewport=A4)
    page.emulate_media(media="print")
    size = page.evaluate(
        "[document.documentElement.scrollWidth, document.body.getBoundingClientRect().height]"
    )
    assert size[0] <= A4["width"]
    assert size[1] <= A4["height"]
    expect(page.locator(".worry-action").first).to_be_hidden()


def test_without_a_script_all_of_it_is_there(work: None, visit: Visitor, alice: User):
    page = visit(alice, "/", java_script_enabled=False)
    expect(page.locator(".answer")).to_have_count(4)
    expect(page.get_by_role("button", name="Copy report").first).to_be_hidden()
    page.get_by_role("link", name="kittens", exact=True).click()
    expect(page.locator(".plot-completed")).to_be_attached()
    page.get_by_role("link", name="30 d").click()
    expect(page.locator(".window[aria-current]")).to_have_text("30 d")


def test_hundreds_of_polls_leave_nothing_behind(
    work: None, visit: Visitor, alice: User, key: KeyHandle, site: Site
):
    page = visit(alice, "/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def go_on(done: int) -> None:
        name = "kitten_labeling_of_the_week_0"
        open_batch(key.fingerprint, name, done=done, expected=(1, 3))
        ask(page)
        expect(page.locator("#overview-answers .answer-unit").first).to_contain_text("of 600")

    for warm_up in (31, 32, 33):
        go_on(warm_up)
    before = weigh(page, devtools)
    for number in range(5):
        go_on(40 + number)
        page.evaluate(OFTEN, 20)
    assert len(site.polls()) >= 100
    after = weigh(page, devtools)
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["Nodes"] <= before["Nodes"] * 1.05
