"""Writes to the vendor, each with its state and its history. Recorded before they are sent.

A change of a note is an operation too, so that all that people did to a batch is in one record. It
is done at once, and nothing of it is sent.
"""

import uuid

from django.conf import settings
from django.db import models

from batches.models.keys import ApiKey, Mode
from batches.models.names import DigestField, FoldedField, SearchIndex


class Verb(models.TextChoices):
    CREATE = "create", "Create"
    FINALIZE = "finalize", "Finalize"
    PRIORITIZE = "prioritize", "Set priority"
    NOTE = "note", "Note"  # due date, owner and text of a batch: kept here, never sent


class State(models.TextChoices):
    """Where a write stands, with the label that people read."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Sending"
    CHECKING = "checking", "Unknown, checking"
    SUCCEEDED = "succeeded", "Done"
    NO_EFFECT = "no_effect", "Nothing changed"
    REFUSED = "refused", "Refused"
    NOT_SENT = "not_sent", "Not sent"
    NOT_DONE = "not_done", "Not done"
    UNCONFIRMED = "unconfirmed", "Unconfirmed"

    @classmethod
    def open_states(cls) -> tuple["State", ...]:
        """Not settled yet: a later step is to come."""
        return (cls.WAITING, cls.SENDING, cls.CHECKING)

    @classmethod
    def unanswered(cls) -> tuple["State", ...]:
        """Sent, and no usable answer came."""
        return (cls.SENDING, cls.CHECKING, cls.NOT_DONE, cls.UNCONFIRMED)


class PostAnswer(models.TextChoices):
    """How a POST was answered, as far as that says what it did. Empty: no answer is recorded."""

    ACCEPTED = "accepted", "the documented answer"
    UNCLEAR = "unclear", "none, or one that proves nothing"
    THROTTLED = "throttled", "asked to wait"
    TAKEN = "taken", "the name exists"
    REFUSED = "refused", "refused"
    UNSENT = "unsent", "never left"


# True of every row. Queries over the rows of all keys add it, and the indexes for them have it as
# their condition: PostgreSQL would otherwise also choose these indexes for the rows of one key, and
# read past all newer rows of other keys.
EVERY_ROW = models.Q(form_id__isnull=False)
# The list shows a bulk as one row, so what stands in it by itself has indexes of its own: a bulk of
# a thousand rows is not read through.
SINGLE = models.Q(bulk__isnull=True)
OF_BULK = models.Q(bulk__isnull=False)
NAMED = models.Q(request_id__gt="")


def _singles(name: str, *fields: str, among: models.Q | None = None) -> models.Index:
    """Of operations that are of no bulk, newest first."""
    condition = SINGLE & among if among else SINGLE
    return models.Index(fields=(*fields, "-created_at"), name=name, condition=condition)


class Operation(models.Model):
    """One write, or one change of a note.

    User name, key label and batch name are copies, as accounts and keys may go.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    form_id = models.UUIDField(unique=True)  # a form sends once, however often it is posted
    # The operation it follows from: of a first priority, the create of its batch.
    parent = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="follow_ups",
        db_index=False,  # the constraint's index begins with it
    )
    # Of an operation that a bulk made, and of what follows from it.
    bulk = models.ForeignKey(
        "Bulk", on_delete=models.SET_NULL, null=True, related_name="operations", db_index=False
    )
    # Of that bulk; a row is sent by one operation alone, however many workers there are.
    bulk_row = models.OneToOneField(
        "BulkRow", on_delete=models.SET_NULL, null=True, related_name="operation"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    username = models.CharField(max_length=150)
    key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True)
    key_label = models.CharField(max_length=60)
    key_mode = models.CharField(max_length=4, choices=Mode)
    fingerprint = models.CharField(max_length=16)
    verb = models.CharField(max_length=10, choices=Verb)
    batch_name = models.CharField(max_length=1024)
    batch_digest = DigestField(source="batch_name")
    batch_search = FoldedField(source="batch_name")
    project = models.CharField(max_length=1024, blank=True, default="")
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=11, choices=State)
    message = models.CharField(max_length=600, blank=True, default="")
    field = models.CharField(max_length=60, blank=True, default="")  # that the message is about
    status_before = models.CharField(max_length=60, blank=True, default="")
    status_after = models.CharField(max_length=60, blank=True, default="")
    # Of the last POST.
    answer = models.CharField(max_length=9, choices=PostAnswer, blank=True, default="")
    answer_message = models.CharField(max_length=600, blank=True, default="")
    http_status = models.PositiveSmallIntegerField(null=True)
    request_id = models.CharField(max_length=80, blank=True, default="")  # Refonte's own
    # When the batch was read before the first POST, by our clock and by the vendor's. The vendor's
    # is known only where it answered that a batch to create does not exist.
    precheck_at = models.DateTimeField(null=True)
    vendor_date = models.DateTimeField(null=True)
    found_at = models.DateTimeField(null=True)  # when a batch of the name to create was last seen
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    # None while waiting: the request that recorded it is about to send it itself.
    next_check_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)
    # A step writes only where this is still the time that it took the row with.
    leased_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        # A list shows the rows of one key, of one person, or all, and each of these with one
        # filter: an index for each case finds the newest rows among any number.
        indexes = (
            SearchIndex(fields=("fingerprint", "-created_at", "batch_search"), name="op_of_key"),
            models.Index(fields=("fingerprint", "state", "-created_at"), name="op_of_key_state"),
            _singles("op_of_key_single", "fingerprint"),
            _singles("op_of_key_verb", "fingerprint", "verb"),
            _singles("op_of_key_name", "fingerprint", "username"),
            SearchIndex(fields=("user", "-created_at", "batch_search"), name="op_own"),
            models.Index(fields=("user", "state", "-created_at"), name="op_own_state"),
            _singles("op_own_single", "user"),
            _singles("op_own_verb", "user", "verb"),
            _singles("op_own_name", "user", "username"),
            models.Index(fields=("user", "batch_digest", "-created_at"), name="op_own_batch"),
            SearchIndex(fields=("-created_at", "batch_search"), name="op_any", condition=EVERY_ROW),
            models.Index(fields=("state", "-created_at"), name="op_any_state", condition=EVERY_ROW),
            _singles("op_any_single", among=EVERY_ROW),
            _singles("op_any_verb", "verb", among=EVERY_ROW),
            _singles("op_any_name", "username", among=EVERY_ROW),
            models.Index(fields=("batch_digest", "fingerprint", "-created_at"), name="op_of_batch"),
            models.Index(fields=("state", "next_check_at")),
            models.Index(fields=("bulk", "state"), condition=OF_BULK, name="op_of_bulk"),
            models.Index(fields=("bulk", "-created_at"), condition=OF_BULK, name="op_of_bulk_new"),
            models.Index(fields=("request_id",), condition=NAMED, name="op_of_request"),
        )
        constraints = (
            # two processes that settle one create record one first priority
            models.UniqueConstraint("parent", "verb", name="one_follow_up_per_verb"),
        )
        permissions = (
            ("read_batches", "Can read batches"),
            ("operate_batches", "Can create, finalize and prioritize batches"),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.batch_name} ({self.state})"

    @property
    def key_ref(self) -> str:
        """The key this was sent with, as it stands in URLs."""
        return f"{self.key_mode}-{self.fingerprint[:8]}"

    @property
    def is_open(self) -> bool:
        return self.state in State.open_states()


class OperationEvent(models.Model):
    """A line in the history of an operation."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    state = models.CharField(max_length=11, choices=State)
    message = models.CharField(max_length=600)

    class Meta:
        ordering = ("at", "id")
