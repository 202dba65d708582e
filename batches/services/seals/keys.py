"""The keys that seal, derived from `RECORD_KEY`: the first one seals, all of them verify."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.conf import settings

# So that a secret that is used elsewhere too would still seal with another key.
PURPOSE, MARK = b"refonte-console: seals of operations", b"refonte-console: mark of the key"


@dataclass(frozen=True, slots=True)
class SealKey:
    """mark: stands for the key beside what it sealed; says nothing of it."""

    mark: str
    _secret: bytes = field(repr=False)

    def sign(self, *parts: str) -> str:
        """64 hex digits. Each part has its length before it, so none can go over into the next."""
        message = b"".join(
            len(part).to_bytes(8) + part for part in (text.encode() for text in parts)
        )
        return hmac.digest(self._secret, message, "sha256").hex()


def seal_keys() -> tuple[SealKey, ...]:
    return _derived(tuple(settings.RECORD_KEY))


@lru_cache(maxsize=4)
def _derived(secrets: Sequence[str]) -> tuple[SealKey, ...]:
    roots = [secret.encode() for secret in secrets]
    return tuple(
        SealKey(hmac.digest(root, MARK, "sha256").hex()[:8], hmac.digest(root, PURPOSE, "sha256"))
        for root in roots
    )
