"""Saved views of the list of batches: a name for its filters, order, columns and density."""

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """One view of one person. Which API key a list is read with is no part of it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(max_length=60)
    # Names the view in addresses. It stays when the view is renamed, so that links go on working.
    slug = models.CharField(max_length=64, unique=True)
    is_shared = models.BooleanField(default=False)
    # As in an address of the list. What a later version does not know is left out when it is read.
    query = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="one_view_per_owner_and_name"),
        )
        indexes = (models.Index(fields=("is_shared", "name"), name="shared_views"),)

    def __str__(self) -> str:
        return self.slug
