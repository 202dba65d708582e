"""What needs somebody: alarms, and what people here note about a batch."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from batches.models.batches import SeenBatch
from batches.models.names import DigestField


class AlarmKind(models.TextChoices):
    """Why somebody should look, with the words of the page; in the order of harm."""

    KEY_REFUSED = "key_refused", "Key refused"
    AT_RISK = "at_risk", "At risk"
    STALLED = "stalled", "Stalled"
    ERRORS = "errors", "Errors"
    STAGING = "staging", "In staging"
    # All open batches of a key are quiet at a time at which people usually work.
    AT_REST = "at_rest", "No work today"


class Alarm(models.Model):
    """Something of a batch, or of a whole key, that needs somebody, from its begin to its end."""

    fingerprint = models.CharField(max_length=16)
    # None: it is about the whole key.
    batch = models.ForeignKey(
        SeenBatch, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, null=True
    )
    kind = models.CharField(max_length=11, choices=AlarmKind)
    since = models.DateTimeField()  # when what it is about began
    began_at = models.DateTimeField()  # when it was found
    checked_at = models.DateTimeField()  # when it was last found to be so
    ended_at = models.DateTimeField(null=True)
    # What the words are made of, by kind; see `services/attention/types.py`.
    facts = models.JSONField(default=dict)
    # Stands for the facts that a dismissal is about: another one ends the dismissal.
    subject = models.CharField(max_length=120)
    # Of the dismissal in force.
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.CharField(max_length=150, blank=True, default="")
    dismissed_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("batch", "kind"),
                condition=Q(ended_at=None),
                name="one_open_alarm_of_batch",
            ),
            models.UniqueConstraint(
                fields=("fingerprint", "kind"),
                condition=Q(ended_at=None, batch=None),
                name="one_open_alarm_of_key",
            ),
        )
        indexes = (
            models.Index(
                fields=("fingerprint", "kind"), condition=Q(ended_at=None), name="alarm_open"
            ),
            models.Index(fields=("batch", "-began_at"), name="alarm_of_batch"),
            models.Index(fields=("fingerprint", "-began_at"), name="alarm_of_key"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.batch_id or self.fingerprint} since {self.since}"


class AlarmCheck(models.Model):
    """When the worker last looked through the alarms of a key."""

    fingerprint = models.CharField(max_length=16, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.fingerprint} at {self.at}"


class Dismissal(models.Model):
    """That somebody saw an alarm and wants no more of it, until its facts change."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="dismissals")
    username = models.CharField(max_length=150)  # a copy, as accounts may go
    reason = models.CharField(max_length=200)
    subject = models.CharField(max_length=120)  # that of the alarm, at that time
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # taken back, or the facts changed

    class Meta:
        ordering = ("-at",)


class BatchNote(models.Model):
    """Due date, owner and a note of a batch. They are kept here only: Refonte has no such fields.

    Belongs to a batch as seen with one key, by name: it may be noted before it was ever seen.
    """

    fingerprint = models.CharField(max_length=16)
    name = models.CharField(max_length=1024)
    digest = DigestField()
    due_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False
    )
    text = models.CharField(max_length=1000, blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint("fingerprint", "digest", name="one_note_per_batch"),)
        indexes = (
            models.Index(
                fields=("fingerprint", "due_at"), condition=Q(due_at__isnull=False), name="note_due"
            ),
            models.Index(fields=("fingerprint", "-changed_at"), name="note_changed"),
        )


class ProjectSetting(models.Model):
    """What is set for a project here. Null: as in the settings of the product."""

    fingerprint = models.CharField(max_length=16)
    project = models.CharField(max_length=64)  # digest of its name
    staging_hours = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint("fingerprint", "project", name="one_setting_per_project"),
        )
