"""Batches that a person has ticked, so that one action is for all of them."""

import uuid

from django.conf import settings
from django.db import models

from batches.models.keys import Mode
from batches.models.names import DigestField


class Selection(models.Model):
    """Names that one person has ticked under one key. Kept here, as a page shows some of them."""

    # made by the browser, so that the first tick is kept also where the page is left at once
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_index=False,  # the index below begins with it
        related_name="selections",
    )
    fingerprint = models.CharField(max_length=16)
    key_mode = models.CharField(max_length=4, choices=Mode)
    # What was chosen, such as "all that match Created: last 7 days"; empty where rows were ticked.
    words = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("user", "-changed_at"), name="selection_of_person"),
            models.Index(fields=("changed_at",), name="selection_by_time"),  # for pruning
        )

    def __str__(self) -> str:
        return f"selection {self.id}"


class SelectedBatch(models.Model):
    """One name of a selection. position: in the order in which they were chosen."""

    selection = models.ForeignKey(
        Selection,
        on_delete=models.CASCADE,
        db_index=False,  # the constraint's index begins with it
        related_name="batches",
    )
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=1024)
    digest = DigestField()

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint("selection", "digest", name="one_row_per_selected_batch"),
        )

    def __str__(self) -> str:
        return self.name
