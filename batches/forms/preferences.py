"""How a person likes the console."""

from django import forms

from batches.models import Theme
from batches.services.preferences import PAGE_SIZES, zone_names


def _zones() -> list[tuple[str, str]]:
    return [("", "Not chosen: take this browser's"), *((name, name) for name in zone_names())]


class PreferencesForm(forms.Form):
    zone = forms.ChoiceField(
        choices=_zones,
        required=False,
        label="Time zone",
        help_text="Times on screen and days in filters are in this zone.",
        error_messages={"invalid_choice": "No such time zone is known."},
    )
    theme = forms.ChoiceField(choices=Theme.choices, widget=forms.RadioSelect)
    page_size = forms.TypedChoiceField(
        choices=[(size, str(size)) for size in PAGE_SIZES], coerce=int, label="Rows a page"
    )
    shortcuts = forms.BooleanField(
        required=False,
        label="Keyboard shortcuts",
        help_text="Single keys such as / and j. Off while you type, or always.",
    )
