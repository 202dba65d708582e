"""Where the system chooses the colours (high contrast), what a background said is still seen."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.browser import axe
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
FILL = "node => getComputedStyle(node).fill"
EDGE = "node => getComputedStyle(node).borderBottomColor"
GROUND = "node => getComputedStyle(node, '::before').background"


@pytest.fixture
def page(visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox) -> Page:
    counts = {"pending": 50, "completed": 40, "error": 9, "canceled": 1}
    refonte.add_batch("kitten-07", counts=counts)
    return visit(alice, "/batches/", forced_colors="active")


def test_the_current_tab_differs_from_the_others(page: Page):
    tabs = page.get_by_role("navigation", name="Status").get_by_role("link")
    edges = [tab.evaluate(EDGE) for tab in tabs.all()]
    assert len(edges) > 2
    assert edges[0] not in edges[1:]


def test_a_button_that_is_only_words_has_no_edge_at_its_letters(page: Page):
    pause = page.get_by_role("button", name="Pause")
    assert pause.evaluate(EDGE) == "rgb(255, 255, 255)"  # Canvas, as Chromium emulates it


def test_the_parts_of_a_bar_differ(page: Page):
    bar = page.locator(".bar").first
    fills = [bar.locator(f".bar-{part}").evaluate(FILL) for part in ("track", "settled", "error")]
    assert len(set(fills)) == 3


def test_the_legend_differs_where_the_counts_do(page: Page):
    page.goto("/batches/kitten-07/")
    expect(page.get_by_role("heading", name="kitten-07")).to_be_visible()
    marks = page.locator(".legend-name").all()
    grounds = {mark.evaluate(GROUND) for mark in marks}
    assert len(grounds) >= 4


PATHS = ["/batches/", "/batches/kitten-07/", "/operations/", "/keys/", "/"]


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(page: Page, path: str):
    page.goto(path)
    axe.check(page)
