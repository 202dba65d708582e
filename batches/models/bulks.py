"""Bulks: one write for many batches, planned, confirmed, then sent one after the other.

A row becomes an `Operation` in the moment its turn comes, and goes the way of a single write.
"""

import uuid

from django.conf import settings
from django.db import models

from batches.models.keys import ApiKey, Mode
from batches.models.names import DigestField
from batches.models.operations import Verb


class BulkState(models.TextChoices):
    """Where a bulk stands, with the label that people read."""

    READING = "reading", "Reading"  # the worker reads the batches, to make the plan
    PLANNED = "planned", "Planned"  # waits for a person to confirm it
    RUNNING = "running", "Running"
    STOPPED = "stopped", "Stopped"  # by a person, or as it may not go on; `stop_message` says why
    FINISHED = "finished", "Finished"  # nothing is left to send; answers may still be checked

    @classmethod
    def working_states(cls) -> tuple["BulkState", ...]:
        """The worker has something to do."""
        return (cls.READING, cls.RUNNING)


class Bulk(models.Model):
    """User name and key label are copies, as accounts and keys may go."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form_id = models.UUIDField(unique=True)  # a form plans once, however often it is posted
    retry_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="retries"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    username = models.CharField(max_length=150)
    key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True)
    key_label = models.CharField(max_length=60)
    key_mode = models.CharField(max_length=4, choices=Mode)
    fingerprint = models.CharField(max_length=16)
    verb = models.CharField(max_length=10, choices=Verb)
    parameters = models.JSONField(default=dict)  # of every row: the priority
    chosen = models.CharField(max_length=600, blank=True, default="")  # what was chosen, in words
    state = models.CharField(max_length=8, choices=BulkState)
    reason = models.CharField(max_length=300, blank=True, default="")  # why, by the person
    stop_message = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    # The time in which its batches were read for the plan; `read_until` is None while they are.
    read_from = models.DateTimeField(null=True)
    read_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # when it was finished or last stopped
    # When the next step is due; None where nothing is to be done.
    next_at = models.DateTimeField(null=True)
    wait_message = models.CharField(max_length=300, blank=True, default="")  # why it waits now
    # Of the last time that Refonte asked to wait (429): from when to when, and how often in all.
    waited_from = models.DateTimeField(null=True)
    waited_until = models.DateTimeField(null=True)
    waits = models.PositiveIntegerField(default=0)
    # Twice as long a pause between two rows for each time that Refonte asked to wait, up to 8.
    slowed = models.PositiveSmallIntegerField(default=1)
    # What the rows come to, written with the row that changes it: lists show it without reading
    # all rows.
    rows_chosen = models.PositiveIntegerField(default=0)
    rows_ticked = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(
                fields=("next_at",), condition=models.Q(next_at__isnull=False), name="bulk_due"
            ),
            models.Index(fields=("fingerprint", "-confirmed_at"), name="bulk_of_key"),
            models.Index(fields=("user", "-confirmed_at"), name="bulk_own"),
            # the list of operations reads them with all keys of a person, newest first
            models.Index(fields=("-confirmed_at",), name="bulk_newest"),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.rows_chosen} batches ({self.state})"

    @property
    def key_ref(self) -> str:
        """The key this is sent with, as it stands in URLs."""
        return f"{self.key_mode}-{self.fingerprint[:8]}"


class PlanGroup(models.TextChoices):
    """What the plan says of a row, in the order of doubt."""

    UNREAD = "unread", "Not read yet"
    LOOK_FIRST = "look_first", "Look first"  # unticked, until a person ticks it
    WILL_DO = "will_do", "Will be done"
    SKIPPED = "skipped", "Skipped"  # already so
    IMPOSSIBLE = "impossible", "Impossible"

    @classmethod
    def tickable(cls) -> tuple["PlanGroup", ...]:
        """A person may have their rows sent."""
        return (cls.LOOK_FIRST, cls.WILL_DO)


class BulkRow(models.Model):
    """One batch of a bulk. It is sent where `is_ticked`, and has an operation from then on."""

    bulk = models.ForeignKey(Bulk, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=1024)
    digest = DigestField()
    project = models.CharField(max_length=1024, blank=True, default="")
    parameters = models.JSONField(default=dict)  # of this row alone: the fields of a create
    group = models.CharField(max_length=10, choices=PlanGroup, default=PlanGroup.UNREAD)
    message = models.CharField(max_length=300, blank=True, default="")  # why it is in that group
    is_ticked = models.BooleanField(default=False)
    # What was read for the plan, empty where Refonte did not say: compared when its turn comes.
    status = models.CharField(max_length=60, blank=True, default="")
    total = models.PositiveBigIntegerField(null=True)
    grew_at = models.DateTimeField(null=True)  # when its last task was seen to come
    read_at = models.DateTimeField(null=True)
    # Why it was not sent although it was ticked: its facts had changed since the plan.
    left_out = models.CharField(max_length=300, blank=True, default="")
    left_out_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint("bulk", "position", name="one_row_per_position"),
            models.UniqueConstraint("bulk", "digest", name="one_row_per_batch_of_bulk"),
        )
        indexes = (models.Index(fields=("bulk", "group", "position"), name="bulk_rows_by_group"),)

    def __str__(self) -> str:
        return f"{self.position} {self.name} ({self.group})"
