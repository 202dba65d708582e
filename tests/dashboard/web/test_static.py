"""One stylesheet from many parts."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

from dashboard.web import static


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "css").mkdir(parents=True)
    settings.STATICFILES_DIRS = [source]
    settings.DATA_DIR = tmp_path
    return source


def test_every_part_of_the_stylesheet_is_in_the_list():
    parts = static.sources()
    there = set(parts[0].parent.glob("*.css"))
    assert set(parts) == there
    assert len(parts) == len(there)


def test_colours_are_written_out_among_the_tokens_alone():
    """The system's own colours are no choice of this product's."""
    written = re.compile(
        r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(|light-dark\(|(?<!-)\b(?:white|black)\b(?!-)"
    )
    tokens, *others = sorted(static.sources(), key=lambda path: path.name != "tokens.css")
    assert written.search(tokens.read_text())
    assert [path.name for path in others if written.search(path.read_text())] == []


def test_parts_are_joined_in_the_order_of_the_list(folder: Path):
    (folder / static.LIST).write_text("# order matters\nb.css\n\na.css\n")
    (folder / "css/a.css").write_text("a{}")
    (folder / "css/b.css").write_text("b{}")
    finder = static.StylesheetFinder()
    assert Path(finder.find(static.SHEET)).read_text() == "b{}\na{}"
    assert finder.find(static.SHEET, find_all=True) == [finder.find(static.SHEET)]
    assert finder.find("css/a.css") == []


def test_a_changed_part_changes_the_sheet_and_the_digest(folder: Path):
    (folder / static.LIST).write_text("a.css\n")
    (folder / "css/a.css").write_text("a{}")
    before = static.digest_of_sources()
    assert static.digest_of_sources() == before
    (folder / "css/a.css").write_text("a{color:red}")
    assert (static.assemble() / static.SHEET).read_text() == "a{color:red}"
    assert static.digest_of_sources() != before


def test_without_a_list_the_sheet_is_empty(folder: Path):
    ((path, storage),) = static.StylesheetFinder().list(None)
    assert storage.size(path) == 0


def test_django_finds_the_sheet_that_ships():
    found = finders.find(static.SHEET)
    assert isinstance(found, str)
    assert "--accent" in Path(found).read_text()


def test_an_address_is_made_once(monkeypatch: pytest.MonkeyPatch):
    made = []

    def note(self: Any, name: str, force: bool) -> str:
        made.append(name)
        return f"/static/hashed-{name}"

    monkeypatch.setattr(CompressedManifestStaticFilesStorage, "url", note)
    storage = static.ManifestStorage()
    assert [storage.url(name) for name in ("a.css", "b.css", "a.css")] == [
        "/static/hashed-a.css",
        "/static/hashed-b.css",
        "/static/hashed-a.css",
    ]
    assert made == ["a.css", "b.css"]


def test_every_class_of_the_stylesheet_is_drawn_somewhere():
    """A class that was renamed in the templates alone would lose its looks without a word."""
    root = Path(settings.BASE_DIR)
    drawn = "\n".join(
        path.read_text()
        for folder, kind in (
            *(("templates", "*.html"), ("batches", "*.py")),
            *(("static/js", "*.js"), ("static/vendor", "*.js")),
        )
        for path in (root / folder).rglob(kind)
    )
    sheet = "\n".join(path.read_text() for path in static.sources())
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    classes = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"{[^{}]*}", "{}", sheet)))

    # `status--{{ tone }}` and `cell-{{ name }}` are written with their variable
    written = {name for name in classes if re.search(rf"(?<![\w-]){name}(?![\w-])", drawn)}
    beginnings = {
        name: (f"{name.partition('--')[0]}--{{", f"{name[: name.rfind('-')]}-{{")
        for name in classes
    }
    composed = {name for name, begun in beginnings.items() if any(one in drawn for one in begun)}
    assert len(classes) > 99
    assert classes - written - composed == set()
