"""What people can be told: stored with what happened, in the same transaction, and sent later."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from batches.models.attention import AlarmKind
from batches.models.batches import SeenBatch
from batches.models.names import DigestField


class NoticeKind(models.TextChoices):
    """What a notice is about. Alarms have the same values as `AlarmKind`."""

    COMPLETED = "completed", "Completed"
    STALLED = AlarmKind.STALLED.value, "Stalled"
    STAGING = AlarmKind.STAGING.value, "Left in staging"
    AT_RISK = AlarmKind.AT_RISK.value, "Due date at risk"
    ERRORS = AlarmKind.ERRORS.value, "Errors growing"
    KEY_REFUSED = AlarmKind.KEY_REFUSED.value, "Key refused"
    AT_REST = AlarmKind.AT_REST.value, "No work today"
    BULK = "bulk", "Bulk ended"  # told to whoever began it, and to nobody else


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
    # Those of the alarm; of a completion its counts; of a bulk its id, its person and its outcomes.
    facts = models.JSONField(default=dict)
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


class Scope(models.TextChoices):
    """What one follow is about. An empty name stands for the whole key."""

    BATCH = "batch", "One batch"
    PROJECT = "project", "All of a project"
    KEY = "key", "All of a key"


class Follow(models.Model):
    """What one person wants to be told of a batch, a project or a key, and on which ways."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows"
    )
    fingerprint = models.CharField(max_length=16)
    scope = models.CharField(max_length=7, choices=Scope)
    name = models.CharField(max_length=1024, blank=True, default="")
    digest = DigestField()
    # By event (a `NoticeKind`) the ways: "bell", "mail", or the id of a channel.
    choices = models.JSONField(default=dict)
    # Of a batch: nothing of it is told, whatever else the person follows.
    is_muted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "fingerprint", "scope", "digest"), name="one_follow_per_thing"
            ),
        )
        indexes = (models.Index(fields=("fingerprint", "digest"), name="follow_of_thing"),)

    def __str__(self) -> str:
        return f"{self.scope} {self.name}".strip()


class Channel(models.Model):
    """A chat or webhook of one person. Its URL is a credential, sealed as API keys are."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="channels"
    )
    label = models.CharField(max_length=40)
    # With the id of this row in the sealed text, so that it opens in no other row.
    seal_id = models.UUIDField(default=uuid.uuid4, editable=False)
    sealed = models.TextField()
    sealed_with = models.CharField(max_length=8)  # mark of the encryption key; empty once given up
    address = models.CharField(max_length=300)  # scheme://host, all that is ever shown of it
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("label",)
        constraints = (models.UniqueConstraint("user", "label", name="one_channel_per_label"),)

    def __str__(self) -> str:
        return self.label


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    DROPPED = "dropped", "Dropped"


class DeliveryKind(models.TextChoices):
    NOTICE = "notice", "Event"
    DIGEST = "digest", "Daily digest"
    TEST = "test", "Test"


class Delivery(models.Model):
    """One thing told to one person on one way. Its id is part of what is sent, each time alike."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    kind = models.CharField(max_length=6, choices=DeliveryKind, default=DeliveryKind.NOTICE)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, null=True, db_index=False)
    way = models.CharField(max_length=16)  # "bell", "mail", or the id of a channel
    label = models.CharField(max_length=40, blank=True, default="")  # of a channel, which may go
    state = models.CharField(max_length=7, choices=DeliveryState, default=DeliveryState.WAITING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()  # when it is tried next
    until = models.DateTimeField()  # after this it is tried no more
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True, default="")  # why not, or why not yet
    ended_at = models.DateTimeField(null=True)
    # Of the bell: None while unread.
    read_at = models.DateTimeField(null=True)
    day = models.DateField(null=True)  # of a digest, in the person's zone

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("notice", "user", "way"), name="told_once_per_person_and_way"
            ),
            models.UniqueConstraint(
                fields=("user", "day"), condition=Q(kind="digest"), name="one_digest_per_day"
            ),
        )
        indexes = (
            models.Index(
                fields=("way", "due_at"), condition=Q(state="waiting"), name="delivery_due"
            ),
            models.Index(
                fields=("user",), condition=Q(way="bell", read_at=None), name="delivery_unread"
            ),
            models.Index(fields=("user", "-created_at"), name="delivery_of_person"),
            models.Index(fields=("created_at",), name="delivery_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.kind} by {self.way}: {self.state}"


class NoticeSetting(models.Model):
    """When one person may be told, in the zone of their pages. None: no such time."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_setting"
    )
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    digest_at = models.TimeField(null=True)
