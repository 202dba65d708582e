"""A page left open overnight weighs in the morning what it weighed at night."""

import pytest
from django.contrib.auth.models import User

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
