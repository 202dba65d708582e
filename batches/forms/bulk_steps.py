"""The small forms of a bulk: what is planned for which batches, its ticks, and why."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from batches.forms.batches import (
    PRIORITY_MESSAGE,
    PRIORITY_PRESETS,
    PriorityField,
    check_text,
)
from batches.models import Verb

REASON_MAX = 300
VERBS = [(verb.value, verb.label) for verb in (Verb.FINALIZE, Verb.PRIORITIZE)]
PART_MISSING = "Part of this form was missing. Go back to the list and choose again."
NOTHING = "No batch was chosen. Tick some in the list first."
ROWS_AT_MOST = 1_000


class PlanForm(forms.Form):
    """names: of a plain form, which has no selection. A form without an id gets one."""

    verb = forms.ChoiceField(choices=VERBS)
    selection = forms.UUIDField(required=False)
    priority = PriorityField(
        required=False,
        widget=forms.TextInput(attrs={"autofocus": True}),
        label="Another value, 10 to 30",
        error_messages={"required": PRIORITY_MESSAGE},
    )
    presets = PRIORITY_PRESETS

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        # each once, in the order in which they were chosen
        self._new_id = uuid4()
        self.names = tuple(dict.fromkeys(name for name in data.getlist("name") if name))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"verb", "selection"} & self.errors.keys():  # hidden fields, which show no message
            raise ValidationError(PART_MISSING)
        if not (cleaned.get("selection") or self.names):
            raise ValidationError(NOTHING)
        return cleaned

    @property
    def given_id(self) -> UUID:
        """Of the form; a new one where it has none, which plans once more when it is sent again."""
        try:
            return UUID(self.data.get("form_id", ""))
        except ValueError:
            return self._new_id

    @property
    def verb_value(self) -> Verb:
        return Verb(self.cleaned_data["verb"])

    @property
    def needs_priority(self) -> bool:
        is_given = self.cleaned_data.get("priority") is not None
        return self.verb_value == Verb.PRIORITIZE and not is_given

    @property
    def parameters(self) -> dict[str, Any]:
        if self.verb_value != Verb.PRIORITIZE:
            return {}
        return {"priority": self.cleaned_data["priority"]}


class ReasonForm(forms.Form):
    """What a confirmation carries: the plan that was shown, and why."""

    stamp = forms.CharField(required=False, max_length=64)
    reason = forms.CharField(required=False, max_length=REASON_MAX)

    def clean_reason(self) -> str:
        return check_text(self.cleaned_data["reason"])


class TickForm(forms.Form):
    """Which boxes changed, or were shown: in either case `ticked` has those that are ticked now.

    position: of one box. shown: of all on a page, with commas between. all: the box in the head.
    """

    position = forms.IntegerField(required=False, min_value=0, max_value=ROWS_AT_MOST * 10)
    shown = forms.CharField(required=False, max_length=ROWS_AT_MOST * 5)
    all = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.ticked = {int(one) for one in data.getlist("ticked") if _is_place(one)}
        self.is_valid()

    @property
    def is_head(self) -> bool:
        return bool(self.cleaned_data.get("all"))

    @property
    def positions(self) -> tuple[int, ...]:
        """Empty where what was sent is no place of a row."""
        one = self.cleaned_data.get("position")
        if one is not None:
            return (one,)
        shown = ",".join(self.data.getlist("shown"))  # type: ignore[attr-defined]  # a QueryDict
        return tuple(int(place) for place in shown.split(",") if _is_place(place))


def _is_place(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6
