"""Types: a key as a call needs it, a key as one person sees it, and the key chosen for a page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHandle:
    """What a call to the vendor and its record need of a key; never the API key itself.

    Background jobs use this type, as they have no viewer.
    ref: the `key=` of addresses. fingerprint: 16 hex digits.
    earlier: fingerprints from before the API key was replaced, newest first.
    is_refused … throttles: how the vendor treats the key; the same for all its owners.
    """

    id: UUID
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
    def ref(self) -> str:
        """The present ref, for addresses."""
        return self.refs[0]

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """All fingerprints under which it may have records, the present one first."""
        return (self.fingerprint, *self.earlier)

    @property
    def mode_name(self) -> str:
        return self.mode.capitalize()

    @property
    def refs(self) -> tuple[str, ...]:
        """All its refs, the present one first, so that old links still find it."""
        return tuple(f"{self.mode}-{fingerprint[:8]}" for fingerprint in self.fingerprints)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerKey(KeyHandle):
    """A key, and what one person (the viewer) may see of it and do with it.

    last_four: the end of the API key; empty for a key of another person.
    is_default: among the viewer's own keys, the one for addresses that name none.
    is_readable: an encryption key opens it; if not, its owner must enter the API key again.
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
        return self.is_own  # a key is shared for reading only


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChoice:
    """key: the key of the page; None where none fits. keys: all that the person may read with.

    requested_ref: `key=` of the address; may be empty. note: shown where `key` is another one.
    """

    key: ViewerKey | None
    keys: tuple[ViewerKey, ...]
    requested_ref: str
    note: str = ""
