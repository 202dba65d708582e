"""Theme and zone as each person has them, from the first paint on."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from batches.models import ApiKey, Preferences
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.people.preferences import save_preferences
from tests.browser.conftest import PHONE, Visitor
from tests.browser.site import Site
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.browser
LIGHTNESS = """() => {
  const paint = getComputedStyle(document.documentElement).backgroundColor;
  const [red, green, blue] = paint.match(/[0-9.]+/g);
  return red * 0.3 + green * 0.6 + blue * 0.1;
}"""

# Every token of the stylesheet as it counts on this page.
TOKENS = """() => {
  const names = [...document.styleSheets[0].cssRules]
    .flatMap(rule => [...(rule.style || [])]).filter(name => name.startsWith("--"));
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(names.map(name => [name, style.getPropertyValue(name)]));
}"""


def is_dark(page: Page) -> bool:
    return bool(page.evaluate(LIGHTNESS) < 60)


@pytest.mark.usefixtures("errors_are_meant")
@pytest.mark.parametrize(
    ("theme", "scheme", "dark"),
    [
        ("light", "dark", False),
        ("dark", "light", True),
        ("system", "light", False),
        ("system", "dark", True),
    ],
)
def test_the_theme_is_there_with_the_first_paint(
    visit: Visitor, alice: User, key: KeyHandle, theme: str, scheme: str, dark: bool
):
    save_preferences(user=alice, zone="UTC", theme=theme, page_size=50, shortcuts=True)
    page = visit(alice, color_scheme=scheme)
    # Whatever a script did would come after this: none runs.
    page.route("**/*.js", lambda route: route.abort("blockedbyclient"))
    answer = page.goto("/keys/", wait_until="commit")
    assert answer
    assert f'data-theme="{theme}"' in answer.text()
    page.wait_for_load_state()
    assert is_dark(page) is dark


def test_a_theme_is_chosen_on_the_preferences_page(visit: Visitor, alice: User, key: KeyHandle):
    page = visit(alice, "/preferences/")
    assert not is_dark(page)
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#messages")).to_contain_text("saved")
    assert is_dark(page)


def test_a_chosen_dark_is_the_systems_dark(visit: Visitor, alice: User, key: KeyHandle):
    looks = []
    for theme, scheme in (("dark", "light"), ("system", "dark")):
        save_preferences(user=alice, zone="UTC", theme=theme, page_size=50, shortcuts=True)
        looks.append(visit(alice, "/keys/", color_scheme=scheme).evaluate(TOKENS))
    assert len(looks[0]) > 20
    assert looks[0] == looks[1]


def test_the_zone_is_the_browsers_also_after_a_journey(
    visit: Visitor, alice: User, key_for: KeyMaker, refonte: Sandbox
):
    key_for(alice)
    refonte.add_batch("kitten-07")
    page = visit(alice, timezone_id="Asia/Tokyo")
    with page.expect_response("**/preferences/zone/") as told:
        page.goto("/batches/")
    assert told.value.status == 204
    page.reload()
    expect(page.get_by_text("Days and times are in Asia/Tokyo")).to_be_visible()
    stamp = page.locator("[data-stamp-time]")
    assert re.search(r"\+09:00$", str(stamp.get_attribute("datetime")))
    assert Preferences.objects.get(user=alice).browser_zone == "Asia/Tokyo"

    elsewhere = visit(alice, timezone_id="America/Lima")
    with elsewhere.expect_response("**/preferences/zone/"):
        elsewhere.goto("/batches/")
    elsewhere.reload()
    expect(elsewhere.get_by_text("Days and times are in America/Lima")).to_be_visible()


def test_a_zone_that_was_chosen_stays(visit: Visitor, alice: User, key: KeyHandle, site: Site):
    page = visit(alice, "/batches/", timezone_id="Asia/Tokyo")
    expect(page.get_by_text("Days and times are in UTC")).to_be_visible()
    assert site.sent("/zone/") == []


def test_a_poll_keeps_the_zone_of_its_page(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    """The browser stands in Tokyo, the person reads in Berlin: so does the stamp."""
    save_preferences(user=alice, zone="Europe/Berlin", theme="system", page_size=50, shortcuts=True)
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/", timezone_id="Asia/Tokyo")
    stamp = page.locator("[data-stamp-time]")
    drawn = stamp.inner_text()
    with page.expect_response("**/live/**"):
        page.keyboard.press("r")
    expect(stamp).to_have_text(re.compile(f"^{drawn[:2]}:"))


def test_every_menu_opens_on_the_screen_of_a_phone(
    visit: Visitor, alice: User, key: KeyHandle, refonte: Sandbox
):
    ApiKey.objects.filter(id=key.id).update(label="The key for everything that is urgent")
    refonte.add_batch("kitten-07")
    page = visit(alice, "/batches/kitten-07/", **PHONE)
    menus = page.locator("details[data-menu]")
    expect(menus).to_have_count(4)
    for menu in menus.all():
        menu.locator("summary").click()
        expect(menu.locator(".menu-list")).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")


@pytest.mark.parametrize("width", [390, 1000])
def test_every_filter_opens_on_the_screen(visit: Visitor, alice: User, key: KeyHandle, width: int):
    page = visit(alice, "/operations/", viewport={"width": width, "height": 844})
    filters = page.locator(".filter > details")
    expect(filters).to_have_count(4)
    for menu in filters.all():
        menu.locator("summary").click()
        expect(menu.locator("> :not(summary)")).to_be_in_viewport(ratio=1)
