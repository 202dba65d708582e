"""The form that dismisses alarms."""

from django import forms

from batches.services.attention.dismissals import MOST

IDS_MAX = 19  # digits of a number that a database takes


class DismissForm(forms.Form):
    """seen: `about` the alarms as the page showed them; see `services/attention/dismissals.py`."""

    reason = forms.CharField(
        max_length=200,
        label="Reason",
        error_messages={"required": "Enter a reason: all who read this key see it."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    seen = forms.CharField(max_length=16, widget=forms.HiddenInput, required=False)


def read_also(values: list[str]) -> list[int]:
    """Ids of further alarms in an address or a form; what is none is left out."""
    found = [int(one) for one in values if one.isascii() and one.isdigit() and len(one) < IDS_MAX]
    return list(dict.fromkeys(found))[: MOST - 1]
