"""What people can be told: stored with what happened, in the same transaction, and sent later."""

from django.db import models
from django.db.models import Q

from batches.models.attention import AlarmKind
from batches.models.batches import SeenBatch


class NoticeKind(models.TextChoices):
    """What a notice is about. Alarms have the same values as `AlarmKind`."""

    COMPLETED = "completed", "Completed"
    STALLED = AlarmKind.STALLED.value, "Stalled"
    STAGING = AlarmKind.STAGING.value, "Left in staging"
    AT_RISK = AlarmKind.AT_RISK.value, "Due date at risk"
    ERRORS = AlarmKind.ERRORS.value, "Errors growing"
    KEY_REFUSED = AlarmKind.KEY_REFUSED.value, "Key refused"
    AT_REST = AlarmKind.AT_REST.value, "No work today"


class Notice(models.Model):
    """One thing that happened to a batch, or to a whole key. Never changed but for `spread_at`."""

    fingerprint = models.CharField(max_length=16)
    # None: it is about the whole key.
    batch = models.ForeignKey(
        SeenBatch, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, null=True
    )
    kind = models.CharField(max_length=11, choices=NoticeKind)
    is_over = models.BooleanField(default=False)  # an alarm that has ended
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)  # those of the alarm; of a completion its counts
    # When deliveries were made of it, for all who follow; None: not yet.
    spread_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("id",), condition=Q(spread_at=None), name="notice_to_spread"),
            models.Index(fields=("fingerprint", "-at"), name="notice_of_key"),
            models.Index(fields=("at",), name="notice_by_time"),  # for pruning
        )

    def __str__(self) -> str:
        return f"{self.kind}{' over' if self.is_over else ''} at {self.at}"
