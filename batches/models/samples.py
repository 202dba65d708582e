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
    """The last counts of a batch in one minute.

    minute: minutes since 1970, UTC; second: within it. other: counts under names that only the
    vendor knows, and a status without a code; null where there are none.
    """

    pk = models.CompositePrimaryKey("batch_id", "minute")
    minute = models.IntegerField()
    second = models.SmallIntegerField()
    status = models.SmallIntegerField()
    completed = models.BigIntegerField(null=True)
    pending = models.BigIntegerField(null=True)
    error = models.BigIntegerField(null=True)
    cancelled = models.BigIntegerField(null=True)
    total = models.BigIntegerField(null=True)
    other = models.JSONField(null=True)


class SampleDay(_OfBatch):
    """The samples of a batch on one day.

    day: days since 1970, UTC. step: seconds that a sample stands for, 60 where none was dropped.
    first_*, last_*: of the day, so that sums over days need not unpack it.
    packed: written by `services/observations/packing.py`.
    """

    pk = models.CompositePrimaryKey("batch_id", "day")
    day = models.IntegerField()
    step = models.IntegerField()
    first_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    first_completed = models.BigIntegerField(null=True)
    last_completed = models.BigIntegerField(null=True)
    first_error = models.BigIntegerField(null=True)
    last_error = models.BigIntegerField(null=True)
    first_total = models.BigIntegerField(null=True)
    last_total = models.BigIntegerField(null=True)
    packed = models.BinaryField()

    class Meta:
        indexes = (models.Index(fields=("step", "day")),)  # for thinning and pruning


class ProjectQuarter(models.Model):
    """What was done in a project in a quarter of an hour, under one key, as far as it was watched.

    quarter: quarters of an hour since 1970, UTC, so that days of every zone can be made of them.
    project: digest of its name. completed, errors: net, as counts may fall again.
    watched: seconds, of all its batches together.
    gap_completed, gap_errors: found at the end of a gap that ended in this quarter. When it was
        done nobody knows, so it belongs to no quarter.
    """

    fingerprint = models.CharField(max_length=16)
    project = models.CharField(max_length=64)
    quarter = models.IntegerField()
    completed = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0)
    watched = models.BigIntegerField(default=0)
    gap_completed = models.BigIntegerField(default=0)
    gap_errors = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("fingerprint", "project", "quarter"), name="one_row_per_project_quarter"
            ),
        )
        indexes = (models.Index(fields=("quarter",)),)  # for pruning
