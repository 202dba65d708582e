"""What must outlive a process: the last reading of each query."""

from django.db import models


class StoredReading(models.Model):
    """The last usable answer to one query under one key; pruned after two days."""

    fingerprint = models.CharField(max_length=16)
    query = models.CharField(max_length=64)
    payload = models.TextField()  # JSON text: PostgreSQL's own type refuses an escaped NUL
    as_of = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint("fingerprint", "query", name="one_row_per_reading"),)
        indexes = (models.Index(fields=("as_of",)),)
