"""Names for new batches: whether one is free, and one to propose."""

import re
from dataclasses import dataclass
from datetime import date

from batches.refonte import NotFound, RefonteError
from batches.services.keys.types import KeyHandle
from batches.services.operations.vendor_session import VendorSession
from batches.services.vendor.calls import Kind, new_deadline

MAX_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class NameAdvice:
    """is_free: None where the vendor could not be asked."""

    is_free: bool | None
    message: str


def name_is_free(*, key: KeyHandle, name: str) -> NameAdvice:
    """One vendor call. A name that is free now may be taken when the batch is created."""
    try:
        session = VendorSession(key=key, deadline=new_deadline(), reads=Kind.POLL)
        found = session.read(name)
    except NotFound:
        return NameAdvice(is_free=True, message="This name is free.")
    except RefonteError as error:
        message = f"Could not check whether this name is free. {error.message}"
        return NameAdvice(is_free=None, message=message)
    where = f" by a batch in {found.project}" if found.project else ""
    return NameAdvice(is_free=False, message=f"This name is taken{where}.")


def propose_name(*, project: str, today: date) -> str:
    """From project and date, as people name batches: `kitten_labeling_2026-11-23`."""
    stem = re.sub(r"\s+", "_", project.strip())
    day = today.isoformat()
    return f"{stem[: MAX_LENGTH - len(day) - 1]}_{day}" if stem else ""
