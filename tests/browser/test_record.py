"""A bulk in the list of operations opens in place; a file that ends early is told on the page."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from batches.models import State
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser import axe
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.support.bulks import made_bulk

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=str)
def test_a_bulk_opens_in_place_and_the_address_says_so(
    options: dict[str, object], visit: Visitor, alice: User, key: KeyHandle
) -> None:
    bulk = made_bulk(alice, key, [*[State.SUCCEEDED] * 20, State.REFUSED, State.CHECKING])
    page = visit(alice, f"/operations/?key={key.ref}", **options)
    toggle = page.get_by_role("link", name="22 batches")
    toggle.click()
    expect(page.get_by_role("link", name="row-020", exact=True)).to_be_visible()
    expect(page).to_have_url(f"/operations/?key={key.ref}&open={bulk.id}")
    expect(page.get_by_role("link", name="18 more done · open the receipt")).to_be_visible()
    if options:
        return
    expect(toggle).to_be_focused()
    axe.check(page)
    toggle.click()
    expect(page.get_by_role("link", name="row-020", exact=True)).to_have_count(0)


def test_a_file_that_lacks_something_is_told_where_it_was_started(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, site: Site
) -> None:
    for number in range(120):
        refonte.add_batch(f"kitten-{number:03}")
    page = visit(alice, f"/batches/?limit=25&key={key.ref}")
    refonte.fault("status", match="GET /v1/batches", skip=1, code=500)
    with page.expect_download():
        page.get_by_role("link", name="JSON Lines").click()
    message = page.locator("#messages")
    expect(message).to_contain_text("Your file: Incomplete:")
    expect(message).to_contain_text("100 of 120 batches are in this file")
