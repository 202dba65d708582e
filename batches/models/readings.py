"""What was read from Refonte: last answers, how far lists are read, calls a minute."""

from django.db import models

# `StoredReading.query` of the list of projects; those of batches are digests.
PROJECTS = "projects"


class StoredReading(models.Model):
    """The last usable answer to one query with one key, kept for two days."""

    fingerprint = models.CharField(max_length=16)
    query = models.CharField(max_length=64)
    payload = models.TextField()  # JSON text: PostgreSQL's own type refuses an escaped NUL
    as_of = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint("fingerprint", "query", name="one_row_per_reading"),)
        indexes = (models.Index(fields=("as_of",)),)


class WalkPurpose(models.TextChoices):
    """Why a list is walked."""

    ALL = "all", "All batches, once"
    NEW = "new", "New batches"


class Walk(models.Model):
    """How far the list of one key is read, page by page from the newest batch to the oldest.

    A walk for new batches starts again every minute; the one for all batches ends with the oldest.
    """

    fingerprint = models.CharField(max_length=16)
    purpose = models.CharField(max_length=3, choices=WalkPurpose)
    next_at = models.DateTimeField(null=True)  # when the next page is due; None at the end
    # Where the next page starts: batches created at or before a time, then so many rows of these.
    before = models.DateTimeField(null=True)
    offset = models.PositiveIntegerField(default=0)
    by_offset = models.BooleanField(default=False)  # this vendor's list cannot be bound by a time
    page_size = models.PositiveSmallIntegerField(default=100)  # halved where an answer is too large
    # Of the present start from the newest batch: when its first page was answered, and what it read
    started_at = models.DateTimeField(null=True)
    rows_read = models.PositiveIntegerField(default=0)
    reported_total = models.PositiveBigIntegerField(null=True)
    newest_at = models.DateTimeField(null=True)
    last_page = models.CharField(
        max_length=64, blank=True, default=""
    )  # digest, to notice a repeat
    # Of the last one that reached the end: the newest `created_at` it saw, and when it started
    known_to = models.DateTimeField(null=True)
    as_of = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    calls = models.PositiveBigIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True, default="")  # message of the last call
    failures = models.PositiveSmallIntegerField(default=0)  # in a row

    class Meta:
        constraints = (models.UniqueConstraint("fingerprint", "purpose", name="one_row_per_walk"),)

    def __str__(self) -> str:
        return f"{self.fingerprint} {self.purpose}: {self.rows_read} rows"


class CallUse(models.TextChoices):
    """What the background calls the vendor for. Each has a column of its name in `CallMinute`."""

    WATCHER = "watcher"
    WALK = "walk"
    CALLBACK = "callback"
    BULK = "bulk"


class CallMinute(models.Model):
    """Vendor calls with one key in one minute, those of people and those of the background."""

    fingerprint = models.CharField(max_length=16)
    minute = models.DateTimeField()  # its first moment
    people = models.PositiveIntegerField(default=0)
    background = models.PositiveIntegerField(default=0)  # the sum of these:
    watcher = models.PositiveIntegerField(default=0)
    walk = models.PositiveIntegerField(default=0)
    callback = models.PositiveIntegerField(default=0)
    bulk = models.PositiveIntegerField(default=0, db_default=0)
    # Of the calls above, those that the vendor did not answer: with 429, and as it refused the key.
    throttled = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint("fingerprint", "minute", name="one_row_per_call_minute"),
        )
        indexes = (models.Index(fields=("minute",)),)  # for pruning

    def __str__(self) -> str:
        return f"{self.fingerprint} {self.minute}: {self.people} + {self.background}"
