"""The rows of the list of operations: single ones, and bulks, which open in place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from batches.forms.operations import OperationsFilter
from batches.models import Operation
from batches.services.keys.types import ViewerKey
from batches.services.operations.bulk_entries import BulkEntry, OpenedBulk, open_bulk
from batches.services.operations.entries import EntriesPage
from batches.services.operations.history import priorities_before
from batches.services.people.roles import Role, role_of
from batches.templatetags.addresses import bulk_url
from batches.views.addresses import send_again_url
from batches.views.request import Request


@dataclass(frozen=True, slots=True)
class OperationRow:
    """again_url: empty where this person cannot send the operation again.

    was: the priority that it replaced, None where none was set from here.
    is_part: of an opened bulk.
    """

    operation: Operation
    again_url: str
    was: int | None = None
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class BulkRow:
    """parts: its operations, where it is opened. toggle_url: opens or closes it in the list."""

    entry: BulkEntry
    toggle_url: str
    parts: tuple[OperationRow, ...] = ()
    opened: OpenedBulk | None = None

    @property
    def receipt_url(self) -> str:
        return bulk_url(self.entry.bulk)

    @property
    def split_words(self) -> str:
        entry = self.entry
        return (
            f"{entry.done:,} done, {entry.failed:,} failed, {entry.unknown:,} unknown, "
            f"{entry.without_effect:,} without effect"
        )

    @property
    def split(self) -> list[tuple[str, str, str]]:
        """Tone, begin and width of each part of the bar, in per cent of all."""
        entry = self.entry
        numbers = {
            "good": entry.done,
            "none": entry.without_effect,
            "wait": entry.unknown,
            "bad": entry.failed,
        }
        place, parts = 0, []
        for tone, number in numbers.items():
            if number:
                begin, width = (100 * one / entry.number for one in (place, number))
                parts.append((tone, f"{begin:.2f}", f"{width:.2f}"))
                place += number
        return parts


def rows_of(
    request: Request, form: OperationsFilter, found: EntriesPage, toggled: Callable[[UUID], str]
) -> list[OperationRow | BulkRow]:
    """toggled: the address of this page with a bulk opened in it, or closed."""
    user = request.user
    usable = operable(request, form.keys)
    opened = {
        one.bulk.id: open_bulk(entry=one)
        for one in found.entries
        if isinstance(one, BulkEntry) and one.bulk.id == form.opened
    }
    singles = [one for one in found.entries if isinstance(one, Operation)]
    before = priorities_before(user=user, keys=form.keys, operations=singles)

    def row(one: Operation, *, is_part: bool = False) -> OperationRow:
        return OperationRow(one, send_again_url(one, usable), before.get(one.id), is_part)

    def bulk_row(one: BulkEntry) -> BulkRow:
        inside = opened.get(one.bulk.id)
        parts = tuple(row(each, is_part=True) for each in inside.operations) if inside else ()
        return BulkRow(one, toggled(one.bulk.id), parts, inside)

    return [bulk_row(one) if isinstance(one, BulkEntry) else row(one) for one in found.entries]


def operable(request: Request, keys: Iterable[ViewerKey]) -> list[ViewerKey]:
    """The keys among these that this person may operate with."""
    may_operate = role_of(request.user).includes(Role.OPERATOR)
    return [key for key in keys if may_operate and key.can_operate]
