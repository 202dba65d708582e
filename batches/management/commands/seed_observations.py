"""`manage.py seed_observations`: samples of made-up batches, to measure a database of a size."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from batches.management.seeded_histories import Size, make_histories
from batches.models import ApiKey, ProjectQuarter, SeenBatch
from batches.services.observations.store_history import store_history

# No fingerprint of an API key begins like this: these are hex digits.
PREFIX = "seeded"
REFUSED = (
    "Nothing was written: this database has {what}. Made-up samples belong only into a database "
    "that holds nothing else: set DATABASE_URL to an empty one."
)


class Command(BaseCommand):
    help = "Writes samples of made-up batches into a database without real ones, for measurements."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batches", type=positive, default=400)
        parser.add_argument("--in-progress", type=int, help="of the batches; by default all")
        parser.add_argument(
            "--days", type=positive, default=14, help="how long ago the oldest may be"
        )
        parser.add_argument("--samples", type=positive, default=1_000_000, help="of all batches")
        parser.add_argument("--seed", type=int, default=1, help="the same one gives the same rows")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_real()
        size = Size(
            batches=options["batches"],
            in_progress=options["batches"]
            if options["in_progress"] is None
            else options["in_progress"],
            days=options["days"],
            samples=options["samples"],
        )
        began, now = time.monotonic(), timezone.now()
        try:
            count = store_history(
                fingerprint=next_fingerprint(),
                histories=make_histories(size, seed=options["seed"], now=now),
                now=now,
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        took = time.monotonic() - began
        self.stdout.write(f"Stored {count:,} samples of {size.batches:,} batches in {took:.0f} s.")


def positive(text: str) -> int:
    """Raises ValueError, which argparse puts into a sentence."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def refuse_real() -> None:
    """Raises CommandError where a person's data could get mixed with made-up samples."""
    if ApiKey.objects.exists():
        raise CommandError(REFUSED.format(what="API keys"))
    for model in (SeenBatch, ProjectQuarter):
        if model._default_manager.exclude(fingerprint__startswith=PREFIX).exists():
            raise CommandError(REFUSED.format(what="batches that Refonte has shown"))


def next_fingerprint() -> str:
    """Of its own for each run, so that a database can be filled in steps."""
    last = SeenBatch.objects.order_by("-fingerprint").values_list("fingerprint", flat=True).first()
    number = int(last.removeprefix(PREFIX)) + 1 if last else 0
    return f"{PREFIX}{number:010}"
