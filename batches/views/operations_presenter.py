"""What the templates of operations take, and every address of their list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from batches.forms.operations import OperationsFilter
from batches.models import Operation, State, Verb
from batches.services.batches.digests import digest
from batches.services.keys.listing import list_readable_keys
from batches.services.operations import competing, ledger
from batches.services.operations.entries import EntriesPage
from batches.services.operations.history import find_newer_priority
from batches.services.seals.checks import last_check
from batches.templatetags.addresses import page_url
from batches.views.actions.messages import POLL_SECONDS
from batches.views.addresses import Link, send_again_url
from batches.views.batches.addresses import PRESET_LABELS, days_text
from batches.views.empty_states import EmptyState, no_operations, none_so_far
from batches.views.key_switch import KEYS_SHOWN
from batches.views.operations_rows import operable, rows_of
from batches.views.request import Request

# Filters with as many choices as there are people and keys: more than a few are fetched when the
# menu is opened.
LONG = ("person", "sent_with")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterMenu:
    """A filter as one control. remove_url: the list without it, empty where it is not used.

    choices_url: where many choices are fetched from, in place of `choices`.
    """

    label: str
    value: str = ""
    remove_url: str = ""
    choices: tuple[Link, ...] = ()
    choices_url: str = ""
    count: int = 0


@dataclass(frozen=True)
class OperationsAddress:
    """The address of one list of operations, from which all its links are made.

    key_ref: the key for the links to other pages. It filters nothing.
    """

    form: OperationsFilter
    key_ref: str

    def url(self, **changes: str) -> str:
        """The list from its first page, with some filters changed; an empty value removes one."""
        return page_url("operations:list", **self._pairs | changes)

    @property
    def export(self) -> str:
        """The file of what is filtered."""
        return page_url("operations:export", **self._pairs)

    @property
    def export_json_lines(self) -> str:
        return page_url("operations:export", **self._pairs | {"format": "jsonl"})

    def toggled(self, bulk_id: UUID) -> str:
        """This page with a bulk opened in it, or closed again."""
        opened = "" if self.form.opened == bulk_id else str(bulk_id)
        before = str(self.form.last_shown or "")
        return self.url(before=before, open=opened)

    @property
    def cleared(self) -> str:
        # by name and not by an empty address: the key stays, which is no filter here
        return self.url(**dict.fromkeys(self.form.pairs, ""))

    @property
    def without_search(self) -> dict[str, str]:
        """Hidden fields of the search."""
        return self._without("q", "batch", "bulk")

    @property
    def without_days(self) -> dict[str, str]:
        """Hidden fields of the form for the days, which are in the zone of the page."""
        return self._without("created", "start_time", "end_time") | {"tz": self.form.days_zone.key}

    def menus(self, people: Iterable[str]) -> tuple[FilterMenu, ...]:
        return (
            self._menu("Person", "person", {name: name for name in people}),
            self._menu("What", "verb", dict(Verb.choices)),
            self._menu("Outcome", "state", dict(State.choices)),
            self._menu("Key", "sent_with", self._keys),
        )

    def choices(self, name: str, people: Iterable[str]) -> tuple[Link, ...]:
        """All of one filter whose menu may fetch them."""
        return self._choices(
            name, self._keys if name == "sent_with" else {name: name for name in people}
        )

    @property
    def _keys(self) -> dict[str, str]:
        return {key.ref: f"{key.mode_name} {key.label}" for key in self.form.keys}

    @property
    def when(self) -> FilterMenu:
        """The filter of days: here its presets, other days are a form of its own."""
        # a preset and days exclude each other, so each choice removes the others
        off = {"created": "", "start_time": "", "end_time": "", "tz": ""}
        zone, get = self.form.days_zone.key, self.form.pairs.get
        days = self.form.cleaned_data
        value = days_text(get("created", ""), days.get("start_time"), days.get("end_time"))
        presets = (
            Link(
                label,
                # "today" is another day in another zone: a shared address must name its own
                self.url(**off | {"created": name, "tz": zone}),
                is_current=get("created") == name,
            )
            for name, label in PRESET_LABELS.items()
        )
        remove_url = self.url(**off) if value else ""
        return FilterMenu(label="When", value=value, remove_url=remove_url, choices=tuple(presets))

    @property
    def named(self) -> tuple[FilterMenu, ...]:
        """The one batch, and the bulk, that links to their operations name."""
        labels = {"batch": "Batch", "bulk": "Bulk"}
        return tuple(
            FilterMenu(label=label, value=value, remove_url=self.url(**{name: ""}))
            for name, label in labels.items()
            if (value := self.form.pairs.get(name))
        )

    def _menu(self, label: str, name: str, labels: Mapping[str, str]) -> FilterMenu:
        chosen = self.form.pairs.get(name, "")
        is_long = name in LONG and len(labels) > KEYS_SHOWN
        return FilterMenu(
            label=label,
            # a person whose account was deleted is in no choice, but may be in an address
            value=labels.get(chosen, chosen),
            remove_url=self.url(**{name: ""}) if chosen else "",
            choices=() if is_long else self._choices(name, labels),
            choices_url=page_url(f"operations:{name}", **self._pairs) if is_long else "",
            count=len(labels),
        )

    def _choices(self, name: str, labels: Mapping[str, str]) -> tuple[Link, ...]:
        chosen = self.form.pairs.get(name, "")
        return tuple(
            Link(text, self.url(**{name: value}), is_current=value == chosen)
            for value, text in labels.items()
        )

    def _without(self, *names: str) -> dict[str, str]:
        return {name: value for name, value in self._pairs.items() if name not in names}

    @property
    def _pairs(self) -> dict[str, str]:
        return ({"key": self.key_ref} if self.key_ref else {}) | self.form.pairs


def list_context(
    request: Request, form: OperationsFilter, found: EntriesPage, people: Iterable[str]
) -> dict[str, Any]:
    """people: user names with an operation that this person may see."""
    address = OperationsAddress(form, request.GET.get("key", ""))
    rows = rows_of(request, form, found, address.toggled)
    is_narrowed = bool(form.pairs or form.last_shown)
    return {
        "form": form,
        "rows": rows,
        "empty": None if rows else _empty(address, found, is_narrowed=is_narrowed),
        "address": address,
        "menus": address.menus(people),
        "newest_url": address.url() if form.last_shown else "",
        "older_url": address.url(before=str(found.older)) if found.older else "",
        "looked_to": found.looked_to,
        "check": last_check(),
        "is_under_way": False,
    }


def _empty(address: OperationsAddress, found: EntriesPage, *, is_narrowed: bool) -> EmptyState:
    if found.looked_to:
        older_url = address.url(before=str(found.older))
        return none_so_far(found.looked_to, older_url=older_url, cleared_url=address.cleared)
    return no_operations(address.cleared if is_narrowed else "")


def operation_context(request: Request, operation: Operation) -> dict[str, Any]:
    """For the page and for its live fragment."""
    user = request.user
    # sending an unconfirmed priority again could undo one that somebody sent later
    is_unconfirmed = (operation.verb, operation.state) == (Verb.PRIORITIZE, State.UNCONFIRMED)
    newer = find_newer_priority(user=user, operation=operation) if is_unconfirmed else None
    events = list(operation.events.all())
    follower = ledger.first_priority_of(operation=operation)
    is_waiting = operation.state == State.WAITING
    # only a waiting operation shows its next try; that of others changes with every check
    wait = operation.next_check_at if is_waiting else None
    shown = (operation.state, operation.message, wait, len(events), follower and follower.state)
    return {
        "operation": operation,
        "words": competing.message_for(user=user, operation=operation),
        "offered": ledger.offered_priority_of(operation=operation),
        "events": events,
        # without a pace the fragment is rendered without its poll: a settled one changes no more
        "poll_seconds": POLL_SECONDS if operation.is_open else None,
        "now": timezone.now(),
        "stamp": digest(shown),
        "newer": newer,
        "follower": follower,
        "again_url": send_again_url(operation, operable(request, list_readable_keys(user=user))),
        "can_withdraw": is_waiting and (operation.user_id == user.pk or user.is_superuser),
    }
