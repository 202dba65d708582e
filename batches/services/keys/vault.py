"""The one place that seals and opens API keys.

Sealed text holds its owner's and its row's id beside the key, checked on opening: copied to another
row it does not open. The first of `API_KEY_ENCRYPTION_KEYS` seals, all of them open.
"""

import hashlib
import json
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from batches.models import ApiKey
from batches.refonte import Secret
from batches.services.keys.types import KeyHandle

NOT_OPENED = "This key can no longer be read. Enter this key again."


class KeyUnreadable(Exception):  # noqa: N818 - it says how the key is
    """A sealed text that does not open: words for people, nothing of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What a row keeps, and the mark of the encryption key that sealed it."""

    text: str
    mark: str


def seal_key(*, owner_id: int, key_id: object, secret: Secret) -> Sealed:
    """Seal an API key for one row of one owner."""
    return seal(owner=str(owner_id), row=str(key_id), content=secret.reveal())


def open_key(*, key: KeyHandle) -> Secret:
    """The API key itself. Raises KeyUnreadable. One query: listing rows never reads sealed text."""
    found = ApiKey.objects.filter(id=key.id).values_list("owner_id", "sealed").first()
    if found is None:
        raise KeyUnreadable("This key was deleted meanwhile.")
    owner_id, text = found
    return Secret(unseal(owner=str(owner_id), row=str(key.id), text=text))


def seal(*, owner: str, row: str, content: str) -> Sealed:
    plain = json.dumps({"owner": owner, "row": row, "content": content})
    return Sealed(text=_fernet().encrypt(plain.encode()).decode(), mark=marks()[0])


def unseal(*, owner: str, row: str, text: str) -> str:
    """The content, if it was sealed for this very row. Raises KeyUnreadable."""
    content = _opened(owner, row, text)
    if content is None:
        # raised here, where no frame holds what was opened, nor the cause
        raise KeyUnreadable(NOT_OPENED)
    return content


def _opened(owner: str, row: str, text: str) -> str | None:
    try:
        found = json.loads(_fernet().decrypt(text.encode()))
    except (InvalidToken, ValueError):  # sealed with another key, or what is sealed is not ours
        return None
    match found:
        case {"owner": str(of), "row": str(at), "content": str(content)} if (of, at) == (
            owner,
            row,
        ):
            return content
    return None


def reseal(*, text: str) -> Sealed:
    """The same content, sealed with the first encryption key. Raises KeyUnreadable."""
    try:
        again = _fernet().rotate(text.encode()).decode()
    except InvalidToken:
        again = ""
    if not again:
        raise KeyUnreadable(NOT_OPENED)
    return Sealed(text=again, mark=marks()[0])


def marks() -> tuple[str, ...]:
    """A short name for each encryption key, in their order: tells rows apart, opens nothing."""
    return tuple(
        hashlib.sha256(b"mark:" + key.encode()).hexdigest()[:8]
        for key in settings.API_KEY_ENCRYPTION_KEYS
    )


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.API_KEY_ENCRYPTION_KEYS])
