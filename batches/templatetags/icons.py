"""The pictures beside words. In every template, with nothing to load."""

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
    """One of the sprite's, for eyes alone."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("vendor/tabler/icons.svg"),
        name,
    )


@register.filter
def message_icon(level: str) -> str:
    """The picture of a message, by its level."""
    return MESSAGE_ICONS.get(level, "info-circle")
