"""Operations: who did what, and what came of it."""

from typing import Any
from uuid import UUID

from batches.api import answers
from batches.api.cursors import next_address, read_place
from batches.api.facts import ref_or_none
from batches.api.guards import ApiRequest, endpoint
from batches.api.queries import OperationsQuery, text_of
from batches.models import Operation, TokenScope
from batches.services.operations.listing import OperationFilters, list_operations
from batches.views.addresses import operation_url


@endpoint(
    summary="Operations with a key",
    query=OperationsQuery,
    answer=answers.OperationList,
    scope=TokenScope.ALL,
)
def show_operations(request: ApiRequest, query: OperationsQuery) -> answers.OperationList:
    """Newest first: those sent with the key, or with one that it has replaced.

    A page looks through a bounded number of them: it may be short or empty and still have a `next`.
    """
    key, user = request.key, request.user
    place = read_place(request, key.ref, query.cursor) if query.cursor else None
    found = list_operations(
        user=user,
        keys=(key,),
        filters=OperationFilters(
            batch=text_of(query.batch),
            verb=text_of(query.verb),
            state=text_of(query.state),
            fingerprints=frozenset(key.fingerprints),
        ),
        before=UUID(place) if place else None,
        limit=query.limit,
    )
    return answers.OperationList(
        key=key.ref,
        answered_at=request.now,
        items=tuple(map(_operation, found.operations)),
        next=next_address(request, key.ref, found.older and str(found.older)),
    )


def _operation(row: Operation) -> answers.Operation:
    return answers.Operation(
        id=str(row.id),
        page=operation_url(row),
        verb=row.verb,
        state=row.state,
        state_words=row.get_state_display(),
        is_open=row.is_open,
        batch=row.batch_name,
        ref=ref_or_none(row.batch_name),
        project=row.project,
        parameters={name: _plain(value) for name, value in row.parameters.items()},
        by=row.username,
        created_at=row.created_at,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
        message=row.message,
        answer_message=row.answer_message,
        http_status=row.http_status,
        status_before=row.status_before,
        status_after=row.status_after,
    )


def _plain(value: Any) -> bool | int | float | str | None:
    """A parameter as forms send it; any other as text."""
    is_plain = value is None or isinstance(value, bool | int | float | str)
    return value if is_plain else str(value)
