"""Whatever the vendor or a colleague wrote is text: in every field, on every page."""

import csv
import json
import re
from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import ApiKey, Scope
from batches.sandbox import Sandbox
from batches.services.notices.events import BELL, MAIL
from batches.services.notices.follows import Thing
from batches.services.notices.spread import spread_due
from batches.templatetags.names import name as draw_name
from tests.security.conftest import Console
from tests.support.notices import OF_KEY, complete, follow
from tests.support.operations import POST_CREATE, POST_FINALIZE, POST_PRIORITIZE

pytestmark = pytest.mark.unmeasured  # other tests take these paths; measuring doubles the time

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'\" autofocus onfocus=alert(1) x=\"",
    "</title></textarea></style><svg/onload=alert(1)>",
    '" hx-get="/keys/" hx-trigger="load" data-x="',
    "javascript:alert(1)//{{7*7}}{% load %}\u202e",
]
ELEMENTS = {"script", "img", "iframe", "object", "embed", "base", "math", "foreignobject", "link"}


class Elements(HTMLParser):
    """All elements of a page with their attributes, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def assert_inert(page: str) -> None:
    """No element, handler, frame of ours or link that came in as text."""
    found = Elements(page).found
    assert found
    for tag, attributes in found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert "load" not in attributes.get("hx-trigger", "")
        for name in ("href", "src", "action", "hx-get", "hx-post", "formaction"):
            address = attributes.get(name, "/")
            ours = address.startswith(("/", "#", "?", "https://")) or address == ""
            assert ours, f"{tag} {name}={address}"
            if address.startswith("https://"):
                assert "noopener" in attributes.get("rel", "")
        if tag in ELEMENTS:
            assert attributes.get("src", attributes.get("href", "")).startswith("/static/"), tag
    assert ">49<" not in page


def batch_of(payload: str) -> dict[str, Any]:
    return {
        "project": payload,
        "counts": {"pending": 3, payload: 4},
        "callback": payload,
        "metadata": {payload: payload, "deep": [payload]},
    }


@pytest.mark.parametrize("payload", PAYLOADS)
def test_it_is_inert_on_every_page(
    payload: str, console: Console, as_alice: Client, refonte: Sandbox
):
    ref = console.ref("alice")
    refonte.add_batch(payload, status="staging", **batch_of(payload))
    ApiKey.objects.filter(id=console.keys["alice"].id).update(label=payload[:60], refusal=payload)
    for name in ("detail", "detail-live", "finalize", "prioritize"):
        path = reverse(f"batches:{name}", args=[payload])
        page = as_alice.get(f"{path}?key={ref}")
        assert page.status_code == 200, name
        assert_inert(page.text)
        assert_inert(as_alice.get(f"{path}?key={ref}", headers={"HX-Request": "true"}).text)
    asked = {"key": ref, "project": payload, "like": payload, "name": payload}
    for path in ("/batches/", "/batches/new/", "/batches/name/", "/keys/"):
        assert_inert(as_alice.get(path, asked).text)
    assert_inert(as_alice.get("/batches/", {"key": ref}).text)


@pytest.mark.parametrize("payload", [*PAYLOADS, "=1+1", "\t=1+1", "@SUM(A1)", "-2+3"])
def test_it_is_text_in_a_file(payload: str, console: Console, as_alice: Client, refonte: Sandbox):
    console.people["alice"].username = payload[:150]
    console.people["alice"].save()
    refonte.add_batch(payload, status=payload[:60], **batch_of(payload))
    as_alice.post(
        reverse("batches:prioritize", args=[payload]), console.fields("alice", priority="20")
    )
    answer = as_alice.get("/batches/export/", {"key": console.ref("alice")})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; ")
    head, *rows = csv.reader(StringIO(answer.getvalue().decode("utf-8-sig"), newline=""))
    assert {len(row) for row in rows} == {len(head)}
    names = {row[0] for row in rows}
    undone = {re.sub(r"(^|[;\t\r\n])'", r"\1", name) for name in names}  # as the guide says
    assert payload in undone
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_its_words_of_refusal_are_inert(
    payload: str, console: Console, as_alice: Client, refonte: Sandbox
):
    said = json.dumps({"message": payload, "error": payload})
    sent = {
        POST_CREATE: ("/batches/new/", {"project": "kittens", "name": "new-one"}),
        POST_FINALIZE: ("/batches/kitten-07/finalize/", {}),
        POST_PRIORITIZE: ("/batches/kitten-07/prioritize/", {"priority": "20"}),
    }
    for match, (path, data) in sent.items():
        for headers in ({}, {"HX-Request": "true"}):
            refonte.fault("status", match=match, times=1, code=422, body=said)
            answer = as_alice.post(
                path, console.fields("alice") | data, headers=headers, follow=True
            )
            assert_inert(answer.text)
    page = as_alice.get("/operations/").text
    assert_inert(page)
    for operation in Elements(page).found:
        href = operation[1].get("href", "")
        if href.startswith("/operations/") and "/export/" not in href:
            assert_inert(as_alice.get(href).text)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_colleague_named_is_inert(payload: str, console: Console, refonte: Sandbox):
    bob = console.people["bob"]
    bob.username = payload[:150]
    bob.save()
    ApiKey.objects.filter(owner=bob).update(label=payload[:60], is_shared=True)
    client = console.browser("vera")
    for path in ("/keys/", f"/batches/?key={console.ref('bob')}", "/operations/"):
        assert_inert(client.get(path).text)


@pytest.mark.parametrize(
    "callback",
    [
        "https://hooks.example.com/a?b=c",
        "http://hooks.example.com/",
        "javascript:alert(1)",
        "//hooks.example.com/",
        "ops@example.com",
    ],
)
def test_a_callback_is_text_and_no_link(
    callback: str, console: Console, as_alice: Client, refonte: Sandbox
):
    refonte.add_batch("called", callback=callback)
    page = as_alice.get(f"/batches/called/?key={console.ref('alice')}").text
    assert callback in page
    links = [a.get("href") for tag, a in Elements(page).found if tag == "a"]
    assert callback not in links


def test_a_name_that_turns_the_text_around_it_stands_apart(
    console: Console, as_alice: Client, refonte: Sandbox
):
    name = "kitten\u202e-gpj"
    refonte.add_batch(name, project="dogs\u202e")
    for path in ("/batches/", reverse("batches:detail", args=[name])):
        page = as_alice.get(path, {"key": console.ref("alice")}).text
        assert draw_name(name) in page
        assert draw_name("dogs\u202e") in page


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_followed_and_told_is_inert(payload: str, console: Console):
    alice, key = console.people["alice"], console.keys["alice"]
    client = console.browser("alice")
    for thing in (Thing(Scope.BATCH, payload), Thing(Scope.PROJECT, payload), OF_KEY):
        follow(alice, key, BELL, MAIL, thing=thing)
    channel = {"label": payload[:40], "secret_url": f"https://hooks.example.com/{payload}"}
    client.post("/follows/channels/add/", channel)
    client.post("/follows/channels/add/", channel | {"secret_url": "https://hooks.example.com/"})
    complete(key, name=payload, project=payload)
    spread_due()
    query = {"key": key.ref, "batch": payload, "project": payload}
    for path in ("", "events/", "edit/", "bell/"):
        for headers in ({}, {"HX-Request": "true"}):
            page = client.get(f"/follows/{path}", query, headers=headers, follow=True)
            assert_inert(page.content.decode())
