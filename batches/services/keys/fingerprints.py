"""A fingerprint stands for an API key in addresses, caches, logs and observations.

An HMAC under 32 random bytes made once: it survives every rotation of the encryption keys, and
nobody without those bytes can test a guessed key against it.
"""

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
    """16 hex digits. Raises vault.KeyUnreadable where the secret bytes do not open."""
    return hmac.new(_secret_bytes(), secret.reveal().encode(), hashlib.sha256).hexdigest()[:16]


@cache
def _secret_bytes() -> bytes:
    row = FingerprintSecret.objects.first() or _make()
    try:
        return bytes.fromhex(vault.unseal(owner="", row=ROW, text=row.sealed))
    except vault.KeyUnreadable:
        raise vault.KeyUnreadable(LOST) from None


def _make() -> FingerprintSecret:
    # two processes may do this at once: the first row stays, both read it
    sealed = vault.seal(owner="", row=ROW, content=secrets.token_hex(32))
    row = FingerprintSecret(id=1, sealed=sealed.text, sealed_with=sealed.mark)
    FingerprintSecret.objects.bulk_create([row], ignore_conflicts=True)
    return FingerprintSecret.objects.get(id=1)


def forget() -> None:
    """Reads the bytes again on next use: after they were given up, and between tests."""
    _secret_bytes.cache_clear()
