"""A key as services ask with it, as one person sees it, and the choice of one for a page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHandle:
    """What a call to the vendor and its record need of a key, without the key itself.

    All a background job knows of a key, as it has no viewer.
    earlier: fingerprints from before it was replaced, newest first.
    is_refused … throttles: how the vendor treats the key, the same for all who own it.
    """

    id: UUID
    ref: str
    mode: str
    label: str
    fingerprint: str
    owner_id: int
    earlier: tuple[str, ...] = ()
    last_used_at: datetime | None = None
    last_background_at: datetime | None = None
    is_refused: bool = False
    refused_at: datetime | None = None
    refusal: str = ""
    denials: int = 0
    not_before: datetime | None = None
    throttles: int = 0

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Under which its history stands, the present one first."""
        return (self.fingerprint, *self.earlier)

    @property
    def mode_name(self) -> str:
        return self.mode.capitalize()

    @property
    def refs(self) -> tuple[str, ...]:
        """Every name that addresses have given it, the present one first."""
        return tuple(f"{self.mode}-{fingerprint[:8]}" for fingerprint in self.fingerprints)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerKey(KeyHandle):
    """A key and what one person, its viewer, may see of it and do with it.

    last_four: of the key itself; empty for another person's.
    is_default: of the viewer's own keys, the one for addresses that name none.
    is_readable: an encryption key opens it; if not, its owner must enter it again.
    """

    last_four: str
    owner_name: str
    is_own: bool
    is_default: bool
    is_shared: bool = False
    keep_watch: bool = False
    is_readable: bool = True
    created_at: datetime | None = None
    last_checked_at: datetime | None = None

    @property
    def can_operate(self) -> bool:
        """Only an own key may write: what is shared is shared for reading."""
        return self.is_own


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChoice:
    """The key a page is drawn with, all that could be, and what to say about the choice."""

    key: ViewerKey | None
    keys: tuple[ViewerKey, ...]
    asked: str
    note: str = ""

    @property
    def is_exact(self) -> bool:
        """The address named a key, and this is it."""
        return self.key is not None and self.key.ref == self.asked
