"""What a person chose on the preferences page."""

from django.conf import settings
from django.db import models


class Theme(models.TextChoices):
    SYSTEM = "system", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Preferences(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences"
    )
    zone = models.CharField(max_length=64, blank=True, default="")  # empty: that of the browser
    browser_zone = models.CharField(max_length=64, blank=True, default="")
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    page_size = models.PositiveSmallIntegerField(default=50)
    shortcuts = models.BooleanField(default=True)
    # Of the list of batches: the person's own view, or one that somebody shares.
    default_view = models.ForeignKey(
        "batches.SavedView", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "preferences"
