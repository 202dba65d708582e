"""When a batch will be done, as the worker last computed it."""

from datetime import timedelta

from batches.api import answers
from batches.api.batches import stored_or_404
from batches.api.guards import ApiRequest, endpoint
from batches.api.queries import KeyQuery
from batches.refs import to_ref
from batches.services.estimates.read import estimate_of
from batches.services.estimates.types import BatchEstimate
from batches.services.forecast.reasons import Reason
from batches.services.stored.ages import age_of

# The worker computes an estimate again after 5 minutes: one older than that, and a little, is late.
LATE = timedelta(minutes=7)
NONE = "none"
WORDS: dict[str, str] = {
    NONE: "No estimate was computed yet.",
    Reason.FEW_DONE: "Too few tasks are done.",
    Reason.FEW_SAMPLES: "There is too little history.",
    Reason.GROWING: "Tasks still arrive.",
    Reason.QUIET: "No task was completed for unusually long, although people usually work now.",
    Reason.NOT_WATCHED: "The batch was not watched for too long.",
    Reason.UNSURE: "The range would be too wide to be of use.",
    Reason.PAUSED: "The batch is paused.",
    Reason.NOT_STARTED: "The batch is in staging.",
    Reason.ENDED: "The batch has ended.",
    Reason.NOTHING_LEFT: "All tasks are done, and Refonte has not completed the batch yet.",
}


@endpoint(summary="When a batch will be done", query=KeyQuery, answer=answers.EstimateAnswer)
def show_estimate(request: ApiRequest, query: KeyQuery, name: str) -> answers.EstimateAnswer:
    """A range that holds the true end 8 times in 10, or the reason for having none."""
    stored_or_404(request, name)
    found = estimate_of(fingerprint=request.key.fingerprint, name=name, now=request.now)
    age = age_of(found.as_of if found else None, now=request.now)
    is_late = found is not None and request.now - found.at > LATE
    reason = _reason(found)
    return answers.EstimateAnswer(
        key=request.key.ref,
        answered_at=request.now,
        name=name,
        ref=to_ref(name),
        range=_range(found),
        reason=reason and reason.replace(" ", "_"),
        reason_words=WORDS[reason] if reason else None,
        since=found.since if found and reason else None,
        speed=_speed(found),
        computed_at=found.at if found else None,
        as_of=age.as_of,
        age_seconds=age.seconds,
        # of a batch that has ended nothing is computed again
        is_stale=reason == NONE or (is_late and reason != Reason.ENDED),
    )


def _range(found: BatchEstimate | None) -> answers.Range | None:
    if found is None or found.reason or found.low is None or found.high is None:
        return None
    return answers.Range(low=found.low, mid=found.mid, high=found.high)


def _reason(found: BatchEstimate | None) -> str | None:
    if found is None:
        return NONE
    return found.reason.value if found.reason else None


def _speed(found: BatchEstimate | None) -> answers.Speed | None:
    if found is None:
        return None
    return answers.Speed(
        now=found.speed,
        usual=found.usual_speed,
        low=found.low_speed,
        high=found.high_speed,
        is_of_project=found.is_of_project,
    )
