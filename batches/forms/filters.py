"""The list's address, read strictly: what cannot be meant is said at its field, not guessed."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from batches.refonte import LIMIT_MAX, format_time
from batches.services.batches.filters import PRESETS, ListFilters
from batches.services.batches.paging import DIGEST_LENGTH
from batches.services.people.preferences import PAGE_SIZE, known_zones

DIGITS = re.compile(r"[0-9]{1,9}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A moment, and how many of its rows were passed. An address made by an earlier version counts all
# of them, where `shown` stands for them now.
BEFORE = re.compile(r"^([0-9T:.-]{23}Z)(?:,([0-9]{1,4}))?\Z")
SHOWN = re.compile(rf"^(?:[A-Za-z0-9_-]{{{DIGEST_LENGTH}}}){{0,{LIMIT_MAX - 1}}}\Z")
STATUS = re.compile(r"^[A-Za-z_-]{1,60}\Z")
FIRST_YEAR, LAST_YEAR = 1970, 9000  # their days are days in every zone
DAYS = ("start_time", "end_time", "created", "tz")  # one filter, in one popover
IGNORED = frozenset({"key", "csrfmiddlewaretoken"})


class WholeField(forms.CharField):
    """ASCII digits only: `1_000`, `1e3` and other scripts' digits are no number here."""

    def __init__(self, *, lowest: int, highest: int) -> None:
        super().__init__(required=False)
        self.lowest, self.highest = lowest, highest

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        if not DIGITS.fullmatch(text) or not self.lowest <= int(text) <= self.highest:
            raise ValidationError(f"A whole number from {self.lowest} to {self.highest:,}.")
        return int(text)


