"""What holds on every page of the product as it ships."""

import pytest
from django.contrib.auth.models import User

from tests.browser import axe
from tests.browser.conftest import Visitor
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def test_a_page_loads_one_hashed_stylesheet_and_nothing_from_elsewhere(
    visit: Visitor, alice: User, site: Site
):
    page = visit(alice)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/preferences/")
    assert all(url.startswith(site.url) for url in asked)
    sheets = [url for url in asked if url.endswith(".css")]
    assert len(sheets) == 1
    assert sheets[0] != f"{site.url}/static/css/console.css"


def test_the_policy_allows_nothing_unsafe(visit: Visitor, alice: User):
    answer = visit(alice).goto("/preferences/")
    assert answer
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_who_is_not_signed_in_is_led_to_the_sign_in(visit: Visitor):
    page = visit(path="/batches/?status=staging")
    assert page.url.endswith("/accounts/login/?next=/batches/%3Fstatus%3Dstaging")


def test_this_suite_sees_what_a_page_complains_of(
    visit: Visitor, alice: User, complaints: list[str]
):
    """First prove on a planted fault that it is seen: a script that the policy refuses."""
    page = visit(alice, "/keys/")
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.hit = 1";
          document.body.append(script);
        }"""
    )
    assert page.evaluate("window.hit") is None
    assert "Content Security Policy" in complaints[0]
    complaints.clear()


@pytest.mark.parametrize(
    "fault",
    [
        "document.querySelector('main').append(document.createElement('img'))",
        "document.querySelector('main').style.minWidth = '1000px'",
        "document.querySelector('h1').style.color = '#ccc'",
    ],
    ids=["no words for a picture", "too wide for a phone", "too pale"],
)
def test_this_suite_sees_what_keeps_people_out(visit: Visitor, alice: User, fault: str):
    page = visit(alice, "/preferences/")
    page.evaluate(fault)
    with pytest.raises(AssertionError):
        axe.check(page)
