"""The icons beside words. A builtin of every template, without `{% load %}`."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# By the level of a message as Django names it; any other is for information.
MESSAGE_ICONS = {
    "success": "circle-check",
    "warning": "alert-triangle",
    "error": "alert-triangle",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    # hidden from screen readers: a word beside it has the meaning
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("vendor/tabler/icons.svg"),
        name,
    )


@register.filter
def message_icon(level: str) -> str:
    """The icon of a message, by its level."""
    return MESSAGE_ICONS.get(level, "info-circle")
