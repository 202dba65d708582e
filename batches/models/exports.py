"""Whose export is under way, in whichever process."""

from django.conf import settings
from django.db import models


class ExportLease(models.Model):
    """One row a person who ever exported.

    token: of the export under way; each renewal names it. until: when it counts as ended, where
    the process that had it was killed.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True
    )
    token = models.CharField(max_length=32)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"export of {self.user_id} until {self.until}"
