"""What the background remembers: who works for a key, how far its list is read, what that cost."""

from django.db import models


class LeasePurpose(models.TextChoices):
    """What a worker does with a key."""

    WALK = "walk", "Read its list"
    SETTLE = "settle", "Settle its operations"


class Lease(models.Model):
    """Who may work with one key in the background. One row a fingerprint and purpose.

    token: of the present holder; each write of the holder names it, so a former one writes nothing.
    """

    fingerprint = models.CharField(max_length=16)
    purpose = models.CharField(max_length=6, choices=LeasePurpose)
    token = models.CharField(max_length=32)
    until = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint("fingerprint", "purpose", name="one_row_per_lease"),)

    def __str__(self) -> str:
        return f"{self.fingerprint} {self.purpose} until {self.until}"


class CallMinute(models.Model):
    """Vendor calls with one key in one minute, those of people and those of the background."""

    fingerprint = models.CharField(max_length=16)
    minute = models.DateTimeField()  # its first moment
    people = models.PositiveIntegerField(default=0)
    background = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint("fingerprint", "minute", name="one_row_per_call_minute"),
        )
        indexes = (models.Index(fields=("minute",)),)  # for pruning

    def __str__(self) -> str:
        return f"{self.fingerprint} {self.minute}: {self.people} + {self.background}"


class Purpose(models.TextChoices):
    """Why a list is walked."""

    ALL = "all", "All batches, once"
    NEW = "new", "New batches"


class Walk(models.Model):
    """How far the list of one key is read for one purpose. One pass goes from newest to oldest.

    next_at: when the next page is due; None where nothing is left to read.
    before, offset: where that page starts. by_offset: `before` is no use with this vendor.
    started_at: when the vendor answered the first page of this pass.
    rows_read, newest_at: of this pass; reported_total: how many rows the vendor says there are.
    known_to: the newest `created_at` of the last whole pass. as_of: when that pass was started.
    last_page: digest of the names on the page before, to tell a vendor that repeats it.
    failure, failures: words of the last one, and how many came in a row.
    """

    fingerprint = models.CharField(max_length=16)
    purpose = models.CharField(max_length=3, choices=Purpose)
    next_at = models.DateTimeField(null=True)
    before = models.DateTimeField(null=True)
    offset = models.PositiveIntegerField(default=0)
    by_offset = models.BooleanField(default=False)
    page_size = models.PositiveSmallIntegerField(default=100)
    started_at = models.DateTimeField(null=True)
    rows_read = models.PositiveIntegerField(default=0)
    reported_total = models.PositiveBigIntegerField(null=True)
    newest_at = models.DateTimeField(null=True)
    known_to = models.DateTimeField(null=True)
    as_of = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    last_page = models.CharField(max_length=64, blank=True, default="")
    calls = models.PositiveBigIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True, default="")
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint("fingerprint", "purpose", name="one_row_per_walk"),)

    def __str__(self) -> str:
        return f"{self.fingerprint} {self.purpose}: {self.rows_read} rows"
