"""What the endpoint of alarms answers, as `answers.py` has the others."""

from typing import Annotated

from msgspec import Meta, Struct

from batches.api.answers import MaybeRef, Next, Number, OfKey, Time


class AlarmFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of it; other members for each kind."""

    left: Annotated[Number | None, Meta(description="Tasks not finished.")] = None
    usual: Annotated[
        float | None, Meta(description="Usual: tasks an hour, of errors their share.")
    ] = None
    errors: Number | None = None
    tasks: Annotated[
        Number | None, Meta(description="Of the last so many tasks; in staging, all that wait.")
    ] = None
    done: Annotated[Number | None, Meta(description="Of the batch, at the last look.")] = None
    total: Annotated[Number | None, Meta(description="Likewise.")] = None
    due_at: Time | None = None
    low: Time | None = None
    high: Time | None = None
    place: Annotated[
        str | None,
        Meta(description="Of the due date: `inside` or `before` the range, or `overdue`."),
    ] = None
    grew_at: Time | None = None
    batches: Annotated[Number | None, Meta(description="Open batches of the key.")] = None
    points: Annotated[
        tuple[float, ...] | None, Meta(description="Tasks or errors an hour, oldest first.")
    ] = None
    points_since: Annotated[Time | None, Meta(description="When the first of them begins.")] = None
    points_until: Annotated[Time | None, Meta(description="When the last of them ends.")] = None


class AlarmDismissal(Struct, frozen=True, kw_only=True):
    at: Time
    by: str
    reason: str


class Alarm(Struct, frozen=True, kw_only=True):
    """Something of a batch, or of the whole key, that needs somebody."""

    id: int
    kind: Annotated[
        str,
        Meta(
            description=(
                "`key_refused`, `at_risk`, `stalled`, `errors`, `staging`, `at_rest`; new ones may "
                "come."
            )
        ),
    ]
    words: str
    batch: Annotated[str | None, Meta(description="Name; null: it is about the whole key.")]
    ref: MaybeRef
    project: str | None
    since: Annotated[Time, Meta(description="When what it is about began.")]
    found_at: Time
    as_of: Annotated[Time | None, Meta(description="When it was last found to be so.")]
    age_seconds: Number | None
    is_stale: bool
    facts: AlarmFacts
    dismissed: AlarmDismissal | None


class AlarmList(OfKey, frozen=True, kw_only=True):
    items: tuple[Alarm, ...]
    next: Next
