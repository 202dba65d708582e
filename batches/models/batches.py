"""Batches that answers to a key have shown: for search, the last known counts, the timeline."""

from django.db import models

from batches.models.names import DigestField, FoldedField, SearchIndex

# The condition of the index of open batches. SQLite uses it only for queries with these values in
# this order.
OPEN_STATUSES = ("staging", "in_progress")


class SeenBatch(models.Model):
    """A batch as the answers to one key have shown it. Each fact has its own age."""

    fingerprint = models.CharField(max_length=16)
    name = models.CharField(max_length=1024)
    digest = DigestField()  # finds a name
    search = FoldedField()  # finds a part of one
    project = models.CharField(max_length=1024, null=True)  # noqa: DJ001 - the vendor's null is "unknown", not ""
    status = models.CharField(max_length=60, null=True)  # noqa: DJ001 - as above
    status_at = models.DateTimeField(null=True)  # when an answer last had a status
    created_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()  # when an answer last showed it
    # When Refonte last answered that the key knows no such batch; None once it shows it again.
    absent_at = models.DateTimeField(null=True)
    counts = models.JSONField(null=True)  # in the vendor's terms; {} where an answer had none
    counts_at = models.DateTimeField(null=True)
    sampled_at = models.DateTimeField(null=True)  # the `counts_at` of the last sample
    grew_at = models.DateTimeField(null=True)  # when its total was first seen larger
    # When an answer last had another status or other counts than the one before. None of rows from
    # before this was kept: there `sampled_at` is close to it.
    changed_at = models.DateTimeField(null=True)
    # Of the watcher, where lists hold no counts: when it last asked for this batch, in epoch
    # seconds, and the seconds from one time to the next. Numbers, as the database divides them.
    asked_second = models.BigIntegerField(default=0, db_default=0)
    read_every = models.PositiveIntegerField(default=60, db_default=60)

    is_new = False  # not stored: true of a row that is not in the database yet

    class Meta:
        constraints = (
            models.UniqueConstraint("fingerprint", "digest", name="one_row_per_seen_batch"),
        )
        indexes = (
            SearchIndex(fields=("fingerprint", "-created_at", "search"), name="seen_batch_search"),
            # For the watcher: the open batches of a key, few among many.
            models.Index(
                fields=("fingerprint", "status", "id"),
                condition=models.Q(status__in=OPEN_STATUSES),
                name="seen_batch_open",
            ),
            models.Index(
                fields=("fingerprint", "-id"),
                condition=models.Q(created_at=None),
                name="seen_batch_undated",
            ),
        )


class StatusChange(models.Model):
    """A status that differed from the one seen before, or a count that fell."""

    fingerprint = models.CharField(max_length=16)
    name = models.CharField(max_length=1024)
    digest = DigestField()
    before = models.CharField(max_length=60, blank=True, default="")
    after = models.CharField(max_length=60)
    message = models.CharField(max_length=200, blank=True, default="")  # of a count that fell
    at = models.DateTimeField()  # when this dashboard saw it, which may be later than it happened

    class Meta:
        ordering = ("-at",)
        indexes = (models.Index(fields=("fingerprint", "digest", "-at")),)
