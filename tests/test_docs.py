"""What the guides name is there."""

import re
from pathlib import Path

import pytest

from dashboard.demo import ROOT

GUIDES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
TEST = re.compile(r"`([\w/]+/)?(test_\w+\.py)(?:::(test_\w+))?`")


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
        "serve",
    ):
        assert command in changelog
        assert (ROOT / f"batches/management/commands/{command}.py").is_file()
