"""Batches this dashboard has seen under a key: for search, last known counts, the timeline."""

from django.db import models

from batches.models.names import DigestField, FoldedField, SearchIndex


class SeenBatch(models.Model):
    """A batch as the answers to a key told of it, each moving fact with its own age.

    digest, search: made from the name at each write; the first finds it, the second finds parts.
    seen_at: when an answer last showed it. status_at, counts_at: when one last told these.
    absent_at: when Refonte last said that this key knows no such batch; None once it shows it.
    counts: in the vendor's terms; {} where an answer told none.
    """

    fingerprint = models.CharField(max_length=16)
    name = models.CharField(max_length=1024)
    digest = DigestField()
    search = FoldedField()
    project = models.CharField(max_length=1024, null=True)  # noqa: DJ001 - the vendor's null is "unknown", not ""
    status = models.CharField(max_length=60, null=True)  # noqa: DJ001 - as above
    status_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    absent_at = models.DateTimeField(null=True)
    counts = models.JSONField(null=True)
    counts_at = models.DateTimeField(null=True)
    grew_at = models.DateTimeField(null=True)  # when its total was first seen larger

    is_new = False  # never stored: true of a row that was made just now

    class Meta:
        constraints = (
            models.UniqueConstraint("fingerprint", "digest", name="one_row_per_seen_batch"),
        )
        indexes = (
            SearchIndex(fields=("fingerprint", "-created_at", "search"), name="seen_batch_search"),
            models.Index(
                fields=("fingerprint", "-id"),
                condition=models.Q(created_at=None),
                name="seen_batch_undated",
            ),
        )


class StatusChange(models.Model):
    """A status that differed from the one seen before; `at` is when this dashboard saw it."""

    fingerprint = models.CharField(max_length=16)
    name = models.CharField(max_length=1024)
    digest = DigestField()
    before = models.CharField(max_length=60, blank=True, default="")
    after = models.CharField(max_length=60)
    words = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at",)
        indexes = (models.Index(fields=("fingerprint", "digest", "-at")),)
