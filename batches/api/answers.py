"""What endpoints answer. The OpenAPI document is made from these types, so each says what it has.

Times are RFC 3339 in UTC. A value that Refonte told comes with the time at which it did.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Time = Annotated[datetime, Meta(tz=True, description="RFC 3339, UTC.")]
Number = Annotated[int, Meta(ge=0)]
Counts = Annotated[
    dict[str, Number],
    Meta(
        description=(
            "Tasks by state: `pending`, `completed`, `error`, `canceled`, and all other counts "
            "under Refonte's own names. A state that is missing is unknown, not 0."
        )
    ),
]
Ref = Annotated[str, Meta(description="The batch in addresses: its name as one segment.")]
MaybeRef = Annotated[
    str | None,
    Meta(description="The batch in addresses; null where no address can carry its name."),
]
Next = Annotated[
    str | None,
    Meta(description="Address of the next page, without the host; null on the last page."),
]


class _Aged(Struct, frozen=True, kw_only=True):
    as_of: Annotated[
        Time | None, Meta(description="When Refonte said it; null where it never did.")
    ]
    age_seconds: Annotated[Number | None, Meta(description="Since then, when this was answered.")]
    is_stale: Annotated[
        bool,
        Meta(description="It may be another value by now: it is old, and nobody looked since."),
    ]


class Status(_Aged, frozen=True, kw_only=True):
    value: Annotated[
        str | None,
        Meta(
            description=(
                "`staging`, `in_progress`, `completed`, `paused`, `cancelled`, or a new one as "
                "Refonte wrote it."
            )
        ),
    ]


class TaskCounts(_Aged, frozen=True, kw_only=True):
    counts: Annotated[Counts | None, Meta(description="null where no answer of Refonte had any.")]
    total: Annotated[Number | None, Meta(description="Sum of the counts that are known.")]
    total_is_at_least: Annotated[
        bool, Meta(description="There may be more tasks than `total`: a count is not known.")
    ]
    settled: Annotated[Number | None, Meta(description="Completed, with an error, or cancelled.")]


class SentPriority(Struct, frozen=True, kw_only=True):
    """The last priority that was sent from this console. Refonte does not tell priorities."""

    value: int
    state: Annotated[str, Meta(description="`succeeded`, or `unconfirmed`: perhaps it was set.")]
    sent_at: Time | None


class Note(Struct, frozen=True, kw_only=True):
    """What people noted in this console. Refonte does not know it."""

    due_at: Time | None
    owner: Annotated[str | None, Meta(description="User name.")]
    text: str
    changed_at: Time


class Batch(Struct, frozen=True, kw_only=True):
    name: str
    ref: MaybeRef
    page: Annotated[
        str | None,
        Meta(description="Address of its page in the console, without the host; null likewise."),
    ]
    project: str | None
    created_at: Time | None
    status: Status
    tasks: TaskCounts
    grew_at: Annotated[Time | None, Meta(description="When its total was last seen to grow.")]
    seen_at: Annotated[Time | None, Meta(description="When Refonte last told anything of it.")]
    absent_at: Annotated[
        Time | None,
        Meta(description="When Refonte said after that that it knows no such batch."),
    ]
    priority: SentPriority | None
    note: Note | None


class OfKey(Struct, frozen=True, kw_only=True):
    key: Annotated[str, Meta(description="The API key it was read with, as `key=` names it.")]
    answered_at: Time


class BatchAnswer(OfKey, frozen=True, kw_only=True):
    batch: Batch


class BatchList(OfKey, frozen=True, kw_only=True):
    items: tuple[Batch, ...]
    next: Next


class StatusAnswer(OfKey, frozen=True, kw_only=True):
    name: str
    ref: Ref
    status: Status
    tasks: TaskCounts
    absent_at: Time | None


class Observation(Struct, frozen=True, kw_only=True):
    """The counts of a batch at one moment, as Refonte told them."""

    at: Time
    status: str | None
    counts: Counts
    total: Number | None


class ObservationList(OfKey, frozen=True, kw_only=True):
    name: str
    ref: Ref
    since: Time
    until: Time
    items: tuple[Observation, ...]
    next: Next


class Range(Struct, frozen=True, kw_only=True):
    """When the batch will be done: between `low` and `high` 8 times in 10."""

    low: Time
    mid: Annotated[Time | None, Meta(description="As likely too early as too late.")]
    high: Time


class Speed(Struct, frozen=True, kw_only=True):
    """Tasks finished in an hour."""

    now: Annotated[float | None, Meta(description="In the last watched hour.")]
    usual: Annotated[float | None, Meta(description="In a usual hour of work.")]
    low: Annotated[float | None, Meta(description="Of the range, in hours with work.")]
    high: Annotated[float | None, Meta(description="Likewise.")]
    is_of_project: Annotated[
        bool, Meta(description="All but `now` are those of earlier batches of the project.")
    ]


class EstimateAnswer(OfKey, frozen=True, kw_only=True):
    name: str
    ref: Ref
    range: Annotated[Range | None, Meta(description="null where there is no estimate.")]
    reason: Annotated[
        str | None,
        Meta(
            description=(
                "Why there is none, null beside a range: `none` (not computed yet), `few_done`, "
                "`few_samples`, `growing`, `quiet`, `not_watched`, `unsure`, `paused`, "
                "`not_started`, `ended`, `nothing_left`; new ones may come."
            )
        ),
    ]
    reason_words: str | None
    since: Annotated[Time | None, Meta(description="When the reason began, where that is known.")]
    speed: Speed | None
    computed_at: Time | None
    as_of: Annotated[Time | None, Meta(description="The newest counts that it rests on.")]
    age_seconds: Annotated[Number | None, Meta(description="Of these counts.")]
    is_stale: Annotated[bool, Meta(description="It was not computed again in time.")]


class Operation(Struct, frozen=True, kw_only=True):
    """Something that a person did to a batch from this console; `note` is never sent."""

    id: str
    page: Annotated[str, Meta(description="Address of its page in the console, without the host.")]
    verb: str
    state: Annotated[str, Meta(description="As the guide lists them; new ones may come.")]
    state_words: str
    is_open: Annotated[bool, Meta(description="Not settled yet: the state will change.")]
    batch: str
    ref: MaybeRef
    project: str
    parameters: dict[str, bool | int | float | str | None]
    by: Annotated[str, Meta(description="User name.")]
    created_at: Time
    sent_at: Time | None
    settled_at: Time | None
    message: str
    answer_message: Annotated[str, Meta(description="Refonte's own words.")]
    http_status: int | None
    status_before: str
    status_after: str


class OperationList(OfKey, frozen=True, kw_only=True):
    items: tuple[Operation, ...]
    next: Next


class ProjectTasks(_Aged, frozen=True, kw_only=True):
    """Sums over the open batches whose counts are known; `as_of` is the oldest of these."""

    total: Number
    total_is_at_least: bool
    settled: Number
    uncounted_batches: Annotated[Number, Meta(description="Whose counts are not known.")]


class Project(Struct, frozen=True, kw_only=True):
    name: Annotated[
        str | None, Meta(description="null: batches of which Refonte does not say the project.")
    ]
    staging: Annotated[Number, Meta(description="Batches in staging.")]
    in_progress: Annotated[Number, Meta(description="Batches in progress.")]
    tasks: ProjectTasks
    is_listed: Annotated[bool, Meta(description="Refonte's last list of projects has it.")]


class ProjectList(OfKey, frozen=True, kw_only=True):
    listed_at: Annotated[
        Time | None, Meta(description="Of Refonte's list of projects; null where none is stored.")
    ]
    items: tuple[Project, ...]
    next: Next


class BadParameter(Struct, frozen=True, kw_only=True):
    parameter: str
    detail: str


class ProblemDocument(Struct, frozen=True, kw_only=True):
    """RFC 9457, with `code`, `request_id` and `errors` besides its own members."""

    type: str
    title: str
    status: int
    code: Annotated[str, Meta(description="What a program decides by.")]
    detail: str
    request_id: Annotated[str, Meta(description="Under which the console's log has the request.")]
    errors: Annotated[
        tuple[BadParameter, ...], Meta(description="Parameters that were refused, and why.")
    ]
