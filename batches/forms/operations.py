"""The filters of the list of operations, from its address."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from batches.forms.days import DaysForm
from batches.models import State, Verb
from batches.services.batches.filters import ListFilters
from batches.services.keys.types import ViewerKey
from batches.services.operations.listing import OperationFilters

DAYS = ("start_time", "end_time")


class OperationsFilter(DaysForm):
    """A wrong value in an address is left out, with a note. keys: those that may be chosen."""

    field_order = ("q", "batch", "person", "verb", "state", "sent_with")

    q = forms.CharField(required=False, max_length=1024, label="Batch")
    batch = forms.CharField(required=False, max_length=1024, label="Batch", strip=False)
    person = forms.CharField(required=False, max_length=150, label="Person")
    verb = forms.ChoiceField(required=False, choices=[("", "any"), *Verb.choices], label="What")
    state = forms.ChoiceField(
        required=False, choices=[("", "any"), *State.choices], label="Outcome"
    )
    # not `key`, which every address has: the key that the page's links go on with
    sent_with = forms.CharField(required=False, max_length=20, label="Key")
    bulk = forms.UUIDField(required=False, label="Bulk")
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)
    # the bulk whose operations are shown in the list, which is no filter
    open = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, keys: tuple[ViewerKey, ...], zone: ZoneInfo) -> None:
        super().__init__(data, zone=zone)
        self.keys = keys
        self.is_valid()  # so that `filters` and `pairs` can be read at once

    def clean_sent_with(self) -> ViewerKey | None:
        ref = self.cleaned_data["sent_with"]
        found = next((key for key in self.keys if ref in key.refs), None)
        if ref and found is None:
            raise ValidationError("No key that you can read with.")
        return found

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.errors.keys().isdisjoint(DAYS):
            # half of them would list something else than was meant
            self.cleaned_data.update(dict.fromkeys(DAYS))
        return self.cleaned_data

    @property
    def filters(self) -> OperationFilters:
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
            bulk=chosen.get("bulk"),
            start=start,
            end=end,
        )

    @property
    def last_shown(self) -> UUID | None:
        """The page begins after this operation."""
        return self.cleaned_data.get("before")

    @property
    def opened(self) -> UUID | None:
        return self.cleaned_data.get("open")

    @property
    def pairs(self) -> dict[str, str]:
        """The filters as parameters of an address; days have their zone with them."""
        chosen = self.cleaned_data
        names = (
            *("q", "batch", "bulk", "person", "verb", "state"),
            *("created", "start_time", "end_time"),
        )
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
        """Names of parameters that were wrong. The popover shows the errors of days."""
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
