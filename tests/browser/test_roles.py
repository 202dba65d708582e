"""What somebody is offered: only what the role and the key allow."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from batches.sandbox import Sandbox
from batches.services.operations.protocol import create_batch
from tests.browser.conftest import Visitor
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.browser
ACTIONS = ("New batch", "Finalize…", "Set priority", "Create another")
# What a menu of filters names is looked for, not done.
OFFERED = ":is(a, button, summary):not(.filters *)"
NEEDS_A_KEY = ("/", "/batches/", "/batches/?status=staging", "/batches/kitten-07/", "/batches/new/")


def test_a_viewer_is_offered_no_action(
    visit: Visitor, alice: User, vera: User, key_for: KeyMaker, refonte: Sandbox
):
    key_for(alice, is_shared=True)
    key_for(vera)
    refonte.add_batch("kitten-07", status="staging")
    page = visit(vera)
    for path in ("/batches/", "/batches/kitten-07/", "/operations/"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for words in ACTIONS:
            expect(page.locator(OFFERED, has_text=words)).to_have_count(0)


def test_an_operator_is_offered_none_with_a_shared_key(
    visit: Visitor, alice: User, bob: User, key_for: KeyMaker, refonte: Sandbox
):
    key_for(alice, is_shared=True)
    refonte.add_batch("kitten-07", status="staging")
    page = visit(bob, "/batches/kitten-07/")
    for words in ACTIONS:
        expect(page.get_by_text(words)).to_have_count(0)


@pytest.mark.usefixtures("errors_are_meant")
def test_an_action_opened_by_its_address_is_refused_in_words(
    visit: Visitor, vera: User, key_for: KeyMaker, refonte: Sandbox
):
    key_for(vera)
    refonte.add_batch("kitten-07", status="staging")
    page = visit(vera, "/batches/kitten-07/finalize/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account may not do this")
    expect(page.get_by_role("link", name="To the batches")).to_be_visible()


def test_without_a_key_every_page_says_how_to_get_one(visit: Visitor, alice: User):
    page = visit(alice)
    for path in NEEDS_A_KEY:
        page.goto(path)
        expect(page.get_by_role("heading", name="No API key yet")).to_be_visible()
        page.get_by_role("main").get_by_role("link", name="Add a key").click()
        expect(page.get_by_role("heading", name="Add a key")).to_be_visible()


@pytest.mark.usefixtures("errors_are_meant")
def test_an_account_without_a_role_is_told_so(visit: Visitor, charlie: User):
    page = visit(charlie, "/batches/")
    expect(page.get_by_role("main")).to_contain_text("administrator")


def test_operations_of_a_key_nobody_lets_one_read_stay_unseen(
    visit: Visitor, alice: User, bob: User, key_for: KeyMaker, refonte: Sandbox
):
    key = key_for(alice)
    refonte.add_project("cats")
    create_batch(user=alice, key=key, form_id=uuid4(), project="cats", name="kitten-07")
    page = visit(bob, "/operations/")
    expect(page.get_by_role("heading", name="No operations yet")).to_be_visible()
