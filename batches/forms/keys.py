"""Forms about API keys. What was typed as a key is never rendered, valid or not."""

import re
from typing import Any

from django import forms
from django.http import QueryDict

from batches.models import Mode
from batches.refonte import Secret

# Printable ASCII without blanks. A colon would end the user name in the vendor's Basic header.
ACCEPTED = re.compile(r"[!-9;-~]{8,200}")
MASK = re.compile(r"[·•*.…]{2}")


class KeyInput(forms.TextInput):
    """Shows what is typed or pasted."""

    def format_value(self, value: Any) -> None:
        # a form that is shown again does not repeat the key: pages are kept by browsers
        return None


class KeyField(forms.CharField):
    """Cleans to a `Secret`. No message repeats any part of the input."""

    widget = KeyInput

    def __init__(self) -> None:
        super().__init__(
            label="API key",
            help_text="Shown while you type, then only its last four characters.",
            error_messages={"required": "Enter the API key."},
        )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        off = dict.fromkeys(("autocomplete", "autocapitalize", "autocorrect"), "off")
        return super().widget_attrs(widget) | off | {"spellcheck": "false"}

    def clean(self, value: Any) -> Secret:
        text = super().clean(value)
        if MASK.match(text):
            raise forms.ValidationError(
                "That is how a saved key is shown, not the key itself. Paste the whole key."
            )
        if not ACCEPTED.fullmatch(text):
            raise forms.ValidationError(
                "A key has 8 to 200 characters: ASCII letters, digits and signs, "
                "without spaces and colons."
            )
        return Secret(text)


class ReplaceKeyForm(forms.Form):
    """A new API key for a saved key that keeps its name."""

    api_key = KeyField()

    def __init__(self, data: QueryDict | None = None) -> None:
        # ids of its own, as the page behind the dialog has a field of the same name
        super().__init__(data, auto_id="new_%s")


class AddKeyForm(forms.Form):
    label = forms.CharField(
        max_length=60,
        label="Name",
        help_text="How you tell your keys apart, such as “Production”.",
        error_messages={"required": "Give the key a name."},
    )
    mode = forms.ChoiceField(
        choices=Mode.choices,
        widget=forms.RadioSelect,
        label="Mode",
        help_text="Test and live keys see different batches.",
        error_messages={"required": "Choose live or test."},
    )
    api_key = KeyField()
    keep_watch = forms.BooleanField(
        required=False,
        initial=True,
        label="Watch in the background",
        help_text=(
            "This console reads the lists of batches with the key in the background: a search "
            "finds all of them, and their counts over time are kept. It only reads, and can be "
            "turned off at any time."
        ),
    )

    def clean_label(self) -> str:
        label: str = self.cleaned_data["label"]
        if not label.isprintable():
            raise forms.ValidationError("The name has invisible characters.")
        return label
