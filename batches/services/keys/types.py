"""A key as pages and services know it, and the choice of one for a page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHandle:
    """Everything about a key but the key itself. How the vendor treats it rides along.

    earlier: fingerprints from before it was replaced, newest first.
    is_readable: an encryption key for it is at hand; if not, its owner must enter it again.
    """

    id: UUID
    ref: str
    mode: str
    label: str
    last_four: str
    fingerprint: str
    owner_id: int
    owner_name: str
    is_own: bool
    is_default: bool
    is_shared: bool = False
    keep_watch: bool = False
    is_readable: bool = True
    earlier: tuple[str, ...] = ()
    created_at: datetime | None = None
    last_checked_at: datetime | None = None
    last_used_at: datetime | None = None
    last_background_at: datetime | None = None
    is_refused: bool = False
    refused_at: datetime | None = None
    refusal: str = ""
    denials: int = 0
    not_before: datetime | None = None
    throttles: int = 0

    @property
    def can_operate(self) -> bool:
        """Only one's own key may write."""
        return self.is_own

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
class KeyChoice:
    """The key a page is drawn with, all that could be, and what to say about the choice."""

    key: KeyHandle | None
    keys: tuple[KeyHandle, ...]
    asked: str
    note: str = ""

    @property
    def is_exact(self) -> bool:
        """The address named a key, and this is it."""
        return self.key is not None and self.key.ref == self.asked
