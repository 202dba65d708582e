"""What came of trying a key, in words for its owner."""

from dataclasses import dataclass
from enum import Enum

from batches.refonte import KeyRefused, RefonteError
from batches.services.keys.types import ViewerKey


class Verdict(Enum):
    ACCEPTED = "accepted"
    REFUSED = "refused"  # by the vendor
    UNCHECKED = "unchecked"  # the vendor could not be asked, or gave no usable answer
    INVALID = "invalid"  # by us: `field` says where


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCheck:
    """key: as it now stands, None where nothing was saved. field: where the words belong."""

    verdict: Verdict
    words: str
    key: ViewerKey | None = None
    field: str | None = None


def refused(error: KeyRefused) -> str:
    return f"Refonte refused this key: {error.words}"


def not_asked(error: RefonteError) -> str:
    return f"Whether Refonte accepts this key could not be checked: {error.words}"
