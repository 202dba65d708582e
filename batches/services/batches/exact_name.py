"""The one batch whose exact name a person typed: from the records, or asked for at the vendor."""

from dataclasses import dataclass

from batches.refs import is_addressable
from batches.services.cache.entry import Failure
from batches.services.keys.types import KeyHandle
from batches.services.observations.seen import find_seen
from batches.services.readings.queries import batch_query
from batches.services.readings.read import read_together
from batches.services.vendor.calls import Kind, new_deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactName:
    """The batch whose exact name a person typed; `name` is None where none was found.

    failure: why the vendor could not be asked. is_absent: the vendor has no such batch.
    """

    name: str | None = None
    failure: Failure | None = None
    is_absent: bool = False


NOT_ASKED = ExactName()


def find_exact(*, key: KeyHandle, typed: str) -> ExactName:
    """The batch with exactly this name, from the records or from the vendor."""
    if key.is_refused:
        return NOT_ASKED
    # blanks at the ends may belong to the name or be typed by mistake: both are tried
    names = [name for name in dict.fromkeys((typed, typed.strip())) if is_addressable(name)]
    # a recorded name costs no call
    seen = find_seen(fingerprint=key.fingerprint, names=names)
    if found := next((name for name in names if name in seen), None):
        return ExactName(name=found)
    readings = read_together(
        key=key,
        queries=[batch_query(name) for name in names],
        kind=Kind.POLL,
        deadline=new_deadline(),
    )
    answered = {name for name, r in zip(names, readings, strict=True) if r.data and not r.failure}
    name = next((name for name in names if name in answered), None)
    failure = next((r.failure for r in readings if r.failure and not _is_no(r.failure)), None)
    return ExactName(name=name, failure=failure, is_absent=bool(names) and not (name or failure))


def _is_no(failure: Failure) -> bool:
    """Whether the vendor answered that no batch has, or can have, this name."""
    return failure.is_definite
