"""A few calls with one key, one after the other, by the one worker that has the key's lease."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError

from batches.models import Lease, LeasePurpose
from batches.services import leases
from batches.services.leases import LeaseHandle, LeaseLost

log = logging.getLogger(__name__)

# Renewed before each call, so it must be longer than the longest call (`requests.LONGEST_CALL`).
LEASE_LENGTH = timedelta(seconds=45)


def run_with_key(
    *,
    fingerprint: str,
    purpose: LeasePurpose,
    most_calls: int,
    make_call: Callable[[LeaseHandle], bool],
) -> int:
    """How many calls were made; none where another worker has the lease.

    make_call: whether a call was made; the run ends where none was. It may raise LeaseLost.
    """
    calls = 0
    try:
        lease = leases.acquire(Lease, length=LEASE_LENGTH, fingerprint=fingerprint, purpose=purpose)
        if lease is None:
            return 0
        while calls < most_calls and make_call(lease):
            calls += 1
        lease.release()
    except LeaseLost:
        log.warning("a lease was lost to another worker", extra={"key": fingerprint})
    except DatabaseError:
        # The lease is kept: until it ends, no call asks again for what cannot be stored.
        log.exception("what was read with a key could not be stored", extra={"key": fingerprint})
    return calls
