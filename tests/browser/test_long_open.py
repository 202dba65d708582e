"""A page left open overnight weighs in the morning what it weighed at night."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.steps import OFTEN, ask, look_again, weigh

pytestmark = pytest.mark.browser
QUIET_POLLS = 22


@pytest.mark.parametrize(
    ("path", "rounds"),
    [("/batches/", 10), ("/batches/?density=wall", 4), ("/batches/kitten-0/", 4)],
)
def test_hundreds_of_polls_leave_nothing_behind(
    visit: Visitor,
    alice: User,
    key: KeyHandle,
    refonte: Sandbox,
    site: Site,
    path: str,
    rounds: int,
):
    for number in range(10):
        refonte.add_batch(f"kitten-{number}", counts={"pending": 900, "completed": 0})
    page = visit(alice, path)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def go_on(completed: int) -> None:
        refonte.set_counts("kitten-0", pending=900 - completed, completed=completed)
        look_again(page, key, "kitten-0")

    for warm_up in (1, 2, 3):
        go_on(warm_up)
    before = weigh(page, devtools)
    for number in range(rounds):
        go_on(10 + number)
        page.evaluate(OFTEN, QUIET_POLLS)
    assert len(site.polls()) >= rounds * (QUIET_POLLS + 1)
    after = weigh(page, devtools)
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["Nodes"] <= before["Nodes"] * 1.05
    ask(page)


@pytest.mark.slow
def test_a_thousand_polls_leave_ticks_menu_and_half_a_word_as_they_are(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, site: Site
):
    for number in range(50):
        refonte.add_batch(f"kitten-{number}", counts={"pending": 900, "completed": 0})
    page = visit(alice, "/batches/")
    page.get_by_role("checkbox", name="All on this page").check()
    expect(page.get_by_role("link", name="50 selected")).to_be_visible()
    page.locator("summary", has_text="Project").click()
    page.get_by_label("Project", exact=True).fill("half a w")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def go_on(completed: int) -> None:
        refonte.set_counts("kitten-0", pending=900 - completed, completed=completed)
        look_again(page, key)
        page.evaluate(OFTEN, 99)

    weights = []
    for number in range(10):
        go_on(10 + number)
        weights.append(weigh(page, devtools))
    assert len(site.polls()) >= 1_000
    # the browser compiles what runs often, so that memory is flat only after some hundred polls
    for name, first in (("Nodes", 0), ("JSEventListeners", 0), ("JSHeapUsedSize", 3)):
        assert weights[-1][name] <= weights[first][name] * 1.05, (name, weights)
    expect(page.locator("[data-tick]:checked")).to_have_count(50)
    expect(page.get_by_role("link", name="50 selected")).to_be_visible()
    expect(page.get_by_label("Project", exact=True)).to_have_value("half a w")
    expect(page.get_by_label("Project", exact=True)).to_be_focused()
    assert len(site.sent("/selections/tick/")) == 1
