"""How a key is shown."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from batches.templatetags.names import name
from batches.templatetags.statuses import mode

register = template.Library()


@register.simple_tag
def key_pill(key: Any) -> SafeString:
    """The mode, the label and the last four characters of a key."""
    # empty for another person's key: only its owner sees a part of it
    last = format_html('<span class="key-last">··{}</span>', key.last_four) if key.last_four else ""
    label = name(key.label, "key-label")
    return format_html('<span class="key-pill">{}{}{}</span>', mode(key.mode), label, last)
