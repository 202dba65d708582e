"""What a browser fetches: bytes as they came over the wire, and what holds up the first paint."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.bench.sites import Site
from tests.bench.table import Figure, at_most
from tests.support.requirements import chromium

FIRST_KB, SECOND_KB, MOST_BLOCKING = 110.0, 15.0, 3
# The document itself, and what it says must come before anything is drawn.
BLOCKING = """() => 1 + performance.getEntriesByType("resource")
    .filter(entry => entry.renderBlockingStatus === "blocking").length"""


@dataclass(slots=True)
class Visit:
    size: float = 0
    requests: int = 0
    blocking: int = 0

    @property
    def note(self) -> str:
        return f" in {self.requests} requests, {self.blocking} before the first paint"


def measure(product: Site, list_path: str, batch_path: str) -> Iterator[Figure]:
    if not chromium():
        yield Figure("visits with a browser", "no Chromium here")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name, path in (("list of 50", list_path), ("page of a batch", batch_path)):
            first, second = two_visits(browser, product, path)
            most = FIRST_KB if path == list_path else None
            yield from weighed(f"first visit to a {name}", first, most)
            yield from weighed(f"second visit to a {name}", second, most and SECOND_KB)
        browser.close()


def weighed(name: str, visit: Visit, most: float | None) -> Iterator[Figure]:
    if most is None:
        yield Figure(name, f"{visit.size:,.1f} KB{visit.note}")
        return
    yield at_most(name, visit.size, most, "KB", f" in {visit.requests} requests")
    yield at_most("  of them before the first paint", visit.blocking, MOST_BLOCKING, "requests")


def two_visits(browser: Browser, product: Site, path: str) -> tuple[Visit, Visit]:
    """Nothing is cached before the first; the second is a new tab of the same browser."""
    context = browser.new_context()
    cookies: Any = [
        {"name": name, "value": value, "url": product.url}
        for name, value in product.cookies.items()
    ]
    context.add_cookies(cookies)
    visits = visited(context, product.url + path), visited(context, product.url + path)
    context.close()
    return visits


def visited(context: BrowserContext, url: str) -> Visit:
    page, visit = context.new_page(), Visit()
    listen(context, page, visit)
    page.goto(url, wait_until="networkidle")
    visit.blocking = page.evaluate(BLOCKING)
    page.close()
    return visit


def listen(context: BrowserContext, page: Page, visit: Visit) -> None:
    def finished(event: dict[str, Any]) -> None:
        """What came from the browser's own cache has no length."""
        visit.size += event["encodedDataLength"] / 1000
        visit.requests += event["encodedDataLength"] > 0

    devtools = context.new_cdp_session(page)
    devtools.on("Network.loadingFinished", finished)
    devtools.send("Network.enable")
