"""Which keys the background may read with.

Only while *Watch in the background* is on, its owner is active and has a role, Refonte accepts
the key, and an encryption key opens it.
"""

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from batches.models import ApiKey
from batches.services.keys import vault
from batches.services.keys.listing import handle_of
from batches.services.keys.types import KeyHandle
from batches.services.people.roles import GROUPS


def watched_fingerprints() -> tuple[str, ...]:
    """Each key once. One query."""
    # several people may have saved one key: the consent of one of them is enough
    rows = _consented().order_by("fingerprint").values_list("fingerprint", flat=True)
    return tuple(dict.fromkeys(rows))


def reading_key(*, fingerprint: str) -> KeyHandle | None:
    """The key to read with now; None where nobody consents."""
    # called before each vendor call: a person may take the consent back at any time
    row = _consented().filter(fingerprint=fingerprint).order_by("created_at", "id").first()
    return handle_of(row) if row else None


def _consented() -> QuerySet[ApiKey]:
    has_role = Q(is_superuser=True) | Q(groups__name__in=GROUPS)
    return ApiKey.objects.filter(
        owner__in=User.objects.filter(has_role, is_active=True),
        keep_watch=True,
        is_refused=False,
        # a key sealed with an encryption key that was given up cannot be opened
        sealed_with__in=vault.marks(),
    ).defer("sealed")
