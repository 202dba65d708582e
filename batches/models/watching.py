"""The watcher: how far the open batches of a key are read, and when nobody read them."""

from django.db import models


class Sweep(models.Model):
    """How far the batches of one status are read with one key. One sweep follows another.

    Between two sweeps batches are read one by one: those that left the list, and each at its own
    pace where lists hold no counts.
    """

    fingerprint = models.CharField(max_length=16)
    status = models.CharField(max_length=11)
    next_at = models.DateTimeField()  # when the next call is due
    # Where the next page starts: batches created at or before a time, then so many rows of these.
    before = models.DateTimeField(null=True)
    offset = models.PositiveIntegerField(default=0)
    by_offset = models.BooleanField(default=False)  # this vendor's list cannot be bound by a time
    page_size = models.PositiveSmallIntegerField(default=100)  # halved where an answer is too large
    last_page = models.CharField(
        max_length=64, blank=True, default=""
    )  # digest, to notice a repeat
    started_at = models.DateTimeField(null=True)  # of the present sweep; None between two
    rows_read = models.PositiveIntegerField(default=0)
    # Of the last whole sweep: when it was started, when it ended, and how many rows it read.
    swept_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    swept_rows = models.PositiveIntegerField(default=0)
    holds_counts = models.BooleanField(default=True)  # whether its pages did
    last_departed = models.BigIntegerField(default=0)  # id of the last one read that had left
    calls = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row

    class Meta:
        constraints = (models.UniqueConstraint("fingerprint", "status", name="one_row_per_sweep"),)

    def __str__(self) -> str:
        return f"{self.fingerprint} {self.status}: {self.rows_read} rows"


class Watch(models.Model):
    """When a key was last read in the background, and why not since."""

    fingerprint = models.CharField(max_length=16, primary_key=True)
    read_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True, default="")
    # A worker that runs stores the reason again until then; None: it holds until the key is read.
    reason_until = models.DateTimeField(null=True)
    # Of the answer at about that time, as Refonte calls it: its support asks for one.
    request_id = models.CharField(max_length=80, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.fingerprint} read at {self.read_at}"


class WatchGap(models.Model):
    """A time in which a key was not read. Nothing is concluded from it."""

    fingerprint = models.CharField(max_length=16)
    since = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ("-until",)
        indexes = (models.Index(fields=("fingerprint", "-until")),)

    def __str__(self) -> str:
        return f"{self.fingerprint} not read from {self.since} to {self.until}: {self.reason}"
