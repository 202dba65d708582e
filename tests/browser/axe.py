"""What axe finds on a page, in both themes, on a desktop and on a phone."""

from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page

# From npm, pinned: the Python packages that bring axe are a year behind it.
SCRIPT = (Path(__file__).parent / "vendor/axe/axe.min.js").read_text("utf-8")
WIDTHS = (1366, 390)
# The themes differ in colours alone.
RULES: dict[Literal["light", "dark"], list[str] | None] = {
    "light": None,
    "dark": ["color-contrast", "link-in-text-block"],
}
# What an open menu lies over is no target; everything else has 24 px.
RUN = """async rules => {
  const enabled = !document.querySelector("details[data-menu][open]");
  const only = rules ? {runOnly: rules} : {rules: {"target-size": {enabled}}};
  const found = await axe.run(document, {...only, resultTypes: ["violations"]});
  const where = ({html, failureSummary}) => `${html} ${failureSummary}`;
  return found.violations.map(({id, nodes}) => [id, nodes.map(where)]);
}"""
# Nothing scrolls sideways: neither the page nor the dialog that is open.
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll("dialog[open]")]
  .filter(box => box.scrollWidth > box.clientWidth)
  .map(box => `${box.tagName} ${box.scrollWidth} > ${box.clientWidth}`)"""


def check(page: Page) -> None:
    """Fails with what axe found. Motion is off, so that no colour is half-way to another."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(SCRIPT)
    size = page.viewport_size
    assert size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": size["height"]})
        assert page.evaluate(SIDEWAYS) == [], width
        for scheme, rules in RULES.items():
            page.emulate_media(color_scheme=scheme)
            found: list[Any] = page.evaluate(RUN, rules)
            assert not found, (width, scheme, found)
