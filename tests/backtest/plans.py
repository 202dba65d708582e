"""What shall happen to one batch: its plan. `kinds` draws plans, `batches` carries them out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Shares are of the tasks of the batch, 0 to 1; hours are hours of time unless said otherwise.

    tasks; speed: tasks in a mean hour of the week.
    slow: the speed at the end is 1 - slow of that at the start. fade: it falls with exp(-fade).
    tail_share, tail_speed: the last tasks, and how fast they are done, relative to the others.
    chunk: tasks that come in together. spiky: CV² of the rate of an hour, beyond that of all.
    growth: (hours after the start, share of tasks that arrive then).
    stall_at, stall_hours: nothing is done for so long after this share; None: never.
    faster_at, factor: the priority is changed at this share; the speed is factor times as high.
    errors, cancelled: shares of tasks that end so; errors grow to errors_later at errors_at.
    cancel_at, cancel_share: so many tasks are cancelled at once.
    returns: (share done, share of the done ones that go back to pending).
    staging: hours between creation and start.
    """

    tasks: int
    speed: float
    slow: float = 0.0
    fade: float = 0.0
    tail_share: float = 0.0
    tail_speed: float = 1.0
    chunk: int = 1
    spiky: float = 0.0
    growth: tuple[tuple[float, float], ...] = ()
    stall_at: float | None = None
    stall_hours: float = 0.0
    faster_at: float | None = None
    factor: float = 1.0
    errors: float = 0.01
    cancelled: float = 0.0
    errors_at: float | None = None
    errors_later: float = 0.0
    cancel_at: float | None = None
    cancel_share: float = 0.0
    returns: tuple[tuple[float, float], ...] = ()
    staging: float = 0.0
