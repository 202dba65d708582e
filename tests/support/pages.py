"""Reads rows, links, fields and polls of rendered pages."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from tests.support.clock import NOON

POLL = {"HX-Request": "true", "X-Poll": "1"}
Browse = Callable[[User], Client]

# Text that the vendor or its customers may send to attack a page.
HOSTILE = (
    "<script>alert(1)</script>",
    "{{7*7}}",
    '" hx-get="/x',
    "' autofocus onfocus='x",
    "</title><b>",
    "\u202egnp.exe",
    "{% url 'x' %}",
    "javascript:alert(1)",
)


def add(refonte: Sandbox, *names: str, **details: Any) -> None:
    """Add batches, each a minute older than the one before; the first is created at noon."""
    for place, name in enumerate(names):
        facts = {"counts": {"pending": 10, "completed": 30}, "project": "kittens"} | details
        refonte.add_batch(name, created_at=NOON - timedelta(minutes=place), **facts)


def text_of(answer: Any) -> str:
    """The visible text of a page: no tags, no entities, single spaces."""
    body = re.sub(
        r"<(script|style|svg|template)\b.*?</\1>", " ", answer.content.decode(), flags=re.S
    )
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def hidden_fields(answer: Any, name: str) -> list[str]:
    """The values of the hidden fields of one name, unescaped."""
    found = re.findall(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    return [unescape(value) for value in found]


def hrefs_of(answer: Any, css: str = "row-link") -> list[str]:
    found = re.findall(rf'class="{css}"[^>]* href="([^"]*)"', answer.content.decode())
    return [unescape(href) for href in found]


def swapped_ids(answer: Any) -> set[str]:
    """The ids of the elements that an answer swaps out of band."""
    return set(re.findall(r'id="([^"]*)"[^>]* hx-swap-oob', answer.content.decode()))


def poll_address(page: Any) -> str:
    # not of a menu, which is fetched when it is opened
    found = re.search(r'data-poll [^>]*?hx-(?:post|get)="([^"]*)"', page.content.decode())
    assert found
    return unescape(found[1])


def poll_list(client: Client, page: Any) -> Any:
    """Poll as this page does."""
    return client.post(
        poll_address(page), poll_fields(page, hidden_fields(page, "row")), headers=POLL
    )


def poll_fields(page: Any, rows: Iterable[str]) -> dict[str, str]:
    """The fields of this page's poll while it shows these rows."""
    known = {name: hidden_fields(page, name)[0] for name in ("since", "head")}
    return known | {"rows": ",".join(rows)}


def poll_batch(client: Client, page: Any, address: str = "") -> Any:
    """Poll as this page does, at `address` where it no longer polls."""
    known = urlencode({name: hidden_fields(page, name)[0] for name in ("stamp", "shown")})
    return client.get(f"{address or poll_address(page)}&{known}", headers=POLL)


def refreshed_event(answer: Any) -> dict[str, Any]:
    news: dict[str, Any] = json.loads(answer["HX-Trigger"])["refreshed"]
    return news


def list_address(key: KeyHandle, query: str = "") -> str:
    return f"/batches/?key={key.ref}{'&' if query else ''}{query}"
