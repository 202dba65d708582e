"""The chart of a batch: drawn once, then grown by what is new; read by pointer, keys and table."""

import re
import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import CDPSession, Page, expect

from batches.models import StatusChange
from batches.models.names import name_digest
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.readings.read import forget_batch
from tests.browser import axe
from tests.browser.conftest import PHONE, Visitor
from tests.browser.site import Site
from tests.browser.steps import VISIBILITY, ask, look_again
from tests.support.samples import NAME, counted, keep

pytestmark = pytest.mark.browser
PATH = f"/batches/{NAME}/"
MINUTES = 400
LEAD = re.compile(r"Watched since .+, 4\d\d samples\.")
# The colour in the middle of what is completed, just before now.
PIXEL = """() => {
  const canvas = document.querySelector("[data-plot='burnup'] canvas");
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, -Math.round(canvas.width * 0.7), -Math.round(canvas.height * 0.85));
  return [...copy.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""
PLOT = "[data-plot='burnup']"


@pytest.fixture
def kitten(refonte: Sandbox, key: KeyHandle) -> Sandbox:
    """A batch of 900 tasks that has been watched for almost seven hours."""
    now = int(time.time()) - 90
    past = [counted(now - 60 * n, MINUTES - n, error=4) for n in range(MINUTES, -1, -1)]
    keep(key.fingerprint, past)
    refonte.add_batch(NAME, counts={"pending": 496, "completed": 400, "error": 4})
    for at, message in ((past[100].at, "fell"), (past[300].at, "")):
        StatusChange.objects.create(
            fingerprint=key.fingerprint,
            name=NAME,
            digest=name_digest(NAME),
            before="paused",
            after="in_progress",
            message=message and "The total fell from 950 to 900 tasks",
            at=f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at))}Z",
        )
    return refonte


@pytest.fixture
def page(visit: Visitor, alice: User, kitten: Sandbox) -> Page:
    return drawn(visit(alice, PATH))


def drawn(page: Page) -> Page:
    expect(page.locator("[data-chart-lead]")).to_have_text(LEAD)
    expect(page.locator(".chart-mark")).to_have_count(2)
    return page


def asked(site: Site) -> list[str]:
    """The queries of the requests for the chart's data."""
    return [visit.query for visit in site.asked("/chart/")]


def test_it_is_drawn_in_a_place_that_has_its_height_before(
    visit: Visitor, alice: User, kitten: Sandbox
):
    page = visit(alice)
    page.route("**/chart/?*", lambda route: None)  # an answer that does not come
    page.goto(PATH)
    place = page.locator("[data-chart-place]")
    before = place.bounding_box()
    page.unroute_all()
    page.reload()
    drawn(page)
    expect(page.locator("[data-plot] canvas")).to_have_count(2)
    assert place.bounding_box() == before
    axe.check(page)


def test_arrow_keys_walk_the_samples(page: Page):
    plot, readout = page.locator(PLOT), page.locator("[data-readout]")
    plot.focus()
    page.keyboard.press("Home")
    expect(readout).to_contain_text(re.compile(r"Completed\s*0"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    spoken = str(plot.get_attribute("aria-valuetext"))
    # no speed is told of the first hour where less than half of it was watched
    assert re.search(r"Completed \d, Error 4, Total 900, An hour (\d+|–)$", spoken)
    page.keyboard.press("End")
    expect(readout).to_contain_text(re.compile(r"Completed\s*400"))
    axe.check(page)
    page.keyboard.press("Escape")
    expect(readout).to_be_hidden()


def test_the_pointer_reads_the_nearest_sample(page: Page):
    box = page.locator(PLOT).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    expect(page.locator("[data-readout]")).to_contain_text(re.compile(r"An hour\s*\d+"))
    page.mouse.move(5, 5)
    expect(page.locator("[data-readout]")).to_be_hidden()


def test_a_mark_and_its_line_light_each_other(page: Page):
    mark, line = page.locator(".chart-mark[data-mark='1']"), page.locator("li[data-mark='1']")
    lit = re.compile("is-lit")
    mark.hover()
    expect(line).to_have_class(lit)
    line.hover()
    expect(mark).to_have_class(lit)
    page.mouse.move(5, 5)
    expect(mark).not_to_have_class(lit)
    page.locator(".chart-mark[data-mark='2']").focus()
    expect(page.locator("li[data-mark='2']")).to_have_class(lit)
    expect(mark).to_have_attribute("aria-label", "1: The total fell from 950 to 900 tasks")


def test_a_window_is_asked_for_once_and_chosen_by_a_button(page: Page, site: Site):
    page.get_by_role("button", name="6 h").click()
    expect(page.locator("[data-chart-lead]")).to_contain_text("In the last 6 hours, 3")
    expect(page.get_by_role("button", name="6 h")).to_have_attribute("aria-pressed", "true")
    assert [("window=6h" in query) for query in asked(site)] == [False, True]
    page.get_by_role("link", name="As a table").click()
    expect(page.get_by_role("dialog").locator("tbody tr")).to_have_count(7)


def test_the_table_opens_in_a_dialog(page: Page):
    page.get_by_role("link", name="As a table").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("row").nth(1)).to_contain_text("400")
    axe.check(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="As a table")).to_be_focused()


