"""Who works on what just now: one row for each thing that only one worker or person may have."""

from django.conf import settings
from django.db import models


class LeasePurpose(models.TextChoices):
    """What a worker does with a key."""

    WALK = "walk", "Read its list"
    SETTLE = "settle", "Settle its operations"
    BULK = "bulk", "Send the rows of its bulks"
    WATCH = "watch", "Read its open batches"
    CALLED = "called", "Read batches that Refonte called about"
    ESTIMATE = "estimate", "Estimate when its batches will be done"
    SPREAD = "spread", "Make deliveries of notices"  # of all keys: its row has no fingerprint
    TELL = "tell", "Send deliveries"  # its row has a way in place of a fingerprint


class Lease(models.Model):
    """The right of one worker to use a key in the background, until a time.

    token: of the present holder; each write of the holder names it, so a former one writes nothing.
    """

    fingerprint = models.CharField(max_length=16)
    purpose = models.CharField(max_length=8, choices=LeasePurpose)
    token = models.CharField(max_length=32)
    until = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint("fingerprint", "purpose", name="one_row_per_lease"),)

    def __str__(self) -> str:
        return f"{self.fingerprint} {self.purpose} until {self.until}"


class ExportLease(models.Model):
    """The right of a person to one export at a time. One row a person who ever exported.

    token: of the export under way; each renewal names it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True
    )
    token = models.CharField(max_length=32)
    # renewed with each page: where the process was killed, the export counts as ended then
    until = models.DateTimeField()
    # What the last file lacks, for the page that it was started from.
    told = models.CharField(max_length=600, blank=True, default="")

    def __str__(self) -> str:
        return f"export of {self.user_id} until {self.until}"
