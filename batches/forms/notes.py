"""The form of due date, owner and note of a batch."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from batches.forms.batches import INVISIBLE, JOINERS, REPLACEMENT, ActionForm
from batches.services.attention.types import Note
from batches.services.people.preferences import known_zones

FORMAT = "%Y-%m-%dT%H:%M"  # of the browser's picker
LONGEST = 1000
LINES = {"rows": 3, "autocomplete": "off"}
YEARS = 10
PAST = "The due date has passed already."


class MomentInput(forms.DateTimeInput):
    """The browser's picker of day and time, or a text field."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        moment = _parsed(str(value or ""))
        if moment:  # a picker takes this spelling alone
            context["widget"]["value"] = moment.isoformat(timespec="minutes")
        # a picker shows nothing where the value is no time, so nobody could correct it
        context["widget"]["type"] = "datetime-local" if moment or not value else "text"
        return context


class NoteForm(ActionForm):
    """All three are optional. note: as it is stored. zone: in which the due date is typed.

    people: who may be chosen as the owner; the present one stays a choice in any case.
    """

    due = forms.CharField(required=False, label="Due", widget=MomentInput)
    owner = forms.ChoiceField(
        required=False,
        label="Owner",
        error_messages={"invalid_choice": "Choose a person of the list."},
    )
    text = forms.CharField(required=False, label="Note", widget=forms.Textarea(attrs=LINES))
    tz = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        note: Note,
        zone: ZoneInfo,
        people: Iterable[User],
        filled: dict[str, str],
    ) -> None:
        """filled: fields of the address, which has them after a sign-in."""
        self.note, self.zone = note, _zone(data, filled, zone)
        super().__init__(data, initial=self._stored() | filled)
        self.people = {str(one.pk): one for one in people}
        names = {pk: one.get_username() for pk, one in self.people.items()}
        if note.owner_id and str(note.owner_id) not in names:
            names[str(note.owner_id)] = f"{note.owner} (no longer active)"
        self.fields["owner"].choices = [("", "Nobody"), *names.items()]  # type: ignore[attr-defined]
        self.fields["due"].help_text = f"Day and time in {self.zone.key}."

    def clean_due(self) -> datetime | None:
        text: str = self.cleaned_data["due"]
        if not text:
            return None
        if text == self._stored()["due"]:
            return self.note.due_at  # unchanged, to the second
        local = _parsed(text)
        if local is None:
            raise ValidationError("Enter a day and a time like 2026-11-27 20:00.")
        moment = self._moment(local)
        if moment <= timezone.now():
            self.warning = PAST  # a date may be noted after it was agreed on
        return moment

    def clean_owner(self) -> User | None:
        chosen: str = self.cleaned_data["owner"]
        if not chosen:
            return None
        # one who is no longer active may stay
        return self.people.get(chosen) or User.objects.filter(pk=chosen).first()

    def clean_text(self) -> str:
        text = self.cleaned_data["text"].replace("\r\n", "\n").strip()
        unseen = (char for char in text if unicodedata.category(char) in INVISIBLE)
        if any(char not in f"{JOINERS}\n\t" for char in unseen):
            raise ValidationError("This has invisible characters. Type it again.")
        if REPLACEMENT in text:
            raise ValidationError("A character was lost on its way here. Type it again.")
        if len(text) > LONGEST:
            raise ValidationError(f"At most {LONGEST:,} characters; this has {len(text):,}.")
        return unicodedata.normalize("NFC", text)

    @property
    def fields_to_set(self) -> dict[str, Any]:
        """Of a valid form, by the names that the service has for them."""
        cleaned = self.cleaned_data
        return {
            "form_id": cleaned["form_id"],
            "due_at": cleaned["due"],
            "owner": cleaned["owner"],
            "text": cleaned["text"],
        }

    def _stored(self) -> dict[str, str]:
        due = self.note.due_at
        return {
            "due": due.astimezone(self.zone).strftime(FORMAT) if due else "",
            "owner": str(self.note.owner_id or ""),
            "text": self.note.text,
        }

    def _moment(self, local: datetime) -> datetime:
        """Raises ValidationError for a time that is none in this zone, or too far away."""
        # before it is converted: the first and the last days of the calendar cannot be
        if abs(local.year - timezone.now().year) > YEARS:
            raise ValidationError(f"Enter a day within {YEARS} years.")
        moment = local.replace(tzinfo=self.zone)
        # a time that a zone leaves out comes back as another one
        if moment.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != local:
            raise ValidationError(
                f"Clocks in {self.zone.key} are set forward over this time. Choose another."
            )
        return moment


def _zone(data: QueryDict | None, filled: dict[str, str], zone: ZoneInfo) -> ZoneInfo:
    """That of the page on which the time was typed, which may not be that of the person now."""
    named = (data.get("tz") if data else "") or filled.get("tz", "")
    return ZoneInfo(named) if named in known_zones() else zone


def _parsed(text: str) -> datetime | None:
    """A day and a time without seconds; None where it is neither."""
    try:
        # the zone is the form's, not one of the text
        return datetime.strptime(text.strip().replace(" ", "T"), FORMAT)  # noqa: DTZ007
    except ValueError:
        return None