def test_a_change_costs_one_short_request_and_a_poll_without_news_none(
    page: Page, site: Site, key: KeyHandle, kitten: Sandbox
):
    look_again(page, key, NAME)
    ask(page)
    before = len(asked(site))
    ask(page)
    assert len(asked(site)) == before
    kitten.set_counts(NAME, pending=446, completed=450, error=4)
    with page.expect_response("**/chart/?*") as answer:
        look_again(page, key, NAME)
    assert len(asked(site)) == before + 1
    assert "since=" in asked(site)[-1]
    assert len(answer.value.json()["points"]["at"]) <= 2
    page.locator(PLOT).focus()
    page.keyboard.press("End")
    expect(page.locator("[data-readout]")).to_contain_text("450")


def test_a_hidden_page_asks_for_nothing(page: Page, site: Site, key: KeyHandle, kitten: Sandbox):
    look_again(page, key, NAME)
    page.evaluate(VISIBILITY, "hidden")
    before = len(asked(site))
    kitten.set_counts(NAME, pending=396, completed=500, error=4)
    forget_batch(key=key, name=NAME)
    ask(page)
    assert len(asked(site)) == before


def test_another_theme_redraws_it(page: Page):
    light = page.evaluate(PIXEL)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => String(({PIXEL})()) !== '{','.join(map(str, light))}'")
    assert sum(page.evaluate(PIXEL)) < sum(light)
    axe.check(page)


def test_paper_has_the_light_chart_and_nothing_to_press(
    visit: Visitor, alice: User, kitten: Sandbox
):
    page = drawn(visit(alice, PATH, color_scheme="dark"))
    dark = page.evaluate(PIXEL)
    page.emulate_media(media="print")
    page.wait_for_function(f"() => String(({PIXEL})()) !== '{','.join(map(str, dark))}'")
    assert sum(page.evaluate(PIXEL)) > sum(dark)
    expect(page.get_by_role("button", name="24 h")).to_be_hidden()


def test_it_is_drawn_with_the_systems_colours(visit: Visitor, alice: User, kitten: Sandbox):
    page = drawn(visit(alice, PATH, forced_colors="active"))
    assert page.evaluate(PIXEL) == [255, 255, 255]  # Canvas: an area has no colour of its own
    axe.check(page)


def test_it_fits_on_a_phone(visit: Visitor, alice: User, kitten: Sandbox):
    page = drawn(visit(alice, PATH, **PHONE))
    box = page.locator(PLOT).bounding_box()
    assert box
    assert box["height"] == 236
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    axe.check(page)


def test_on_a_phone_a_tap_reads_a_sample_and_the_table_has_its_heads(
    visit: Visitor, alice: User, kitten: Sandbox
):
    page = drawn(visit(alice, PATH, **PHONE))
    page.locator(PLOT).tap(position={"x": 200, "y": 100})
    expect(page.locator("[data-readout]")).to_contain_text(re.compile(r"An hour\s*\d+"))
    page.get_by_role("link", name="As a table").click()
    heads = page.get_by_role("dialog").get_by_role("columnheader")
    expect(heads).to_have_text(["Until", "Completed", "Error", "Total", "An hour"])
    axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_while_refonte_is_silent_it_is_muted(page: Page, key: KeyHandle, kitten: Sandbox):
    blue = page.evaluate(PIXEL)
    kitten.fault("status", match="GET /v1/batches/*", code=503)
    look_again(page, key, NAME)
    expect(page.locator("#chart")).to_have_class(re.compile("is-stale"))
    expect(page.locator("#batch-progress")).to_contain_text("as read at")
    assert page.evaluate(PIXEL) != blue
    axe.check(page)


