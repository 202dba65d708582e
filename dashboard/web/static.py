"""Static files. The stylesheet is written as one file a component and served as one file.

`static/css/console.css.list` names the sources in their order, one a line. The finder joins them
into `css/console.css`, for `collectstatic` and for a running development server alike.
"""

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder, get_finders
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

SHEET = "css/console.css"
LIST = "css/console.css.list"
# A script's imports are hashed as it is itself. Django's `support_js_module_import_aggregation`
# looks into every script, and comments in those of django_htmx name modules that are not there.
OWN_IMPORTS = (
    "js/*.js",
    ((r"""(?P<matched>from "(?P<url>\.{1,2}/[\w/-]+\.js)";)""", 'from "%(url)s";'),),
)


def sources() -> list[Path]:
    """The parts of the stylesheet, in the order of `console.css.list`."""
    folder: Path = settings.STATICFILES_DIRS[0]
    if not (folder / LIST).is_file():
        return []
    lines = (line.strip() for line in (folder / LIST).read_text(encoding="utf-8").splitlines())
    return [folder / "css" / line for line in lines if line and not line.startswith("#")]


def assemble() -> Path:
    """Writes the joined stylesheet below the data directory. Returns its static root."""
    root: Path = settings.DATA_DIR / "assembled"
    sheet = root / SHEET
    joined = "\n".join(part.read_text(encoding="utf-8") for part in sources())
    if not sheet.is_file() or sheet.read_text(encoding="utf-8") != joined:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        draft = sheet.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        draft.write_text(joined, encoding="utf-8")
        draft.replace(sheet)  # at once: another thread may be reading
    return root


def digest_of_sources() -> str:
    """Changes with every file that `collectstatic` would copy."""
    # by name, time and size, without reading the files: the demo compares it at each start
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(["CVS", ".*", "*~"]):
            modified = storage.get_modified_time(path).timestamp()
            digest.update(f"{path} {modified} {storage.size(path)}\n".encode())
    return digest.hexdigest()


class StylesheetFinder(BaseFinder):
    """Finds the joined stylesheet, and nothing else."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != SHEET:
            return []
        found = str(assemble() / SHEET)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        yield SHEET, FileSystemStorage(location=assemble())


class ManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types
    """Computes each address once."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, OWN_IMPORTS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # they do not change while the process runs, and a page has dozens of them
        self._addresses: dict[str | None, str] = {}

    def url(self, name: str | None, force: bool = False) -> str:
        if name not in self._addresses:
            self._addresses[name] = str(super().url(name, force))
        return self._addresses[name]
