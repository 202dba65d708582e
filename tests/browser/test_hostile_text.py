"""The vendor's text is text: whatever it holds, it is shown and does nothing."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.refs import to_ref
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser.conftest import Visitor
from tests.browser.site import Site
from tests.browser.steps import expect_message, look_again, row
from tests.support.operations import POST_PRIORITIZE, prioritize

pytestmark = pytest.mark.browser
PAYLOADS = (
    "<script>window.hit = 1</script>",
    '"><img src=x onerror="window.hit = 1">',
    "</title></textarea><svg onload=window.hit=1>",
    "' autofocus onfocus='window.hit = 1",
    '" hx-get="/healthz" hx-trigger="load" x="',
    "javascript:window.hit=1//{{7*7}}${7*7}",
)
QUIET = ("/healthz", "/x")


ALL = " ".join(PAYLOADS)


def add_hostile(refonte: Sandbox, payload: str) -> None:
    """A batch that is made of nothing else."""
    refonte.add_batch(
        payload,
        project=f"p {payload}",
        status="staging",
        counts={"pending": 9, "completed": 1, f"tasks_{payload}": 2},
        callback=payload,
        metadata={payload: payload},
    )


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle) -> Page:
    return visit(alice)


def assert_inert(page: Page, site: Site) -> None:
    assert page.evaluate("window.hit") is None
    assert not [visit for visit in site.visits if visit.path in QUIET]
    assert page.locator("main script, main img, [onerror], [onload], [onfocus]").count() == 0


def test_it_is_inert_on_the_list_and_in_its_poll(
    page: Page, key: KeyHandle, refonte: Sandbox, site: Site
):
    for payload in PAYLOADS:
        add_hostile(refonte, payload)
    refonte.add_batch("kitten-07", status="in")
    page.goto("/batches/")
    for payload in PAYLOADS:
        expect(row(page, payload)).to_contain_text(f"p {payload}")
        refonte.set_counts(payload, pending=5, completed=5)
    refonte.set_status("kitten-07", PAYLOADS[0])
    look_again(page, key)
    expect(row(page, "kitten-07").locator(".status")).to_contain_text("<script>")
    assert_inert(page, site)


def test_it_is_inert_on_the_page_of_a_batch_and_in_its_title(
    page: Page, key: KeyHandle, refonte: Sandbox, site: Site
):
    for payload in PAYLOADS:
        add_hostile(refonte, payload)
        page.goto(f"/batches/{to_ref(payload)}/")
        expect(page.get_by_role("heading", level=1)).to_have_text(payload)
        for fold in page.locator("details.raw-answer > summary").all():
            fold.click()
        expect(page.locator("a[href^='javascript']")).to_have_count(0)
        look_again(page, key, payload)
        assert payload in page.title()
        assert_inert(page, site)


@pytest.mark.usefixtures("errors_are_meant")
def test_it_is_inert_in_dialogs_and_messages(page: Page, refonte: Sandbox, site: Site):
    add_hostile(refonte, ALL)
    page.goto(f"/batches/{to_ref(ALL)}/")
    dialog = page.get_by_role("dialog")
    page.get_by_role("link", name="Finalize…").click()
    expect(dialog).to_contain_text(ALL)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Create another").click()
    expect(dialog.get_by_label("Project")).to_have_value(f"p {ALL}")
    page.keyboard.press("Escape")
    refonte.fault("status", match=POST_PRIORITIZE, times=1, code=400, body={"error": PAYLOADS[0]})
    page.get_by_role("link", name="Set priority").click()
    page.get_by_role("button", name="Lowest 10").click()
    expect(dialog).to_contain_text(PAYLOADS[0])
    page.get_by_role("button", name="Highest 30").click()
    expect_message(page, ALL)
    assert_inert(page, site)


def test_it_is_inert_among_the_operations(
    page: Page, alice: User, key: KeyHandle, refonte: Sandbox, site: Site
):
    add_hostile(refonte, ALL)
    operation = prioritize(alice, key, ALL, form_id=uuid4())
    page.goto(f"/operations/?key={key.ref}")
    page.locator("a[data-row-link]").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(ALL)
    assert str(operation.id) in page.url
    assert_inert(page, site)
