"""What endpoints take in their query: the types parse it, and the OpenAPI document shows them.

A parameter that an endpoint does not have, or that is there twice, is refused: a program that
misspells a filter must not read everything in place of what it meant.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from django.http import QueryDict
from msgspec import UNSET, Meta, Struct, UnsetType

from batches.api.answers import BadParameter
from batches.api.problems import Problem

Q = TypeVar("Q", bound=Struct)

MOST = 200  # rows of a page
MOST_POINTS = 1_000
WHERE = re.compile(r"^(?P<detail>.*?)(?: - at `\$\.?(?P<name>[^`]*)`)?$", re.DOTALL)
UNKNOWN = re.compile(r"unknown field `([^`]*)`")
NUL = "\0"

Text = Annotated[str, Meta(min_length=1, max_length=1024)]
Moment = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$",
        extra_json_schema={"format": "date-time"},
    ),
]


class Nothing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No parameters."""


class KeyQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: Annotated[
        Annotated[str, Meta(pattern="^(live|test)-[0-9a-f]{8}$")] | UnsetType,
        Meta(
            description=(
                "The API key to read with, as in the addresses of pages; one's own or a shared "
                "one. Without it, the token's key, else one's default key."
            ),
        ),
    ] = UNSET


class PageQuery(KeyQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Rows of a page.")] = 50
    cursor: Annotated[
        Text | UnsetType, Meta(description="Where the page begins, as `next` has it.")
    ] = UNSET


class BatchesQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    project: Annotated[Text | UnsetType, Meta(description="The whole name.")] = UNSET
    status: Annotated[
        Annotated[str, Meta(min_length=1, max_length=60)] | UnsetType,
        Meta(description="One status, as Refonte writes it."),
    ] = UNSET
    q: Annotated[Text | UnsetType, Meta(description="A part of the name.")] = UNSET


class OperationsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    batch: Annotated[Text | UnsetType, Meta(description="The whole name of a batch.")] = UNSET
    verb: Annotated[
        Annotated[str, Meta(pattern="^[a-z_]{1,10}$")] | UnsetType,
        Meta(description="`create`, `finalize`, `prioritize`, `note`; new ones may come."),
    ] = UNSET
    state: Annotated[
        Annotated[str, Meta(pattern="^[a-z_]{1,11}$")] | UnsetType,
        Meta(description="One state, such as `unconfirmed`."),
    ] = UNSET


class ObservationsQuery(KeyQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    since: Annotated[
        Moment | UnsetType, Meta(description="The first moment; a day before `until` without it.")
    ] = UNSET
    until: Annotated[Moment | UnsetType, Meta(description="The last moment; now without it.")] = (
        UNSET
    )
    limit: Annotated[int, Meta(ge=1, le=MOST_POINTS, description="Points of a page.")] = 500
    cursor: Annotated[
        Text | UnsetType, Meta(description="Where the page begins, as `next` has it.")
    ] = UNSET


def parse_query(kind: type[Q], given: QueryDict) -> Q:
    """Raises Problem, with the parameters that are wrong."""
    if wrong := [BadParameter(parameter=name, detail=why) for name, why in _unreadable(given)]:
        raise _refused(wrong)
    try:
        return msgspec.convert(given.dict(), kind, strict=False)  # as all of it is text
    except msgspec.ValidationError as error:
        raise _refused([_bad(str(error))]) from None


def read_moment(name: str, text: str) -> datetime:
    """Raises Problem for a day that is none, such as 2026-02-30."""
    try:
        return msgspec.convert(text.upper(), datetime)
    except msgspec.ValidationError:
        raise bad_parameter(name, "There is no such day or time.") from None


def text_of(value: str | UnsetType) -> str:
    """The text of a parameter; empty where it was not given."""
    return "" if value is UNSET else value


def bad_parameter(name: str, detail: str) -> Problem:
    return _refused([BadParameter(parameter=name, detail=detail)])


def _unreadable(given: QueryDict) -> Iterator[tuple[str, str]]:
    for name, values in given.lists():
        if len(values) > 1:
            yield name, "It is there more than once."
        elif NUL in values[0]:
            yield name, "It has a character that no name here has."


def _bad(message: str) -> BadParameter:
    found = WHERE.match(message)
    detail, name = (found["detail"], found["name"]) if found else (message, None)
    if unknown := UNKNOWN.search(message):
        return BadParameter(parameter=unknown[1], detail="There is no such parameter here.")
    return BadParameter(parameter=name or "", detail=detail)


def _refused(wrong: list[BadParameter]) -> Problem:
    names = ", ".join(one.parameter for one in wrong)
    return Problem(400, "bad_parameter", f"Refused parameters: {names}.", errors=wrong)
