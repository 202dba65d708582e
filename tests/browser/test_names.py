"""Every name that the vendor may hold leads a whole life here, by clicks alone."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor
from tests.browser.steps import expect_message, look_again, row

pytestmark = pytest.mark.browser
NAMES = (
    "new",
    "live",
    "a/status",
    "a/b/c",
    ".hidden",
    "50% done",
    "q?x=1#frag",
    "%2F",
    "+plus+",
    "🐈 kittens",
    "котята-07",
    "k" * 255,
    "<script>alert(1)</script>",
    "  spaces at the ends  ",
    "{{7*7}}",
    "~bmV3",
    'quote " hx-get="/x',
)


@pytest.mark.parametrize("names", [NAMES[part::4] for part in range(4)], ids=repr)
def test_a_hard_name_is_opened_polled_finalized_and_prioritized(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, names: tuple[str, ...]
):
    for name in names:
        refonte.add_batch(name, status="staging", counts={"pending": 9, "completed": 0})
    page = visit(alice)
    for name in names:
        page.goto("/batches/")
        lead_a_whole_life(page, key, refonte, name)


def lead_a_whole_life(page: Page, key: KeyHandle, refonte: Sandbox, name: str) -> None:
    link = row(page, name).locator("[data-row-link]")
    assert link.get_attribute("title") == name
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name, use_inner_text=False)
    refonte.set_counts(name, pending=12, completed=0)
    look_again(page, key, name)
    expect(page.locator("#batch-progress")).to_contain_text("0 of 12")
    page.get_by_role("link", name="Finalize…").click()
    page.get_by_role("dialog").get_by_role("button", name="Finalize").click()
    expect_message(page, "Finalized: staging → in progress.")
    page.get_by_role("link", name="Set priority").click()
    page.get_by_role("button", name="Highest 30").click()
    expect_message(page, "Priority 30 sent.")
    assert refonte.status_of(name) == "in_progress"
    assert refonte.priorities_of(name) == [30]
