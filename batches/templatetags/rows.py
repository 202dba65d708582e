"""The rows of a list, and its menus: kept as rendered, and used for everybody who sees the same."""

import sys
from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import cast

from cachetools import LRUCache
from django import template
from django.forms import Form
from django.template import Context, Template
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from batches.services.batches.rows import Row
from batches.templatetags.times import age_text

register = template.Library()

# Bytes, and characters of one. A vendor's names have any length: a long row is rendered each time.
KEPT, LONGEST = 16_000_000, 8_000
# In this process: a hundred trips to Redis would cost more than rendering them again.
drawn: LRUCache[tuple[object, ...], SafeString] = LRUCache(KEPT, getsizeof=sys.getsizeof)
# Template, names of columns, ref of the key, time zone.
SeenBy = tuple[str, tuple[str, ...], str, str]
_lock = Lock()  # cachetools leaves locking to its user, and requests run in threads


@register.simple_tag(takes_context=True)
def drawn_rows(
    context: Context, rows: Sequence[Row], template_name: str = "batches/_row.html"
) -> SafeString:
    """All rows of the page, with the columns that it shows."""
    # not `{% cache %}`, which costs more for a row than rendering the row
    now, frame = timezone.now(), context["frame"]
    columns = tuple(column.name for column in context["columns"])
    seen_by = (template_name, columns, frame.key.ref, frame.zone_name)
    return format_html_join("", "{}", ((_drawn(context, row, now, seen_by),) for row in rows))


@register.simple_tag(takes_context=True)
def drawn_shape(context: Context) -> SafeString:
    """The menus of order, columns and density: thirty links that follow from the address alone."""
    return _drawn_menu(context, "batches/_shape.html", ("address", "shape"))


@register.simple_tag(takes_context=True)
def drawn_days(context: Context, form: Form) -> SafeString:
    """The filter of days, which follows from the address too, unless a day in it is wrong."""
    template_name, takes = "batches/_filter_created.html", ("address", "filters", "form")
    if not form.is_valid():
        return _draw_alone(context, template_name, takes)
    return _drawn_menu(context, template_name, takes)


def _drawn_menu(context: Context, template_name: str, takes: tuple[str, ...]) -> SafeString:
    """takes: what the template reads; the address decides all of it."""
    address = context["address"]
    place = (template_name, address.first, address.key.ref, address.view)
    with _lock:
        known = drawn.get(place)
    if known is None:
        known = _draw_alone(context, template_name, takes)
        with _lock:
            drawn[place] = known
    return known


def _draw_alone(context: Context, template_name: str, takes: tuple[str, ...]) -> SafeString:
    engine = cast(Template, context.template).engine
    alone = Context({name: context[name] for name in takes})
    return engine.get_template(template_name).render(alone)


def _drawn(context: Context, row: Row, now: datetime, seen_by: SeenBy) -> SafeString:
    shown = _shown(row, now, seen_by)
    with _lock:
        known = drawn.get(shown)
    if known is None:
        known = _draw(context, row, seen_by[0])
        if len(known) <= LONGEST:
            with _lock:
                drawn[shown] = known
    return known


def _shown(row: Row, now: datetime, seen_by: SeenBy) -> tuple[object, ...]:
    """All that the row's template reads. `Row.stamp` is a digest of what may change."""
    # the age as text: it changes once a minute or less, the time behind it never
    age = row.created_at and age_text(row.created_at, now)
    seen_at = row.facts.absent_at and row.facts.seen_at
    # a time of today is drawn without its day, so a kept row is of one day only
    today = timezone.localdate(now)
    # how long it has been in staging, likewise
    waits = row.forgotten and age_text(row.forgotten.since, now)
    return (row.stamp, row.project, row.created_at, age, seen_at, waits, seen_by, today)


def _draw(context: Context, row: Row, template_name: str) -> SafeString:
    """Render one row."""
    # a new context, without the page's: a kept row must not depend on anything else of the page
    engine = cast(Template, context.template).engine
    of_page = {"key_ref": context["frame"].key.ref, "columns": context["columns"]}
    alone = Context({"row": row, "oob": False} | of_page)
    return engine.get_template(template_name).render(alone)
