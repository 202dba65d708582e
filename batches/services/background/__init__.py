"""Leave to work in the background: whose key may be read with (consent), and by whom (lease).

Both are decided in the database before each call, for all processes on all machines.
How many calls a minute that may be is in `services/budget.py`, which the one door counts in too.
"""

from batches.services.background.consent import reading_key, watched_fingerprints
from batches.services.background.lease import Held, LeaseLost, fenced, release, renew, take
from batches.services.background.threads import KeyThreads

__all__ = [
    "Held",
    "KeyThreads",
    "LeaseLost",
    "fenced",
    "reading_key",
    "release",
    "renew",
    "take",
    "watched_fingerprints",
]
