"""Seals of settled operations: in a chain, so that a change behind the console's back shows."""

from django.db import models


class RecordSeal(models.Model):
    """One settled operation in the order of settling.

    No foreign key, and copies of what names the operation: a seal is there to tell of a row that
    was removed.
    """

    number = models.PositiveBigIntegerField(primary_key=True)  # 1, 2, 3 … without a gap
    operation_id = models.UUIDField(unique=True)
    verb = models.CharField(max_length=10)
    batch_name = models.CharField(max_length=1024)
    username = models.CharField(max_length=150)
    key = models.CharField(max_length=8)  # stands for the key of `RECORD_KEY` that sealed it
    row = models.CharField(max_length=64)  # over the columns of the operation
    seal = models.CharField(max_length=64)  # over this row and the seal before it

    def __str__(self) -> str:
        return f"{self.number}: {self.verb} {self.batch_name}"


class RecordHead(models.Model):
    """The end of the chain. One row, which is locked by whoever adds to it."""

    ONE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONE)
    count = models.PositiveBigIntegerField(default=0)
    seal = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.count}:{self.seal}"


class RecordCheck(models.Model):
    """When `verify_operations` last ran, and what it found. One row.

    count, seal: the end of the chain at the last run that found nothing.
    """

    ONE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONE)
    at = models.DateTimeField()
    found = models.PositiveBigIntegerField()
    count = models.PositiveBigIntegerField(default=0)
    seal = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.found} found at {self.at}"
