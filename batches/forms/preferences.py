"""A person's preferences."""

from typing import Any

from django import forms

from batches.models import Theme
from batches.services.people.preferences import PAGE_SIZES, zone_names


class PreferencesForm(forms.Form):
    """browser_zone: the zone where none is chosen; empty where the browser sent none."""

    zone = forms.ChoiceField(
        required=False,
        label="Time zone",
        help_text="Times on screen and days in filters are in this zone.",
        error_messages={"invalid_choice": "Unknown time zone."},
    )
    theme = forms.ChoiceField(choices=Theme.choices, widget=forms.RadioSelect)
    page_size = forms.TypedChoiceField(
        choices=[(size, str(size)) for size in PAGE_SIZES], coerce=int, label="Rows per page"
    )
    shortcuts = forms.BooleanField(
        required=False,
        label="Keyboard shortcuts",
        help_text="Single keys such as / and j. Ignored while typing. Untick to turn off.",
    )

    def __init__(self, *args: Any, browser_zone: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        follow = "Follow the browser" + (f" (now {browser_zone})" if browser_zone else "")
        self.fields["zone"].choices = [("", follow), *((name, name) for name in zone_names())]  # type: ignore[attr-defined]
