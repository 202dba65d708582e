"""What the guides name is there."""

import re
from datetime import timedelta
from pathlib import Path
from pydoc import locate

import pytest

from dashboard.run.demo import ROOT

GUIDES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
TEST = re.compile(r"`([\w/]+/)?(test_\w+\.py)(?:::(test_\w+))?`")
LOGGER = re.compile(r"getLogger\((.+?)\)")
METRIC = re.compile(r'"(console_\w+)"')
LIMIT = re.compile(
    r"^\|.+\| ([\d,]+)(?: (\w+))?.*\| `((?:batches|dashboard)[\w.]+)` \|$", re.MULTILINE
)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_every_link_leads_somewhere(guide: Path):
    links = re.findall(r"\]\(([^)#]+)\)", guide.read_text("utf-8"))
    here = [link for link in links if not link.startswith("https://")]
    missing = [link for link in here if not (guide.parent / link).exists()]
    assert missing == []


def test_every_test_that_shows_a_defence_exists():
    named = TEST.findall((ROOT / "docs/security.md").read_text("utf-8"))
    assert len(named) > 50
    for folder, file, name in named:
        source = (ROOT / "tests" / folder / file).read_text("utf-8")
        assert f"def {name}(" in source or not name, f"{file} has no {name}"


def test_every_command_of_the_changelog_exists():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make (\w+)`", changelog):
        assert f"\n{target}:" in makefile
    for command in (
        "sandbox",
        "backup_database",
        "after_restore",
        "rotate_encryption_keys",
        "verify_operations",
        "serve",
    ):
        assert command in changelog
        assert (ROOT / f"batches/management/commands/{command}.py").is_file()


def test_every_logger_and_metric_of_ours_is_in_the_guide():
    guide = (ROOT / "docs/operations.md").read_text("utf-8")
    named: set[str] = set()
    for room in ("batches", "dashboard"):
        for file in (ROOT / room).rglob("*.py"):
            source = file.read_text("utf-8")
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            loggers = LOGGER.findall(source)
            named |= {module if name == "__name__" else name.strip('"') for name in loggers}
    assert len(named) > 5
    assert {name for name in named if f"`{name}`" not in guide} == set()
    for place in ("batches/services/metrics.py", "dashboard/web/metrics.py"):
        metrics = METRIC.findall((ROOT / place).read_text("utf-8"))
        assert metrics
        missing = [name for name in metrics if not re.search(rf"`{name}(_total)?[`{{]", guide)]
        assert missing == []


def test_every_limit_is_the_codes():
    rows = LIMIT.findall((ROOT / "docs/security.md").read_text("utf-8"))
    assert len(rows) > 15
    for number, unit, place in rows:
        limit = locate(place)
        if isinstance(limit, timedelta):
            limit /= timedelta(**{unit: 1})
        assert limit == int(number.replace(",", "")), place


PATH = re.compile(r"`((?:[a-z_-]+/)*[a-z_0-9-]+\.(?:py|css|list|md|toml)|(?:[a-z_-]+/)+)`")
# Where a path of these documents begins.
BASES = (
    "",
    "batches",
    "batches/services/observations",
    "batches/services/operations",
    "static/css",
)


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_every_path_that_a_newcomer_is_shown_exists(document: str):
    shown = set(PATH.findall((ROOT / document).read_text("utf-8")))

    assert len(shown) > 10
    assert not {path for path in shown if not any((ROOT / base / path).exists() for base in BASES)}
