"""API keys, sealed, and the fingerprints that stand for them everywhere else."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Mode(models.TextChoices):
    """The vendor keeps live and test data apart: a key of one mode knows no batch of the other."""

    LIVE = "live", "Live"
    TEST = "test", "Test"


class ApiKey(models.Model):
    """One user's named key. `sealed` is opened in `services/keys/vault.py` alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys"
    )
    label = models.CharField(max_length=60)
    mode = models.CharField(max_length=4, choices=Mode)
    sealed = models.TextField()
    sealed_with = models.CharField(max_length=8)  # mark of the encryption key; empty once given up
    last_four = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=16, db_index=True)
    # Fingerprints before it was replaced, newest first: the history made with these stays readable.
    earlier = models.JSONField(default=list, blank=True)
    is_default = models.BooleanField(default=False)
    is_shared = models.BooleanField(default=False)
    keep_watch = models.BooleanField(default=False)  # whether it may read in the background
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)  # by people
    last_background_at = models.DateTimeField(null=True, blank=True)
    last_checked_at = models.DateTimeField(null=True, blank=True)
    # How the vendor treats the key; the same in every row with its fingerprint.
    is_refused = models.BooleanField(default=False)
    refused_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=300, blank=True, default="")
    # 401 and 403 in a row that gave no reason, and when the first of them came.
    denials = models.PositiveSmallIntegerField(default=0)
    denied_since = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    throttles = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-is_default", "label")
        constraints = (
            models.UniqueConstraint("owner", "label", name="one_label_per_owner"),
            models.UniqueConstraint("owner", "fingerprint", name="one_row_per_owner_and_key"),
            models.UniqueConstraint(
                fields=("owner",), condition=Q(is_default=True), name="one_default_per_owner"
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} ··{self.last_four}"

    @property
    def ref(self) -> str:
        """The key in URLs: the same for all who hold it, and no secret."""
        return f"{self.mode}-{self.fingerprint[:8]}"


class FingerprintSecret(models.Model):
    """The one HMAC key behind all fingerprints: 32 random bytes, sealed, made once."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sealed = models.TextField()
    sealed_with = models.CharField(max_length=8)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="only_one_fingerprint_secret"),
        )
