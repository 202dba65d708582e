"""The addresses that Refonte was given to call about a batch, and what such a call is to cause."""

from django.db import models

from batches.models.operations import Operation


class CallbackAddress(models.Model):
    """The address of one create's batch, and when the batch is to be read.

    token_digest: sha256 of the token, which is stored nowhere.
    fingerprint: of the key that the batch is created with; a copy, for the queue of that key.
    """

    operation = models.OneToOneField(
        Operation, on_delete=models.CASCADE, primary_key=True, related_name="callback_address"
    )
    token_digest = models.CharField(max_length=64, unique=True)
    fingerprint = models.CharField(max_length=16)
    called_at = models.DateTimeField(null=True)  # the last call, within a second
    due_at = models.DateTimeField(null=True)  # when the batch is to be read; None: not at all
    read_at = models.DateTimeField(null=True)  # when it was last asked for

    class Meta:
        verbose_name_plural = "callback addresses"
        indexes = (
            models.Index(
                fields=("fingerprint", "due_at"),
                condition=models.Q(due_at__isnull=False),
                name="callback_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.fingerprint} called at {self.called_at}, due at {self.due_at}"
