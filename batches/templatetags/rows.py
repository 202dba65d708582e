"""The rows of a list: what was drawn for one who sees the same is not drawn again."""

import sys
from collections.abc import Sequence
from datetime import datetime
from threading import Lock
from typing import cast

from cachetools import LRUCache
from django import template
from django.template import Context, Template
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from batches.services.batches.rows import Row
from batches.templatetags.console import age_words

register = template.Library()

# Bytes, and characters of one. A vendor's names have any length: a row that is long is drawn anew
# each time.
KEPT, LONGEST = 16_000_000, 8_000
# In this process: a hundred trips to Redis would cost more than drawing them again.
drawn: LRUCache[tuple[object, ...], SafeString] = LRUCache(KEPT, getsizeof=sys.getsizeof)
_lock = Lock()


@register.simple_tag(takes_context=True)
def drawn_rows(context: Context, rows: Sequence[Row]) -> SafeString:
    """All of them. A `{% cache %}` a row would cost more than the row."""
    now, frame = timezone.now(), context["frame"]
    seen_by = (frame.key.ref, frame.zone_name)
    return format_html_join("", "{}", ((_drawn(context, row, now, seen_by),) for row in rows))


def _drawn(context: Context, row: Row, now: datetime, seen_by: tuple[str, str]) -> SafeString:
    look = _look(row, now, seen_by)
    with _lock:
        known = drawn.get(look)
    if known is None:
        known = _draw(context, row)
        if len(known) <= LONGEST:
            with _lock:
                drawn[look] = known
    return known


def _look(row: Row, now: datetime, seen_by: tuple[str, str]) -> tuple[object, ...]:
    """The same for all that look the same."""
    age = row.created_at and age_words(row.created_at, now)
    return (row.stamp, row.project, row.created_at, age, seen_by)


def _draw(context: Context, row: Row) -> SafeString:
    engine = cast(Template, context.template).engine
    with context.push(row=row):
        return engine.get_template("batches/_row.html").render(context)
