"""Fingerprints, which are used for an API key in addresses, caches, logs and observations."""

import hashlib
import hmac
import secrets
from functools import cache

from batches.models import FingerprintSecret
from batches.refonte import Secret
from batches.services.keys import vault

ROW = "fingerprints"
LOST = "An encryption key of this console is missing. Ask an administrator to put it back."


def fingerprint_of(secret: Secret) -> str:
    """16 hex digits. Raises vault.KeyUnreadable where the secret bytes cannot be opened."""
    # an HMAC, so that no person without the secret can test a guessed API key; its secret does not
    # change when encryption keys are rotated
    return hmac.new(_secret_bytes(), secret.reveal().encode(), hashlib.sha256).hexdigest()[:16]


def keyed_digest(*, purpose: str, text: str) -> str:
    """64 hex digits that only this console can make. Raises vault.KeyUnreadable, as above."""
    # no API key has a colon, so no digest is the fingerprint of a key
    return hmac.new(_secret_bytes(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


@cache
def _secret_bytes() -> bytes:
    row = FingerprintSecret.objects.first() or _make()
    try:
        return bytes.fromhex(vault.unseal(owner="", row=ROW, text=row.sealed))
    except vault.KeyUnreadable:
        raise vault.KeyUnreadable(LOST) from None


def _make() -> FingerprintSecret:
    # two processes may do this at once: the first row stays, and both read that one
    sealed = vault.seal(owner="", row=ROW, content=secrets.token_hex(32))
    row = FingerprintSecret(id=1, sealed=sealed.text, sealed_with=sealed.mark)
    FingerprintSecret.objects.bulk_create([row], ignore_conflicts=True)
    return FingerprintSecret.objects.get(id=1)


def forget() -> None:
    """Read the bytes again on next use: after they were given up, and between tests."""
    _secret_bytes.cache_clear()
