"""What is set for all batches of a selection."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict

from batches.forms.notes import NoteForm
from batches.services.attention.notes_of_many import NotesChange
from batches.services.attention.types import Note

NOBODY = "nobody"
EITHER = "Enter a due date or remove it, not both."
NEITHER = "Nothing to set: enter a due date, or choose an owner."


class NotesForm(NoteForm):
    """Due date and owner of several batches. What is left empty stays as it is."""

    field_order = ("due", "no_due", "owner")

    text = None  # type: ignore[assignment]  # a note is about one batch
    no_due = forms.BooleanField(required=False, label="Remove their due dates")

    def __init__(
        self,
        data: QueryDict | None,
        *,
        zone: ZoneInfo,
        people: Iterable[User],
        filled: dict[str, str],
    ) -> None:
        super().__init__(data, note=Note(), zone=zone, people=people, filled=filled)
        others = [pair for pair in self.fields["owner"].choices if pair[0]]  # type: ignore[attr-defined]
        choices = [("", "Leave as they are"), (NOBODY, "Nobody"), *others]
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]
        self.fields["due"].help_text += " Left empty, due dates stay as they are."

    def clean_owner(self) -> User | None:
        return None if self.cleaned_data["owner"] == NOBODY else super().clean_owner()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("no_due") and cleaned.get("due"):
            self.add_error("no_due", EITHER)
        if not (self.errors or self._fields):
            self.add_error(None, NEITHER)
        return cleaned

    @property
    def _fields(self) -> frozenset[str]:
        """What is set, by the names that the service has for them."""
        has_due = self.cleaned_data.get("due") or self.cleaned_data.get("no_due")
        has_owner = self.data.get("owner")
        named = (("due_at", has_due), ("owner", has_owner))
        return frozenset(name for name, is_set in named if is_set)

    @property
    def change(self) -> NotesChange:
        """Of a valid form."""
        cleaned = self.cleaned_data
        return NotesChange(fields=self._fields, due_at=cleaned["due"], owner=cleaned["owner"])
