"""The filter of days that two lists share: a preset, or a first and a last day, in a time zone."""

import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from batches.services.batches.filters import PRESETS
from batches.services.people.preferences import known_zones

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FIRST_YEAR, LAST_YEAR = 1970, 9000  # their days are days in every zone


class DayInput(forms.DateInput):
    """The browser's date picker, or a text field."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        # a date picker shows nothing where the value is not a day, so nobody could correct it
        context["widget"]["type"] = "date" if value is None or _is_day(value) else "text"
        return context


class DayField(forms.DateField):
    """An ISO day. It may come from an address that was typed by hand."""

    widget = DayInput(format="%Y-%m-%d")

    def __init__(self, *, label: str) -> None:
        super().__init__(required=False, label=label, input_formats=["%Y-%m-%d"])

    def to_python(self, value: Any) -> Any:
        # `strptime` also takes 2026-1-3: one list would have several addresses
        if value and not (isinstance(value, str) and DAY.fullmatch(value)):
            raise ValidationError("Enter a day like 2026-11-23.")
        day = super().to_python(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(f"Enter a day from {FIRST_YEAR} on.")
        return day


class DaysForm(forms.Form):
    """zone: of the days, unless the address names another one."""

    start_time = DayField(label="From")
    end_time = DayField(label="To")
    created = forms.ChoiceField(
        required=False,
        choices=[("", "any time"), *((name, name) for name in PRESETS)],
        widget=forms.TextInput,  # keeps what was typed
        error_messages={"invalid_choice": "One of today, 7d, 30d."},
    )
    tz = forms.CharField(required=False)

    def __init__(self, data: QueryDict, *, zone: ZoneInfo) -> None:
        super().__init__(data)
        self.zone = zone

    def clean_tz(self) -> ZoneInfo:
        name = self.cleaned_data["tz"]
        if name and name not in known_zones():
            raise ValidationError("Unknown time zone.")
        return ZoneInfo(name) if name else self.zone

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start_time"), self.cleaned_data.get("end_time")
        if start and end and start > end:
            self.add_error("end_time", "The last day is before the first.")
        return self.cleaned_data


def _is_day(value: Any) -> bool:
    try:
        return bool(DAY.fullmatch(str(value)) and date.fromisoformat(str(value)))
    except ValueError:
        return False
