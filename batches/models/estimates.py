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
    as_of = models.DateTimeField()  # its newest sample
    # What it was computed from: another status or total is estimated anew at once.
    status = models.CharField(max_length=60)
    total = models.BigIntegerField(null=True)
    low = models.DateTimeField(null=True)
    mid = models.DateTimeField(null=True)
    high = models.DateTimeField(null=True)
    # Why there is no range: a `Reason` of `services/forecast/types.py`; empty where there is one.
    reason = models.CharField(max_length=20, blank=True, default="")
    since = models.DateTimeField(null=True)  # when the reason began, as far as it has a beginning
    # Tasks finished in an hour: in the last watched hour, in a usual one, and the range for the
    # hours in which people work.
    speed = models.FloatField(null=True)
    usual_speed = models.FloatField(null=True)
    low_speed = models.FloatField(null=True)
    high_speed = models.FloatField(null=True)
    # Tasks finished at times to come, for the chart: [epoch seconds, low, mid, high], at most 60.
    path = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.reason or self.mid}"


class Rhythm(models.Model):
    """In which hours of the week the batches of a key are worked on."""

    fingerprint = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()  # when it was computed
    # A number an hour of the week, Monday 0:00 UTC first: 1.0 is the mean of all 168.
    weights = models.JSONField()

    def __str__(self) -> str:
        return f"{self.fingerprint} at {self.at}"
