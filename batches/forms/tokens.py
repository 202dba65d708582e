"""The form of a new personal token."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from batches.forms.batches import ActionForm
from batches.models import TokenScope
from batches.services.keys.types import ViewerKey
from batches.services.people.tokens import DAYS

ALL_KEYS = ("", "All that I may read with")
USUAL_DAYS = 90


class TokenForm(ActionForm):
    """keys: those that the person may read with."""

    label = forms.CharField(
        max_length=60,
        label="Name",
        help_text="What the token is for, such as “Weekly sheet”.",
        error_messages={"required": "Give the token a name."},
    )
    scope = forms.ChoiceField(
        choices=TokenScope.choices,
        widget=forms.RadioSelect,
        initial=TokenScope.BATCHES,
        label="It reads",
        error_messages={"required": "Choose what it reads."},
    )
    # not `key`, which every address has
    reads_with = forms.ChoiceField(required=False, label="With which API key")
    days = forms.TypedChoiceField(
        coerce=int,
        choices=[(str(days), f"{days} days") for days in DAYS],
        initial=str(USUAL_DAYS),
        label="Works for",
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        keys: tuple[ViewerKey, ...],
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.keys = keys
        field = self.fields["reads_with"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - see above  # nosec B101
        field.choices = [ALL_KEYS, *((key.ref, _named(key)) for key in keys)]

    def clean_label(self) -> str:
        label: str = self.cleaned_data["label"]
        if not label.isprintable():
            raise ValidationError("The name has invisible characters.")
        return label


def _named(key: ViewerKey) -> str:
    owner = "" if key.is_own else f", of {key.owner_name}"
    return f"{key.label} ({key.mode_name}{owner})"
