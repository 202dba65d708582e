"""Counts of batches over time, which the vendor does not keep.

Two layers: `Sample` has the last two days, a row a minute; `SampleDay` has what is older, a row a
day with its samples packed. `services/observations/series.py` reads both.
"""

from django.db import models

from batches.models.batches import SeenBatch
from batches.refonte import CANCELLED, COMPLETED, IN_PROGRESS, PAUSED, STAGING

# A status takes one byte in a sample. Codes are stored: never change one. 0: any other status.
STATUS_CODES = {STAGING: 1, IN_PROGRESS: 2, PAUSED: 3, COMPLETED: 4, CANCELLED: 5}


class _OfBatch(models.Model):
    """Belongs to a batch as seen with one key, so that no other key reads it.

    The database does not check that the batch is there: batches are never deleted, and the check
    costs as much as the insert.
    """

    batch = models.ForeignKey(
        SeenBatch, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False
    )

    class Meta:
        abstract = True


class Sample(_OfBatch):
    """The last counts of a batch in one minute."""

    pk = models.CompositePrimaryKey("batch_id", "minute")
    minute = models.IntegerField()  # minutes since 1970, UTC
    second = models.SmallIntegerField()  # within the minute
    status = models.SmallIntegerField()  # one of `STATUS_CODES`
    completed = models.BigIntegerField(null=True)
    pending = models.BigIntegerField(null=True)
    error = models.BigIntegerField(null=True)
    cancelled = models.BigIntegerField(null=True)
    total = models.BigIntegerField(null=True)
    # Counts under names that only the vendor knows, and a status without a code; null where none.
    other = models.JSONField(null=True)


class SampleDay(_OfBatch):
    """The samples of a batch on one day."""

    pk = models.CompositePrimaryKey("batch_id", "day")
    day = models.IntegerField()  # days since 1970, UTC
    step = models.IntegerField()  # seconds that a sample stands for; 60 where none was dropped
    # The first and the last of the day, so that sums over days need not unpack it.
    first_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    first_completed = models.BigIntegerField(null=True)
    last_completed = models.BigIntegerField(null=True)
    first_error = models.BigIntegerField(null=True)
    last_error = models.BigIntegerField(null=True)
    first_total = models.BigIntegerField(null=True)
    last_total = models.BigIntegerField(null=True)
    packed = models.BinaryField()  # written by `services/observations/packing.py`

    class Meta:
        indexes = (models.Index(fields=("step", "day")),)  # for thinning and pruning


class ProjectQuarter(models.Model):
    """What was done in a project in a quarter of an hour, as far as it was watched with one key."""

    fingerprint = models.CharField(max_length=16)
    project = models.CharField(max_length=64)  # digest of its name
    # Since 1970, UTC. Quarters of an hour, as days of every zone can be made of them.
    quarter = models.IntegerField()
    completed = models.BigIntegerField(default=0)  # net, as counts may fall again
    errors = models.BigIntegerField(default=0)
    watched = models.BigIntegerField(default=0)  # seconds, of all its batches together
    # Found at the end of a gap that ended in this quarter. Nobody knows when it was done, so it
    # belongs to no quarter.
    gap_completed = models.BigIntegerField(default=0)
    gap_errors = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("fingerprint", "project", "quarter"), name="one_row_per_project_quarter"
            ),
        )
        indexes = (models.Index(fields=("quarter",)),)  # for pruning