class DayInput(forms.DateInput):
    """The browser's own picker; around what is no day a plain field, as a picker shows nothing."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["type"] = "date" if value is None or _is_day(value) else "text"
        return context


class DayField(forms.DateField):
    """An ISO day, also where it comes from an address somebody typed."""

    widget = DayInput(format="%Y-%m-%d")

    def to_python(self, value: Any) -> Any:
        if value and not (isinstance(value, str) and DAY.fullmatch(value)):
            raise ValidationError("Enter a day like 2026-11-23.")
        day = super().to_python(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(f"Enter a day from {FIRST_YEAR} on.")
        return day


def _is_day(value: Any) -> bool:
    try:
        return bool(DAY.fullmatch(str(value)) and date.fromisoformat(str(value)))
    except ValueError:
        return False


class FilterForm(forms.Form):
    """The vendor's own parameter names, so that who knows the API can read the address."""

    project = forms.CharField(required=False, max_length=1024, strip=False)
    status = forms.RegexField(
        STATUS, required=False, error_messages={"invalid": "Not a status a batch can have."}
    )
    start_time = DayField(required=False, label="From", input_formats=["%Y-%m-%d"])
    end_time = DayField(required=False, label="To", input_formats=["%Y-%m-%d"])
    created = forms.ChoiceField(
        required=False,
        choices=[("", "any time"), *((name, name) for name in PRESETS)],
        widget=forms.TextInput,  # keeps what was typed
        error_messages={"invalid_choice": "One of today, 7d, 30d."},
    )
    tz = forms.CharField(required=False)
    q = forms.CharField(required=False, max_length=1024, strip=False, label="Search by name")
    limit = WholeField(lowest=1, highest=100)
    before = forms.RegexField(
        BEFORE, required=False, error_messages={"invalid": "Not a page of this list."}
    )
    shown = forms.RegexField(
        SHOWN, required=False, error_messages={"invalid": "Not a page of this list."}
    )
    after = WholeField(lowest=1, highest=999_999_999)
    seen = WholeField(lowest=0, highest=10_000_000)

    def __init__(self, data: QueryDict, *, zone: ZoneInfo) -> None:
        super().__init__(data)
        self.zone = zone

    def clean_tz(self) -> ZoneInfo:
        name = self.cleaned_data["tz"]
        if name and name not in known_zones():
            raise ValidationError("Unknown time zone.")
        return ZoneInfo(name) if name else self.zone

    def clean_before(self) -> tuple[datetime, int] | None:
        match = BEFORE.fullmatch(self.cleaned_data["before"] or "")
        if match is None:
            return None
        try:
            at = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except ValueError:
            raise ValidationError("Not a page of this list.") from None
        return at, int(match[2] or 0)

    def clean_shown(self) -> tuple[str, ...]:
        text = self.cleaned_data["shown"]
        return tuple(text[at : at + DIGEST_LENGTH] for at in range(0, len(text), DIGEST_LENGTH))

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if isinstance(self.data, QueryDict):
            for name in set(self.data) & set(self.fields):
                if len(self.data.getlist(name)) > 1:
                    self.add_error(name, f"{name} is given twice.")
        start, end = cleaned.get("start_time"), cleaned.get("end_time")
        if start and end and start > end:
            self.add_error("end_time", "The last day is before the first.")
        if cleaned.get("created") and (start or end):
            self.add_error("created", "Either a preset or days, not both.")
        if self.has_wrong_days:
            # half of what was meant would list something else: none of it counts
            cleaned.update(dict.fromkeys(DAYS[:3]), tz=self.zone)
        return cleaned

    @property
    def has_wrong_days(self) -> bool:
        """The list can be drawn without them: their popover tells what is wrong."""
        return not self.errors.keys().isdisjoint(DAYS)

    @property
    def wrong_presets(self) -> list[forms.BoundField]:
        """Fields that the page does not draw: their errors stand in the popover."""
        return [self[name] for name in ("created", "tz") if self[name].errors]

    @property
    def is_refused(self) -> bool:
        """Something else is wrong, which has no place on a list."""
        return not self.errors.keys() <= set(DAYS)

    @property
    def filters(self) -> ListFilters:
        """What an address asks for that is not refused."""
        cleaned = self.cleaned_data
        before, passed = cleaned["before"] or (None, 0)
        filters = ListFilters(
            project=cleaned["project"],
            status=cleaned["status"],
            start=cleaned["start_time"],
            end=cleaned["end_time"],
            created=cleaned["created"] or "",
            zone=cleaned["tz"],
            limit=cleaned["limit"] or PAGE_SIZE,
            before=before,
            passed=passed,
            # no page is before the first: nothing was shown that it may leave out
            shown=cleaned["shown"] if before or cleaned["seen"] else (),
            seen=cleaned["seen"] or 0,
        )
        return self._searched(filters) if cleaned["q"].strip() else filters

    def _searched(self, filters: ListFilters) -> ListFilters:
        """A search has pages of its own: each begins behind a row."""
        after, seen = self.cleaned_data["after"], filters.seen
        first = replace(filters.first_page(), q=self.cleaned_data["q"])
        return replace(first, after=after, seen=seen) if after else first

    @property
    def unknown(self) -> list[str]:
        """Parameters nobody here knows: ignored, with a note."""
        return sorted(set(self.data) - set(self.fields) - IGNORED)

    @property
    def has_empties(self) -> bool:
        """An address as a browser's form makes it, with fields nobody filled."""
        return any(value == "" for value in self.data.values())


@lru_cache(maxsize=256)
def read_filters(query: str, *, zone: ZoneInfo) -> ListFilters | None:
    """What an address asks for, None where it is refused. A poll's is the same each time."""
    form = FilterForm(QueryDict(query), zone=zone)
    return form.filters if form.is_valid() else None


def to_pairs(filters: ListFilters, *, key: str) -> dict[str, str]:
    """The shortest address for these filters; the zone stands in it where days do."""
    has_days = filters.start or filters.end or filters.created
    pairs = {
        "project": filters.project,
        "status": filters.status,
        "start_time": filters.start and filters.start.isoformat(),
        "end_time": filters.end and filters.end.isoformat(),
        "created": filters.created,
        "tz": filters.zone.key if has_days else "",
        "q": filters.q,
        "limit": filters.limit if filters.limit != PAGE_SIZE else "",
        "before": _before(filters),
        "shown": "".join(filters.shown),
        "after": filters.after or "",
        "seen": filters.seen or "",
        "key": key,
    }
    return {name: str(value) for name, value in pairs.items() if value}


def _before(filters: ListFilters) -> str:
    if filters.before is None:
        return ""
    place = format_time(filters.before)
    return f"{place},{filters.passed}" if filters.passed else place
