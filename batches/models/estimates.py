"""When a batch will be done, as the worker last estimated it. Pages only read these."""

from django.db import models

from batches.models.batches import SeenBatch


class Estimate(models.Model):
    """The last estimate of a batch: a range of times, or the reason why there is none.

    `low` to `high` holds the true end 8 times in 10; `mid` is as likely too early as too late.
    """

    batch = models.OneToOneField(
        SeenBatch, on_delete=models.DO_NOTHING, db_constraint=False, primary_key=True
    )
    at = models.DateTimeField()  # when it was computed
    as_of = models.DateTimeField()  # its newest counts
    # What it was computed from: another status or total is estimated anew at once.
    status = models.CharField(max_length=60)
    total = models.BigIntegerField(null=True)
    low = models.DateTimeField(null=True)
    mid = models.DateTimeField(null=True)
    high = models.DateTimeField(null=True)
    # Why there is no range: a `Reason` of `services/forecast/reasons.py`; empty where there is one.
    reason = models.CharField(max_length=20, blank=True, default="")
    since = models.DateTimeField(null=True)  # when the reason began, as far as it has a beginning
    # Tasks finished in an hour: in the last watched hour, in a usual one, and the range for the
    # hours in which people work.
    speed = models.FloatField(null=True)
    # How long before the newest sample `speed` begins: an hour, or since the first look.
    speed_seconds = models.PositiveIntegerField(null=True)
    usual_speed = models.FloatField(null=True)
    low_speed = models.FloatField(null=True)
    high_speed = models.FloatField(null=True)
    # Where the speeds are those of earlier batches of the project, as too little is done of this.
    is_of_project = models.BooleanField(default=False, db_default=False)
    # The change of priority from which on the speeds are told, where that makes a difference.
    priority_at = models.DateTimeField(null=True)
    # Tasks finished at times to come, for the chart: [epoch seconds, low, mid, high], at most 60.
    path = models.JSONField(default=list)
    # Tasks finished in each of the last hours, oldest first, at most 24, for the line of a list:
    # null for an hour that nobody watched. None of estimates from before this was kept.
    spark = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.reason or self.mid}"


class FinishedBatch(models.Model):
    """What an ended batch leaves for the estimates of later ones with its key.

    Made once, when the batch ends; `manage.py rebuild_estimates` makes it again from its samples.
    """

    batch = models.OneToOneField(
        SeenBatch, on_delete=models.DO_NOTHING, db_constraint=False, primary_key=True
    )
    fingerprint = models.CharField(max_length=16)
    project = models.CharField(max_length=64)  # digest of its name
    status = models.SmallIntegerField()  # one of `STATUS_CODES`: completed or cancelled
    ended_at = models.DateTimeField()  # of the sample that first showed it ended
    # Tasks that ended while it was watched, and how many of them with an error.
    settled = models.BigIntegerField(default=0)
    errors = models.BigIntegerField(default=0)
    # From its creation to the first sample that showed it in progress; null where nobody saw it.
    staging_seconds = models.BigIntegerField(null=True)
    # Cells of the hours of a week, packed by `services/estimates/finished.py`. They and the
    # replay are null where it was cancelled.
    cells = models.BinaryField(null=True)
    # {"began", "ended", "tasks", "at", "recent", "done", "left", "grew"}: a `Replay` of
    # `services/forecast/types.py`.
    replay = models.JSONField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("fingerprint", "-ended_at"), name="finished_of_key"),
            models.Index(
                fields=("fingerprint", "project", "-ended_at"), name="finished_of_project"
            ),
        )

    def __str__(self) -> str:
        return f"{self.batch_id} ended at {self.ended_at}"


class OpenCells(models.Model):
    """The hours of the week in which a batch was worked on so far, for estimates of others.

    Stored with each estimate of the batch, until the batch ends.
    """

    batch = models.OneToOneField(
        SeenBatch, on_delete=models.DO_NOTHING, db_constraint=False, primary_key=True
    )
    fingerprint = models.CharField(max_length=16, db_index=True)
    at = models.DateTimeField()  # of the estimate
    cells = models.BinaryField()  # packed as those of a `FinishedBatch`

    class Meta:
        verbose_name_plural = "open cells"

    def __str__(self) -> str:
        return f"{self.batch_id} at {self.at}"


class Rhythm(models.Model):
    """In which hours of the week the batches of a key are worked on.

    There is none until the key's ended batches have been looked through for the first time.
    """

    fingerprint = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()  # when it was computed
    # Of what ended batches left; another one than the code's is made again from the samples.
    version = models.PositiveSmallIntegerField(default=0)
    # A number an hour of the week, Monday 0:00 UTC first: 1.0 is the mean of all 168. Empty as
    # long as no batch of the key has completed.
    weights = models.JSONField()
    # What the estimates of the key have cost so far: their number, and seconds of the worker.
    computed = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.fingerprint} at {self.at}"
