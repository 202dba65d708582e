"""What a search covers: how many batches are known, how current that is, what is missing."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from batches.services.batches.exact_name import ExactName
from batches.services.walks.coverage import Coverage
from batches.templatetags.figures import figure
from batches.templatetags.names import name
from batches.templatetags.times import time

register = template.Library()

Sentence = SafeString | str


@register.simple_tag(takes_context=True)
def search_coverage(context: Context, listing: Any, exact: ExactName | None) -> Sentence:
    """Sentences about the known batches; empty where the list is no search.

    listing: a BatchList or ListPoll. exact: whether Refonte has a batch of the typed name; a poll
        does not ask for that.
    """
    coverage = listing.coverage
    if coverage is None:
        return ""
    sentences = [_covered(coverage, listing.total), *_next_reading(coverage)]
    if not coverage.is_watched:
        sentences.append(_how_to_watch(context["frame"]))
    if not listing.rows:  # `empty_list` has the same sentence in place of the rows
        pass
    elif exact and exact.is_absent:
        sentences.append("Refonte has no batch with exactly this name.")
    elif not (exact and exact.failure) and not coverage.is_complete:
        sentences.append("Others are found by their exact name.")
    return format_html_join(" ", "{}", ((sentence,) for sentence in sentences))


def _covered(coverage: Coverage, found: int | None) -> Sentence:
    """found: None where more batches are known than one page reads."""
    number = f"{'more than ' if coverage.has_more else ''}{figure(coverage.known)}"
    if not (coverage.is_watched or coverage.is_whole):
        seen = f"{number} batches seen here before with this key"
        known = seen.capitalize() if found is None else f"{figure(found)} of the {seen}"
        return f"{known}, the only ones searched."
    known = f"{figure(found)} of the {number} known"
    if found is None:
        known = f"{number} batches are known".capitalize()
    if coverage.read_at:
        known = format_html("{}, read {}", known, time(coverage.read_at, "clock"))
    return format_html("{}{}", known, _how_far(coverage))


def _how_far(coverage: Coverage) -> str:
    if coverage.is_whole:
        return "."
    if not coverage.rows_read:
        return "; the list has not been read yet."
    of_total = "" if coverage.of_total is None else f" of {figure(coverage.of_total)}"
    return f"; still reading: {figure(coverage.rows_read)}{of_total}."


def _next_reading(coverage: Coverage) -> Iterator[Sentence]:
    if not (coverage.failure and coverage.is_watched):
        return
    if coverage.next_try:
        yield format_html("Reading continues {}:", time(coverage.next_try, "clock"))
    yield coverage.failure


def _how_to_watch(frame: Any) -> Sentence:
    """Why the search finds no further names by itself, and who can change that."""
    key, address = frame.key, frame.watch_url
    if not key.is_own:
        words = "Its owner, {}, can turn on “Watch in the background” to search all its batches."
        return format_html(words, name(key.owner_name))
    if key.keep_watch:
        words = (
            '“Watch in the background” is on, but <a href="{}">cannot read with this key now</a>.'
        )
        return format_html(words, address)
    words = (
        '<a href="{}">Turn on “Watch in the background” for this key</a> to search all its batches.'
    )
    return format_html(words, address)
