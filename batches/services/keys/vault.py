"""The only module that seals (encrypts) and opens API keys.

The first of `API_KEY_ENCRYPTION_KEYS` seals, all of them open.
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
    """A sealed text cannot be opened. Its message is for people and contains no part of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """mark: short name of the encryption key that sealed the text."""

    text: str
    mark: str


def seal_key(*, owner_id: int, key_id: object, secret: Secret) -> Sealed:
    return seal(owner=str(owner_id), row=str(key_id), content=secret.reveal())


def open_key(*, key: KeyHandle) -> Secret:
    """The API key itself, for one call. Raises KeyUnreadable."""
    # a query of its own, as no other query loads the sealed text
    found = ApiKey.objects.filter(id=key.id).values_list("owner_id", "sealed").first()
    if found is None:
        raise KeyUnreadable("This key was deleted meanwhile.")
    owner_id, text = found
    return Secret(unseal(owner=str(owner_id), row=str(key.id), text=text))


def seal(*, owner: str, row: str, content: str) -> Sealed:
    # with owner and row, so that a sealed text copied to another row cannot be opened there
    plain = json.dumps({"owner": owner, "row": row, "content": content})
    return Sealed(text=_fernet().encrypt(plain.encode()).decode(), mark=marks()[0])


def unseal(*, owner: str, row: str, text: str) -> str:
    """The content, if it was sealed for this very row. Raises KeyUnreadable."""
    content = _opened(owner, row, text)
    if content is None:
        # raised here, so that no frame and no cause of the traceback contains the opened text
        raise KeyUnreadable(NOT_OPENED)
    return content


def _opened(owner: str, row: str, text: str) -> str | None:
    try:
        found = json.loads(_fernet().decrypt(text.encode()))
    except (InvalidToken, ValueError):  # sealed with another key, or not by this console
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
    """A short name for each encryption key, in their order. It may be stored beside sealed rows."""
    return tuple(
        # a digest, from which the encryption key cannot be computed
        hashlib.sha256(b"mark:" + key.encode()).hexdigest()[:8]
        for key in settings.API_KEY_ENCRYPTION_KEYS
    )


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.API_KEY_ENCRYPTION_KEYS])
