"""Scripts are modules, served under hashed names with hashed imports."""

import re
from pathlib import Path

import pytest
from django.conf import settings

SCRIPTS = sorted((Path(settings.STATICFILES_DIRS[0]) / "js").glob("*.js"))
IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?["'](\.[^"']+)["'];""", re.MULTILINE)
HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")
EVENT_NAME = re.compile(r"""["'](?:console|htmx):[\w-]+["']""")


def test_no_served_import_is_unhashed(static_root: Path) -> None:
    scripts = [path for path in (static_root / "js").glob("*.js") if HASHED.search(path.name)]
    imports = [(path, one) for path in scripts for one in IMPORT.findall(path.read_text())]

    assert {path.name.partition(".")[0] for path in scripts} == {path.stem for path in SCRIPTS}
    assert len(imports) >= len(IMPORT.findall("".join(path.read_text() for path in SCRIPTS))) > 9
    for path, one in imports:
        assert HASHED.search(one)
        assert (path.parent / one).is_file()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_a_module_without_a_wrapper(script: Path) -> None:
    text = script.read_text()

    assert not re.search(r"^\(\(?(?:async )?(?:\(\)|function)", text, re.MULTILINE)
    assert "use strict" not in text


def test_event_names_stand_in_one_list() -> None:
    named = {path.name for path in SCRIPTS if EVENT_NAME.search(path.read_text())}
    assert named == {"events.js"}


def test_one_script_reads_the_csrf_cookie() -> None:
    readers = {path.name for path in SCRIPTS if "document.cookie" in path.read_text()}
    assert readers == {"csrf.js"}


def test_every_script_is_on_a_page_or_imported() -> None:
    templates = Path(settings.TEMPLATES[0]["DIRS"][0]).rglob("*.html")
    pages = "".join(path.read_text() for path in templates)
    tags = set(re.findall(r"""<script type="module" src="{% static 'js/([\w-]+\.js)'""", pages))
    found = {one for path in SCRIPTS for one in IMPORT.findall(path.read_text())}
    imports = {one[2:] for one in found if one.startswith("./")}

    assert tags | imports == {path.name for path in SCRIPTS}
    assert not tags & imports  # else it would be asked for under two names
