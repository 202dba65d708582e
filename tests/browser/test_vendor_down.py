"""Whatever the vendor does: words, the last known numbers, and what was typed."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.readings.read import forget_batch
from batches.services.vendor import calls
from tests.browser.conftest import Visitor
from tests.browser.steps import look_again, row
from tests.support.vendor import forget_readings

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("errors_are_meant")]
BREAK: dict[str, Callable[[Sandbox], None]] = {
    "slow": lambda refonte: refonte.fault("latency", seconds=3),
    "failing": lambda refonte: refonte.fault("status", code=500),
    "resetting": lambda refonte: refonte.fault("reset_before_acting"),
    "a login page": lambda refonte: refonte.fault("html"),
    "another shape": lambda refonte: refonte.fault("wrong_shape", shape="no_docs"),
    "null": lambda refonte: refonte.fault("wrong_shape", shape="null"),
    "gone": lambda refonte: refonte.stop(),
}
BROKEN = [name for name in BREAK if name != "slow"]


def heal(refonte: Sandbox, how: str) -> None:
    """Well again; what was learned of its troubles is forgotten, as after a minute."""
    refonte.reset()
    if how == "gone":
        refonte.start()
    calls.safeguards.cache_clear()
    forget_readings()


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    refonte.add_project("cats")
    refonte.add_batch("kitten-07", counts={"pending": 488, "completed": 412})
    return visit(alice)


def test_the_list_keeps_its_last_numbers(page: Page, key: KeyHandle, refonte: Sandbox):
    for how in BROKEN:
        page.goto("/batches/")
        expect(page.locator("#band")).to_be_empty()
        BREAK[how](refonte)
        forget_batch(key=key, name="kitten-07")
        page.reload()
        expect(page.locator("#band")).to_contain_text(re.compile(r"Showing \d\d:\d\d:\d\d\."))
        expect(page.locator("#band")).to_contain_text("Refonte")
        expect(row(page, "kitten-07")).to_contain_text("412 of 900")
        expect(page.locator("#rows")).to_have_class(re.compile("is-stale"))
        heal(refonte, how)


def test_the_page_of_a_batch_keeps_its_last_numbers(page: Page, key: KeyHandle, refonte: Sandbox):
    for how in BROKEN:
        if how == "another shape":  # no docs: the shape of a list
            continue
        page.goto("/batches/kitten-07/")
        expect(page.locator("#band")).to_be_empty()
        BREAK[how](refonte)
        look_again(page, key, "kitten-07")
        expect(page.locator("#band")).to_contain_text(re.compile(r"Showing \d\d:\d\d:\d\d\."))
        expect(page.locator("#batch-progress")).to_contain_text("412 of 900")
        forget_batch(key=key, name="kitten-07")
        page.reload()
        expect(page.locator("#band")).to_contain_text(re.compile(r"Showing \d\d:\d\d:\d\d\."))
        expect(page.locator("#batch-progress")).to_contain_text("412 of 900")
        heal(refonte, how)


def test_what_was_never_known_is_said_in_words(page: Page, refonte: Sandbox):
    for how in BROKEN:
        BREAK[how](refonte)
        page.goto("/batches/")
        expect(page.get_by_role("heading", name="The list could not be loaded")).to_be_visible()
        expect(page.locator("#band")).to_contain_text("Nothing to show yet.")
        page.goto("/batches/kitten-07/")
        expect(page.get_by_role("heading", level=1)).to_have_text("kitten-07")
        expect(page.get_by_role("main")).to_contain_text("Refonte")
        heal(refonte, how)


def test_a_slow_vendor_is_waited_for(page: Page, refonte: Sandbox):
    BREAK["slow"](refonte)
    page.goto("/batches/")
    expect(row(page, "kitten-07")).to_contain_text("412 of 900")


@pytest.mark.parametrize("how", ["failing", "gone"])
def test_a_new_batch_keeps_what_was_typed(page: Page, refonte: Sandbox, how: str):
    page.goto("/batches/")
    page.get_by_role("link", name="New batch").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Project").fill("cats")
    dialog.get_by_label("Name").fill("kitten-08")
    dialog.get_by_label("Callback").fill("ops@example.com")
    BREAK[how](refonte)
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Refonte")
    expect(dialog.get_by_label("Name")).to_have_value("kitten-08")
    expect(dialog.get_by_label("Callback")).to_have_value("ops@example.com")
    refonte.reset()
    if how == "gone":
        refonte.start()
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("Created.")


def test_a_dialog_opens_though_nobody_answers(page: Page, key: KeyHandle, refonte: Sandbox):
    refonte.add_batch("kitten-06", status="staging", counts={"pending": 9, "completed": 0})
    page.goto("/batches/kitten-06/")
    refonte.stop()
    forget_batch(key=key, name="kitten-06")
    page.get_by_role("link", name="Finalize…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Finalize kitten-06 in Live?")
    expect(page.get_by_role("dialog").get_by_role("link", name="Cancel")).to_be_focused()


def test_a_refused_key_is_said_and_leads_to_the_keys(page: Page, key: KeyHandle, refonte: Sandbox):
    page.goto("/batches/")
    refonte.fault("status", code=401, body={"status_code": 401, "error": "Invalid API key"})
    forget_batch(key=key, name="")
    page.reload()
    expect(page.locator("#band")).to_contain_text("Refonte refused this key")
    expect(
        page.get_by_role("main").get_by_role("link", name=re.compile("[Kk]ey"))
    ).not_to_have_count(0)


def test_a_batch_that_is_gone_says_until_when_it_was_seen(
    page: Page, key: KeyHandle, refonte: Sandbox
):
    page.goto("/batches/kitten-07/")
    refonte.remove("kitten-07")
    forget_batch(key=key, name="kitten-07")
    page.reload()
    expect(page.get_by_role("main")).to_contain_text(
        re.compile("Seen until .*, not known to this key now")
    )


def test_a_list_that_could_not_be_loaded_comes_by_itself(
    page: Page, key: KeyHandle, refonte: Sandbox
):
    refonte.fault("status", code=500)
    page.goto("/batches/")
    expect(page.get_by_role("heading", name="The list could not be loaded")).to_be_visible()
    refonte.reset()
    # The breaker lets nobody through for five seconds.
    expect(row(page, "kitten-07")).to_contain_text("412 of 900")
    expect(page.locator("#band .band")).to_have_count(0)
    refonte.set_counts("kitten-07", pending=400, completed=500)
    look_again(page, key)
    expect(row(page, "kitten-07")).to_contain_text("500 of 900")
