"""The walk: reads the names of all batches of a key once, newest first, then only what is new.

One page at a time, under the key's lease, within its budget and its owner's consent
(`services/background/`). Where it stopped stands in the database, so that any worker goes on.
"""

from batches.services.walks.coverage import Coverage, coverage_of
from batches.services.walks.steps import walk_due_keys
from batches.services.walks.tally import WalkTally, tally_walks

__all__ = ["Coverage", "WalkTally", "coverage_of", "tally_walks", "walk_due_keys"]
