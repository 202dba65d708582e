"""Names for batches to come: one proposed, one looked up."""

import re
from dataclasses import dataclass
from datetime import date

from batches.refonte import NotFound, RefonteError
from batches.services.keys.types import KeyHandle
from batches.services.operations.vendor_session import Line
from batches.services.vendor.calls import Kind, new_deadline

LONGEST = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class NameAdvice:
    """is_free: None where the vendor could not be asked."""

    is_free: bool | None
    words: str


def name_is_free(*, key: KeyHandle, name: str) -> NameAdvice:
    """Ask once whether a batch of that name exists, for whoever is about to create it."""
    try:
        line = Line(key=key, deadline=new_deadline(), reads=Kind.POLL)
        found = line.read(name)
    except NotFound:
        return NameAdvice(is_free=True, words="This name is free.")
    except RefonteError as error:
        words = f"Could not check whether this name is free. {error.words}"
        return NameAdvice(is_free=None, words=words)
    where = f" by a batch in {found.project}" if found.project else ""
    return NameAdvice(is_free=False, words=f"This name is taken{where}.")


def propose_name(*, project: str, today: date) -> str:
    """A name from project and date, as people give them: `kitten_labeling_2026-11-23`."""
    stem = re.sub(r"\s+", "_", project.strip())
    day = today.isoformat()
    return f"{stem[: LONGEST - len(day) - 1]}_{day}" if stem else ""
