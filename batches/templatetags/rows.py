"""The rows of a list. A rendered row is kept, and used for everybody who sees the same."""

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
from batches.templatetags.times import age_text

register = template.Library()

# Bytes, and characters of one. A vendor's names have any length: a long row is rendered each time.
KEPT, LONGEST = 16_000_000, 8_000
# In this process: a hundred trips to Redis would cost more than rendering them again.
drawn: LRUCache[tuple[object, ...], SafeString] = LRUCache(KEPT, getsizeof=sys.getsizeof)
_lock = Lock()  # cachetools leaves locking to its user, and requests run in threads


@register.simple_tag(takes_context=True)
def drawn_rows(context: Context, rows: Sequence[Row]) -> SafeString:
    """All rows of the page."""
    # not `{% cache %}`, which costs more for a row than rendering the row
    now, frame = timezone.now(), context["frame"]
    seen_by = (frame.key.ref, frame.zone_name)
    return format_html_join("", "{}", ((_drawn(context, row, now, seen_by),) for row in rows))


def _drawn(context: Context, row: Row, now: datetime, seen_by: tuple[str, str]) -> SafeString:
    shown = _shown(row, now, seen_by)
    with _lock:
        known = drawn.get(shown)
    if known is None:
        known = _draw(context, row)
        if len(known) <= LONGEST:
            with _lock:
                drawn[shown] = known
    return known


def _shown(row: Row, now: datetime, seen_by: tuple[str, str]) -> tuple[object, ...]:
    """All that the row's template reads. `Row.stamp` is a digest of what may change."""
    # the age as text: it changes once a minute or less, the time behind it never
    age = row.created_at and age_text(row.created_at, now)
    seen_at = row.facts.absent_at and row.facts.seen_at
    # a time of today is drawn without its day, so a kept row is of one day only
    today = timezone.localdate(now)
    return (row.stamp, row.project, row.created_at, age, seen_at, seen_by, today)


def _draw(context: Context, row: Row) -> SafeString:
    """Render one row."""
    # a new context, without the page's: a kept row must not depend on anything else of the page
    engine = cast(Template, context.template).engine
    alone = Context({"row": row, "key_ref": context["frame"].key.ref, "oob": False})
    return engine.get_template("batches/_row.html").render(alone)
