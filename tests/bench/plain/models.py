"""Rows as wide as those of the product's list."""

from django.db import models


class Entry(models.Model):
    name = models.CharField(max_length=200)
    project = models.CharField(max_length=200)
    status = models.CharField(max_length=20)
    priority = models.IntegerField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name
