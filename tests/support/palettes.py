"""The lines of a search over everything, as its fragment has them."""

import re
from html import unescape
from typing import Any

from django.test import Client

from batches.services.keys.types import KeyHandle
from tests.support.pages import POLL

LINE = re.compile(
    r'<(?:a href|button type="button" data-(?:copy|press))="([^"]*)"\s+class="go-result"'
    r' id="go-(\w+)-\d+".*?class="go-name[^>]*>(.*?)</span>',
    re.S,
)


def ask(client: Client, key: KeyHandle, q: str = "", **more: str) -> Any:
    return client.get("/go/results/", {"key": key.ref, "q": q, **more}, headers=POLL)


def lines(answer: Any, section: str) -> list[tuple[str, str]]:
    """The words of one section, each with its address, or with what it copies or presses."""
    found = LINE.findall(answer.content.decode())
    return [
        (unescape(re.sub(r"<[^>]*>", "", words)).strip(), unescape(url))
        for url, name, words in found
        if name == section
    ]


def words(answer: Any, section: str) -> list[str]:
    return [name for name, _ in lines(answer, section)]
