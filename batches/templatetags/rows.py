"""The rows of a list: what was drawn for one who sees the same is not drawn again."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from django import template
from django.core.cache import caches
from django.template import Context, Template
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from batches.services.batch_rows import Row
from batches.templatetags.console import age_words

register = template.Library()

KEPT_SECONDS = 600


@register.simple_tag(takes_context=True)
def drawn_rows(context: Context, rows: Sequence[Row]) -> SafeString:
    """All of them. One look into the cache: a `{% cache %}` a row costs more than the row."""
    kept, now = caches["fragments"], timezone.now()
    frame = context["frame"]
    seen_by = (frame.key.ref, frame.zone_name)
    keys = [_key(row, now, seen_by) for row in rows]
    drawn: dict[str, SafeString] = kept.get_many(keys)
    missing = {key: row for key, row in zip(keys, rows, strict=True) if key not in drawn}
    fresh = {key: _draw(context, row) for key, row in missing.items()}
    if fresh:
        kept.set_many(fresh, KEPT_SECONDS)
    drawn |= fresh
    return format_html_join("", "{}", ((drawn[key],) for key in keys))


def _key(row: Row, now: datetime, seen_by: tuple[str, str]) -> str:
    """The same for all that look the same."""
    age = row.created_at and age_words(row.created_at, now)
    facts = (row.stamp, row.project, row.created_at, age, seen_by)
    return hashlib.sha256(repr(facts).encode(errors="surrogatepass")).hexdigest()


def _draw(context: Context, row: Row) -> SafeString:
    engine = cast(Template, context.template).engine
    with context.push(row=row):
        return engine.get_template("batches/_row.html").render(context)
