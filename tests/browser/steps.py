"""What several browser tests do: look again, find a row, read what is remembered."""

import re
from typing import Any

from django.contrib.sessions.models import Session
from django.core.cache import cache
from playwright.sync_api import CDPSession, Locator, Page, expect

from batches.services.keys.types import KeyHandle
from batches.services.readings.read import forget_batch
from batches.templatetags.addresses import dom_id

# Resolves when the page has dealt with the answer, whatever it was.
ASK = """() => new Promise((done, failed) => {
  const poller = document.querySelector("[data-poll][hx-trigger]");
  if (!poller) return failed(new Error("this page polls no more"));
  const late = setTimeout(() => failed(new Error("no answer to a poll")), 30000);
  document.addEventListener("console:after-request", () => {
    clearTimeout(late);
    setTimeout(done, 30);
  }, { once: true });
  poller.dispatchEvent(new CustomEvent("console:refresh"));
})"""


VISIBILITY = """state => {
  Object.defineProperty(document, "hidden", {get: () => state === "hidden", configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


AT_ONCE = ASK.replace("setTimeout(done, 30)", "done()")
OFTEN = f"async times => {{ for (let n = 0; n < times; n += 1) await ({AT_ONCE})(); }}"


def ask(page: Page) -> None:
    """One poll, now, from its question to what it changed."""
    # a click on a link returns before the next page has run its scripts
    page.wait_for_load_state()
    page.evaluate(ASK)


def look_again(page: Page, key: KeyHandle, name: str = "") -> None:
    """The same, with what the server holds of the vendor's answers made old first."""
    forget_batch(key=key, name=name)
    ask(page)


def row(page: Page, name: str) -> Locator:
    """The row of a batch on a list."""
    return page.locator("tr[data-row]").filter(has=page.locator(f"#{dom_id(name)}-status"))


def names(page: Page, count: int) -> list[str]:
    """The batches on a list, from the top, once all of them are there."""
    links = page.locator("tr[data-row] a[data-row-link]")
    expect(links).to_have_count(count)
    return [str(link.get_attribute("title")) for link in links.all()]


def focused(page: Page) -> Any:
    """What has the focus, by its id, else by its words."""
    return page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")


def hide(page: Page) -> None:
    """The tab goes behind another."""
    page.evaluate(VISIBILITY, "hidden")


def show(page: Page) -> None:
    """And comes back."""
    page.evaluate(VISIBILITY, "visible")


def expect_message(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#messages")).to_contain_text(words)


def audible(page: Page) -> str:
    """What stands in the live regions that a screen reader is told of now."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}

    def words(node: Any) -> str:
        if node.get("role", {}).get("value") == "StaticText":
            return str(node["name"]["value"])
        below = (by_id[child] for child in node.get("childIds", []) if child in by_id)
        return " ".join(filter(None, map(words, below)))

    live = (n for n in nodes if not n["ignored"] and n.get("role", {}).get("value") == "status")
    return " ".join(filter(None, map(words, live)))


def end_sessions() -> None:
    Session.objects.all().delete()
    cache.clear()


def weigh(page: Page, devtools: CDPSession) -> dict[str, float]:
    """Nodes, listeners and memory of a page, after its garbage was collected."""
    page.evaluate("getSelection().removeAllRanges()")
    devtools.send("HeapProfiler.collectGarbage")
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    found = {metric["name"]: metric["value"] for metric in metrics}
    return {name: found[name] for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize")}
