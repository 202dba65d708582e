"""What the check of a key found, with a message for its owner."""

from dataclasses import dataclass
from enum import Enum

from batches.services.keys.types import ViewerKey


class Verdict(Enum):
    ACCEPTED = "accepted"
    REFUSED = "refused"  # by the vendor
    UNCHECKED = "unchecked"  # the vendor could not be asked, or gave no usable answer
    INVALID = "invalid"  # by this console, without asking the vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCheck:
    """key: as it is now, None where nothing was saved. field: of the form, for the message."""

    verdict: Verdict
    message: str
    key: ViewerKey | None = None
    field: str | None = None
