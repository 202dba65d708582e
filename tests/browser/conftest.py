"""A real Chromium on the product as it ships.

    def test_a_row_opens(visit, alice, key): page = visit(alice)
    def test_on_a_phone(visit, vera): page = visit(vera, **PHONE)

One browser a process, a context of its own for every visit, an empty vendor and database for
every test. Whatever a page writes to its console, and whatever its policy refuses, fails the test.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from pytest_django.fixtures import Settings

from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.people.preferences import save_preferences
from batches.templatetags import overview, rows
from tests.browser.site import Site, application
from tests.support.requirements import CHROMIUM_ARGUMENTS, chromium
from tests.support.static_files import SHIPPING
from tests.support.vendor import KeyMaker

DESKTOP = {"viewport": {"width": 1366, "height": 820}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# What Chromium and htmx write of an answer of 4xx or 5xx, or of none, which a test may have meant.
OF_ERRORS = (
    "Failed to load resource:",
    "Response Status Error Code",
    "htmx:afterRequest",
    "htmx:sendError",
    "htmx:timeout",
)
Visitor = Callable[..., Page]
PATIENCE = 30_000  # milliseconds that a busy machine may take for what must happen at once
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright's loop runs in this thread from here on, which Django takes for an async one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def served(static_root: Path) -> Iterator[Site]:
    with Site(application(static_root)).running() as site:
        yield site


def forget_drawn() -> None:
    """Rows that are kept as drawn: they name the files of styles by their hashes."""
    rows.drawn.clear()
    overview.drawn.clear()


@pytest.fixture
def site(
    served: Site, static_root: Path, settings: Settings, transactional_db: None, refonte: Sandbox
) -> Iterator[Site]:
    """The console, with hashed static files for as long as the test runs."""
    settings.STATIC_ROOT, settings.STORAGES = static_root, SHIPPING
    forget_drawn()
    yield served
    served.wait_until_quiet()
    forget_drawn()


class Complaints(list[str]):
    """What pages wrote to their consoles. Errors that a test provokes may be `meant`."""

    meant = False

    def note(self, message: ConsoleMessage) -> None:
        is_meant = self.meant and message.text.startswith(OF_ERRORS)
        if not is_meant and message.type != "info":  # Chromium's own remarks
            self.append(f"{message.type}: {message.text}")


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def errors_are_meant(complaints: Complaints) -> None:
    """For a test that provokes answers of 4xx and 5xx: the browser notes each."""
    complaints.meant = True


@pytest.fixture
def visit(browser: Browser, site: Site, complaints: Complaints) -> Iterator[Visitor]:
    """`visit(alice, "/keys/", color_scheme="dark")`: a browser of one's own, signed in."""
    contexts: list[BrowserContext] = []

    def make(user: User | None = None, path: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=site.url, **(DESKTOP | options))
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if user:
            context.add_cookies([session_of(user, site)])
        page = watched(context, complaints).new_page()
        if path:
            page.goto(path)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def session_of(user: User, site: Site) -> Any:
    client = Client()
    client.force_login(user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site.url}


def watched(context: BrowserContext, complaints: Complaints) -> BrowserContext:
    """Every tab of it."""
    context.on("console", complaints.note)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    return context


@pytest.fixture
def key(key_for: KeyMaker, alice: User) -> KeyHandle:
    """Alice's live key. Her zone is set, so that no page sends the browser's."""
    save_preferences(user=alice, zone="UTC", theme="system", page_size=50, shortcuts=True)
    return key_for(alice)
