"""The list as a file: a click, and it is there with all pages; the page stays as it was."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import PHONE, Visitor
from tests.browser.site import Site
from tests.browser.steps import ask

pytestmark = pytest.mark.browser


def add(refonte: Sandbox, count: int) -> list[str]:
    newest, kittens = datetime.now(UTC), [f"kitten-{number:03}" for number in range(count)]
    for place, name in enumerate(kittens):
        refonte.add_batch(name, project="cats", created_at=newest - timedelta(minutes=place))
    return kittens


def download(page: Page) -> list[list[str]]:
    """The lines of the file that a click brings, without its head."""
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download CSV").click()
    file = begun.value
    assert file.suggested_filename.startswith("batches-live-")
    text = Path(file.path()).read_text("utf-8-sig")
    head, *lines = csv.reader(text.splitlines())
    assert head[:3] == ["name", "project", "status"]
    return lines


@pytest.mark.parametrize("options", [{}, PHONE, {"java_script_enabled": False}], ids=str)
def test_a_click_brings_all_pages_of_what_is_filtered(
    options: dict[str, object], visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    kittens = add(refonte, 130)
    refonte.add_batch("puppy", project="dogs")
    page = visit(alice, f"/batches/?project=cats&limit=25&key={key.ref}", **options)

    lines = download(page)

    assert [line[0] for line in lines] == kittens
    assert {line[1] for line in lines} == {"cats"}
    expect(page).to_have_url(f"/batches/?project=cats&limit=25&key={key.ref}")


def test_the_page_polls_on(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox, site: Site
):
    add(refonte, 3)
    page = visit(alice, f"/batches/?key={key.ref}")

    download(page)
    ask(page)

    assert len(site.polls()) >= 1
    expect(page.locator("[data-stamp]")).to_contain_text("Updated")


@pytest.mark.usefixtures("errors_are_meant")
def test_where_nothing_can_be_read_a_page_says_why_and_leads_back(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.fault("status", "GET /v1/batches", code=400)
    page = visit(alice, f"/batches/export/?project=cats&key={key.ref}")

    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was downloaded")
    refonte.reset()
    page.get_by_role("link", name="Back to the list").click()

    expect(page).to_have_url(f"/batches/?project=cats&key={key.ref}")
