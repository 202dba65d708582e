"""The filters of the operations' list, from its address."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from batches.forms.filters import DayField
from batches.models import State, Verb
from batches.services.batches.filters import PRESETS, ListFilters
from batches.services.keys.types import ViewerKey
from batches.services.operations.listing import OperationFilters
from batches.services.people.preferences import known_zones

DAYS = ("start_time", "end_time")


class OperationsFilter(forms.Form):
    """Unknown words are no error of a person's: they are left out, and a note says so.

    keys: those that the person may read with, to choose from. zone: of the days, unless the address
        names another one.
    """

    q = forms.CharField(required=False, max_length=1024, label="Batch")
    batch = forms.CharField(required=False, max_length=1024, label="Batch", strip=False)
    person = forms.CharField(required=False, max_length=150, label="Person")
    verb = forms.ChoiceField(required=False, choices=[("", "any"), *Verb.choices], label="What")
    state = forms.ChoiceField(
        required=False, choices=[("", "any"), *State.choices], label="Outcome"
    )
    sent_with = forms.CharField(required=False, max_length=20, label="Key")
    created = forms.ChoiceField(
        required=False,
        choices=[("", "any time"), *((name, name) for name in PRESETS)],
        label="When",
    )
    start_time = DayField(required=False, label="From", input_formats=["%Y-%m-%d"])
    end_time = DayField(required=False, label="To", input_formats=["%Y-%m-%d"])
    tz = forms.CharField(required=False)
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, keys: tuple[ViewerKey, ...], zone: ZoneInfo) -> None:
        super().__init__(data)
        self.keys, self.zone = keys, zone
        self.is_valid()

    def clean_sent_with(self) -> ViewerKey | None:
        ref = self.cleaned_data["sent_with"]
        found = next((key for key in self.keys if ref in key.refs), None)
        if ref and found is None:
            raise ValidationError("No key that you can read with.")
        return found

    def clean_tz(self) -> ZoneInfo:
        name = self.cleaned_data["tz"]
        if name and name not in known_zones():
            raise ValidationError("Unknown time zone.")
        return ZoneInfo(name) if name else self.zone

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start_time"), self.cleaned_data.get("end_time")
        if start and end and start > end:
            self.add_error("end_time", "The last day is before the first.")
        if not self.errors.keys().isdisjoint(DAYS):
            # half of what was meant would list something else: none of it counts
            self.cleaned_data.update(dict.fromkeys(DAYS))
        return self.cleaned_data

    @property
    def filters(self) -> OperationFilters:
        """What to filter by, without what is empty or wrong."""
        chosen = self.cleaned_data
        start, end = self._window()
        key = chosen.get("sent_with")
        return OperationFilters(
            q=chosen.get("q", ""),
            batch=chosen.get("batch", ""),
            person=chosen.get("person", ""),
            verb=chosen.get("verb", ""),
            state=chosen.get("state", ""),
            fingerprints=frozenset(key.fingerprints) if key else None,
            start=start,
            end=end,
        )

    @property
    def last_shown(self) -> UUID | None:
        """The row behind which the page begins."""
        return self.cleaned_data.get("before")

    @property
    def pairs(self) -> dict[str, str]:
        """The same as an address says it; days go with their zone."""
        chosen = self.cleaned_data
        names = ("q", "batch", "person", "verb", "state", "created", "start_time", "end_time")
        pairs = {name: str(chosen[name]) for name in names if chosen.get(name)}
        if key := chosen.get("sent_with"):
            pairs["sent_with"] = key.ref
        if {"created", "start_time", "end_time"} & pairs.keys():
            pairs["tz"] = self.days_zone.key
        return pairs

    @property
    def days_zone(self) -> ZoneInfo:
        zone: ZoneInfo = self.cleaned_data.get("tz") or self.zone
        return zone

    @property
    def ignored(self) -> list[str]:
        """The names of what was wrong; of days the popover tells it at their fields."""
        return [name for name in self.errors if name in self.fields and name not in DAYS]

    def _window(self) -> tuple[datetime | None, datetime | None]:
        chosen = self.cleaned_data
        days = ListFilters(
            zone=self.days_zone,
            created=chosen.get("created", ""),
            start=chosen.get("start_time"),
            end=chosen.get("end_time"),
        )
        return days.window(timezone.now())
