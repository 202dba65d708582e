"""Forms that create, finalize and prioritize a batch. Fields carry the vendor's names."""

import unicodedata
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from batches.forms.callback import check_callback, own_address_warning
from batches.refonte import PRIORITY_MAX, PRIORITY_MIN
from batches.refs import is_addressable
from batches.services.callbacks import addresses
from batches.services.operations.names import MAX_LENGTH

# Controls, halves of characters, line and paragraph separators, and formatting. Some formatting
# characters reverse the direction of the text, so a person would read another name.
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = "\u200c\u200d"  # needed to write emoji and some scripts
REPLACEMENT = "\ufffd"  # stands for a character that could not be decoded
# Fillers and selectors draw nothing, although Unicode counts them as letters, signs and marks.
BLANK = JOINERS + "\u034f\u115f\u1160\u2800\u3164\ufe0e\ufe0f\uffa0"
PRIORITY_MESSAGE = f"Enter a whole number from {PRIORITY_MIN} to {PRIORITY_MAX}."
FLAGS = {"": False, "false": False, "0": False, "off": False} | dict.fromkeys(
    ("true", "1", "on"), True
)


def check_text(text: str) -> str:
    """A name composed (NFC), as the vendor stores it. Raises ValidationError for invisible text."""
    if any(unicodedata.category(char) in INVISIBLE and char not in JOINERS for char in text):
        raise ValidationError("This has invisible characters. Type it again.")
    if REPLACEMENT in text:
        raise ValidationError("A character was lost on its way here. Type it again.")
    if text and all(char in BLANK or char.isspace() for char in text):
        raise ValidationError("This has only invisible characters. Type it again.")
    # two spellings of one letter look the same, but would be two batches
    return unicodedata.normalize("NFC", text)


def check_name(text: str) -> str:
    """A batch name that is possible in the vendor's URLs. Raises ValidationError."""
    name = check_text(text.strip())
    if not name:
        raise ValidationError("Enter a name for the batch.")
    if not is_addressable(name):
        raise ValidationError("This name cannot be used in a URL. Choose another.")
    if len(name) > MAX_LENGTH:
        raise ValidationError(f"At most {MAX_LENGTH} characters; this has {len(name)}.")
    return name


class TextField(forms.CharField):
    """A text that is measured later."""

    def __init__(self, **kwargs: Any) -> None:
        # no max_length: a name is shorter after composing (NFC), which is how it is sent
        super().__init__(**kwargs)
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}


class Checkbox(forms.CheckboxInput):
    """Passes on what was sent, so that the field can check it."""

    def __init__(self) -> None:
        super().__init__(check_test=lambda value: value is True or FLAGS.get(str(value), False))

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        # Django's own makes True of any unknown text
        return data.get(name, "")


class FlagField(forms.Field):
    widget = Checkbox

    def __init__(self, *, label: str, help_text: str) -> None:
        super().__init__(required=False, label=label, help_text=help_text)

    def clean(self, value: Any) -> bool:
        text = str(value).strip().lower()
        if text not in FLAGS:
            raise ValidationError("This must be on or off.")
        return FLAGS[text]


# Offered beside any other number.
PRIORITY_PRESETS = ((10, "Lowest"), (20, "Middle"), (30, "Highest"))


class PriorityField(forms.CharField):
    """A whole number within the vendor's bounds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off", "size": 4}

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        # `int` also takes digits of other scripts, and raises for more than 4,300 digits
        is_number = text.isascii() and text.isdigit() and len(text) <= 2
        if not is_number or not PRIORITY_MIN <= int(text) <= PRIORITY_MAX:
            raise ValidationError(PRIORITY_MESSAGE)
        return int(text)


class ActionForm(forms.Form):
    """A form that writes to Refonte."""

    # recorded with the operation, where it is unique: a double click is sent once
    form_id = forms.UUIDField(widget=forms.HiddenInput)
    warning = ""  # about what was typed, which is sent all the same

    def clean(self) -> dict[str, Any]:
        if isinstance(self.data, MultiValueDict):
            # Django would take the last value without a message
            for name in self.fields:
                if len(self.data.getlist(name)) > 1:
                    self.add_error(name, "This was sent more than once. Send one value.")
        if "form_id" in self.errors:  # a hidden field, which shows no message
            self.add_error(None, "Part of this form was missing. Check it and send it again.")
        return self.cleaned_data

    @property
    def next_form_id(self) -> str:
        """For the form as it is rendered now: a form that is shown again has a new id."""
        return str(uuid4())

    def add_message(self, message: str, *, field: str = "") -> None:
        """At a field of this form, or above all of them where it has no such field."""
        self.add_error(field if field in self.fields else None, message)


class CreateForm(ActionForm):
    project = TextField(
        widget=forms.TextInput(attrs={"list": "projects"}),
        label="Project",
        help_text="One of your projects, or any other that Refonte knows.",
        error_messages={"required": "Enter a project."},
    )
    name = TextField(label="Name", error_messages={"required": "Enter a name for the batch."})
    callback = TextField(
        required=False,
        label="Callback",
        help_text="A URL that results are posted to, or an e-mail address. https recommended.",
    )
    tell_console = FlagField(
        label="Tell this console",
        help_text="In the place of a callback: Refonte calls this console, which then reads the "
        "batch at once if its key is watched in the background.",
    )
    calibration_batch = FlagField(
        label="Calibration batch",
        help_text="Rapid projects only: a small first batch to tune the instructions.",
    )
    self_label_batch = FlagField(
        label="Self-label batch",
        help_text="Rapid projects only: labelled by your own people. Not for a calibration batch.",
    )
    priority = PriorityField(
        required=False,
        label="First priority",
        help_text="10 (lowest) to 30 (highest), sent once the batch exists.",
    )
    presets = PRIORITY_PRESETS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not addresses.is_offered():
            del self.fields["tell_console"]
        self.fields["priority"].widget.attrs["list"] = "priority-presets"

    def clean_project(self) -> str:
        project = check_text(self.cleaned_data["project"])
        if len(project) > MAX_LENGTH:
            raise ValidationError(f"At most {MAX_LENGTH} characters; this has {len(project)}.")
        return project

    def clean_name(self) -> str:
        return check_name(self.cleaned_data["name"])

    def clean_callback(self) -> str:
        text: str = self.cleaned_data["callback"]
        if not text:
            return ""
        found = check_callback(text)
        self.warning = found.warning
        return found.text

    def clean_tell_console(self) -> bool:
        is_chosen: bool = self.cleaned_data["tell_console"]
        if is_chosen and self.cleaned_data.get("callback"):
            raise ValidationError("Choose one: the callback above, or this console.")
        if is_chosen:
            self.warning = own_address_warning()
        return is_chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        # the form was loaded before this was taken away: without it Refonte would call nobody
        if "tell_console" not in self.fields and self.data.get("tell_console"):
            self.add_error(None, "Refonte can no longer call this console. Check and send again.")
        if cleaned.get("calibration_batch") and cleaned.get("self_label_batch"):
            message = "A batch is either a calibration batch or a self-label batch, not both."
            self.add_error("self_label_batch", message)
        return cleaned


class FinalizeForm(ActionForm):
    """Only the id."""


class PrioritizeForm(ActionForm):
    # The focus is here: with it on a preset, Enter would send at once.
    priority = PriorityField(
        widget=forms.TextInput(attrs={"autofocus": True}),
        label=f"Another value, {PRIORITY_MIN} to {PRIORITY_MAX}",
        error_messages={"required": PRIORITY_MESSAGE},
    )
