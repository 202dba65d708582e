"""A batch is followed, the page's own poll rings the bell, and what was told is read."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.models import Follow
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.notices.events import BELL
from batches.services.notices.spread import spread_due
from tests.browser.conftest import PHONE, Visitor
from tests.browser.site import Site
from tests.browser.steps import ask
from tests.support.notices import NAME, OF_KEY, complete, follow

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    refonte.add_project("kittens")
    refonte.add_batch(NAME, project="kittens", counts={"pending": 9, "completed": 1})
    return visit(alice, f"/batches/{NAME}/")


def tell(alice: User, key: KeyHandle, name: str) -> None:
    complete(key, name=name)
    spread_due()


def test_a_batch_is_followed_muted_and_told_of_with_the_page_open(
    page: Page, site: Site, alice: User, key: KeyHandle
):
    page.get_by_role("link", name="Follow…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Follow in Live")
    dialog.get_by_label("All of kittens").check()
    dialog.get_by_label("Errors growing: In the page").uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("What you follow is saved.")).to_be_visible()
    row = Follow.objects.get()
    assert (row.scope, row.choices["completed"]) == ("project", [BELL])
    assert "errors" not in row.choices

    tell(alice, key, "kitten-08")
    bell = page.locator("[data-bell]")
    ask(page)
    expect(bell.locator("[data-bell-count]")).to_have_text("1")
    assert site.asked("/follows/bell/") == []
    bell.locator("summary").click()
    expect(bell.get_by_role("link", name="kitten-08")).to_be_visible()
    bell.get_by_role("button", name="Mark all read").click()
    expect(bell.locator("[data-bell-count]")).to_be_hidden()
    expect(bell.get_by_role("button", name="Mark all read")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(bell.locator(".bell-list")).to_be_hidden()

    page.get_by_role("link", name="Follow…").click()
    dialog.get_by_role("button", name="Mute this batch").click()
    expect(page.get_by_text("You are told nothing of it now.").first).to_be_visible()
    assert Follow.objects.get(scope="batch").is_muted


def test_the_bell_and_the_form_fit_a_phone(visit: Visitor, page: Page, alice: User, key: KeyHandle):
    follow(alice, key, BELL, thing=OF_KEY)
    for number in range(8):
        tell(alice, key, f"a_long_name_of_a_batch_that_is_cut_nowhere_{number}")
    phone = visit(alice, f"/batches/{NAME}/", **PHONE)
    phone.locator("[data-bell] > summary").click()
    expect(phone.locator(".bell-head")).to_be_visible()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not phone.evaluate(wide)
    phone.goto(f"/follows/?key={key.ref}")
    assert not phone.evaluate(wide)
    phone.goto(f"/follows/edit/?key={key.ref}&batch={NAME}&project=kittens")
    assert not phone.evaluate(wide)
