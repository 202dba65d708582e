"""Personal tokens: with one, a program reads the JSON API in place of its owner."""

import uuid

from django.conf import settings
from django.db import models


class TokenScope(models.TextChoices):
    """What a token may read, in the words of the page."""

    BATCHES = "batches", "Batches: counts, estimates, attention, projects"
    ALL = "all", "Batches, and operations with the people who began them"


class PersonalToken(models.Model):
    """One token. The token itself is shown once and not stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    form_id = models.UUIDField(unique=True)  # a form makes one token, however often it is posted
    label = models.CharField(max_length=60)
    prefix = models.CharField(max_length=11)  # its first characters: tells tokens apart
    digest = models.CharField(max_length=64, unique=True)  # sha256 of the token, in hex
    scope = models.CharField(max_length=7, choices=TokenScope)
    # The ref of the only API key it reads with; empty for all that its owner may read with.
    key_ref = models.CharField(max_length=13, blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.user_id}"