@pytest.mark.usefixtures("errors_are_meant")
def test_a_window_that_cannot_be_loaded_is_not_called_the_shown_one(page: Page):
    page.route("**/chart/?*", lambda route: route.fulfill(status=500))
    page.get_by_role("button", name="6 h").click()
    expect(page.get_by_role("button", name="All")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="6 h")).not_to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("link", name="As a table")).to_have_attribute(
        "href", re.compile("window=all")
    )


def test_after_a_long_time_without_a_look_the_server_is_asked(page: Page, site: Site):
    later = """minutes => document.dispatchEvent(new CustomEvent("refreshed", {
        detail: { as_of: new Date(Date.now() + minutes * 60000).toISOString() } }))"""
    before = len(asked(site))
    page.evaluate(later, 15)
    assert len(asked(site)) == before
    with page.expect_response("**/chart/?*since=*"):
        page.evaluate(later, 60)


@pytest.mark.usefixtures("errors_are_meant")
def test_a_chart_that_cannot_be_loaded_says_so(visit: Visitor, alice: User, kitten: Sandbox):
    page = visit(alice)
    page.route("**/chart/?*", lambda route: route.fulfill(status=500))
    page.goto(PATH)
    expect(page.get_by_text("The chart could not be loaded.")).to_be_visible()


def test_without_a_script_picture_and_table_stand_in_its_place(
    visit: Visitor, alice: User, kitten: Sandbox
):
    page = visit(alice, PATH, java_script_enabled=False)
    expect(page.get_by_role("img", name="Tasks done over time")).to_be_visible()
    expect(page.get_by_role("cell", name="400").first).to_be_visible()
    expect(page.locator("[data-chart-place]")).to_be_hidden()
    expect(page.locator("#chart-help")).to_be_hidden()
    page.get_by_role("link", name="All rows").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"History of {NAME}")


def test_a_batch_that_nobody_watched_says_that_nothing_is_kept(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    refonte.add_batch("uncounted", counts={})
    page = visit(alice, "/batches/uncounted/")
    expect(page.locator("[data-chart-empty]")).to_contain_text("No counts have been kept yet")
    axe.check(page)


# A long day

NEWS = """() => {
  const whole = window.fetch;
  let first = null;
  window.fetch = async (url, options) => {
    const query = new URL(url).searchParams;
    if (first === null || !query.has("since")) {
      first ??= await (await whole(url, options)).json();
      return new Response(JSON.stringify(first));
    }
    const at = Number(query.get("since")) + 60;
    const points = { at: [at], completed: [401], error: [4], cancelled: [0], total: [900] };
    const news = { ...first, points: { ...points, breaks: [] }, samples: 1, bars: [], gaps: [] };
    return new Response(JSON.stringify({ ...news, now: at, end: at + 3600 }));
  };
  document.querySelector("[data-window='all']").click();
}"""
GROW = """async times => {
  for (let n = 0; n < times; n += 1) {
    document.querySelector("#poller [name='stamp']").value = `${Math.random()}`;
    const detail = { poll: true, ok: true };
    document.dispatchEvent(new CustomEvent("console:after-request", { detail }));
    await new Promise((done) => setTimeout(done, 1));
  }
}"""


def weigh(devtools: CDPSession) -> dict[str, float]:
    devtools.send("HeapProfiler.collectGarbage")
    found: Any = devtools.send("Performance.getMetrics")["metrics"]
    names = ("Nodes", "JSEventListeners", "JSHeapUsedSize")
    return {one["name"]: one["value"] for one in found if one["name"] in names}


@pytest.mark.slow
def test_a_thousand_samples_more_leave_memory_flat(page: Page):
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    page.evaluate(NEWS)
    # past the number at which the server selects anew, and until the engine has compiled all of it
    page.evaluate(GROW, 1_300)
    before = weigh(devtools)
    page.evaluate(GROW, 1_000)
    after = weigh(devtools)
    assert after["JSEventListeners"] <= before["JSEventListeners"] + 5
    assert after["Nodes"] <= before["Nodes"] * 1.05
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] * 1.1
    expect(page.locator(".chart-mark")).to_have_count(2)
