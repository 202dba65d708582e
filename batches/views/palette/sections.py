"""The sections of a search, from what was found. What a person may not do is not in them."""

from collections.abc import Iterable, Sequence

from batches.models.names import fold
from batches.services.batches.rows import Row
from batches.services.palette.batches import Found
from batches.services.palette.projects import FoundProject, find_projects
from batches.templatetags.addresses import is_whole, page_url
from batches.templatetags.palette import batch_note
from batches.views.addresses import batch_url
from batches.views.palette.actions import with_batch
from batches.views.palette.opened import PROJECT, opened_lately
from batches.views.palette.pages import pages_for
from batches.views.palette.saved_views import saved_views
from batches.views.palette.selected import with_selected
from batches.views.palette.types import Result, Section
from batches.views.request import Request

RECENT_PROJECTS = 2


def sections_of(
    request: Request, q: str, found: Found, *, selection: str = ""
) -> tuple[Section, ...]:
    """In their order, without those that are empty."""
    typed, key = q.strip(), request.key.ref
    named = (_batches(typed, found, key), _projects(request, typed, found))
    elsewhere = (
        saved_views(request, typed),
        _fitting("pages", "Pages", pages_for(request), typed),
    )
    doing = (
        _doing("selected", *with_selected(request, selection), typed),
        _doing("here", *with_batch(request, found.here), typed),
    )
    ask = _ask(q, found, key)
    shown: tuple[Section, ...]
    if not typed:
        shown = (*named, *doing, *elsewhere)
    elif any(one.results and one.is_typed for one in (*named, *elsewhere, *doing)):
        shown = (*named, *elsewhere, *doing, ask)
    else:  # Enter takes the first line
        shown = (ask, *doing)
    return tuple(one for one in shown if one.results)


def _batches(typed: str, found: Found, key: str) -> Section:
    lines = [_batch(row, key) for row in found.rows]
    if typed and found.rows and (found.more or found.is_cut):
        words = f"{found.more:,} more…" if found.more else "Older names…"
        lines.append(Result(words=words, url=_list_url(typed, key), icon="search"))
    return Section(id="batches", title="Batches" if typed else "Recent", results=tuple(lines))


def _projects(request: Request, typed: str, found: Found) -> Section:
    some = find_projects(key=request.key, q=typed) if typed else _recent(request, found)
    key = request.key.ref
    lines = tuple(_project(one, key) for one in some if is_whole(one.name))
    return Section(id="projects", title="Projects", results=lines)


def _recent(request: Request, found: Found) -> Iterable[FoundProject]:
    if found.is_refused:
        return []
    names = opened_lately(request, request.key, PROJECT)[:RECENT_PROJECTS]
    return [FoundProject(name=name, open=0) for name in names]


def _fitting(id: str, title: str, results: Iterable[tuple[Result, str]], typed: str) -> Section:
    """Those of which a word, or another that people call them by, begins with what was typed."""
    fits = (one for one, called in results if _begins(typed, f"{one.words} {called}"))
    return Section(id=id, title=title, results=tuple(fits))


def _doing(id: str, title: str, actions: Sequence[Result], typed: str) -> Section:
    """What can be done: the actions with these words, or all of them where none has them."""
    fits = [one for one in actions if _begins(typed, one.words)]
    return Section(id=id, title=title, results=tuple(fits or actions), is_typed=bool(fits))


def _begins(typed: str, words: str) -> bool:
    """Whether a word begins so: most words have most letters somewhere in them."""
    return f" {fold(typed)}" in f" {fold(words)}"


def _ask(q: str, found: Found, key: str) -> Section:
    """The one line that leads to a call: the list asks Refonte for exactly this name."""
    has_more = bool(found.rows) and (found.more or found.is_cut)  # that line leads there too
    is_found = any(row.name in (q, q.strip()) for row in found.rows)
    if not q.strip() or found.is_refused or has_more or is_found:
        return Section(id="ask", title="")
    line = Result(words=f"Ask Refonte for “{q.strip()}”", url=_list_url(q, key), icon="send")
    where = f"Not among the {found.looked_words}." if found.is_cut else "No name seen here."
    words = "" if found.rows else f"{where} Enter asks Refonte for exactly this one."
    return Section(id="ask", title="Refonte", words=words, results=(line,))


def _list_url(q: str, key: str) -> str:
    return page_url("batches:list", q=q, key=key)


def _batch(row: Row, key: str) -> Result:
    note = batch_note(row)
    return Result(
        words=row.name,
        url=batch_url(row.name, key),
        icon=note.icon,
        tone=note.tone,
        label=note.label,
        note=note.words,
        note_tone="bad" if note.is_alarm and note.tone == "bad" else "",
        figure=row.progress.percent_text if not row.progress.is_unstarted else "",
        is_name=True,
    )


def _project(project: FoundProject, key: str) -> Result:
    return Result(
        words=project.name,
        url=page_url("projects:detail", project.name, key=key),
        icon="folder",
        note=f"{project.open:,} open" if project.open else "",
        is_name=True,
    )
