"""`manage.py rebuild_estimates`: what estimates rest on, once more from the stored samples."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.models import ApiKey, FinishedBatch
from batches.services.estimates.compute import rebuild_key


class Command(BaseCommand):
    help = "Make everything that estimates rest on again, from the stored samples of each key."

    def handle(self, *args: Any, **options: Any) -> None:
        keys = ApiKey.objects.order_by("fingerprint").values_list("fingerprint", flat=True)
        found = {key: rebuild_key(fingerprint=key) for key in dict.fromkeys(keys)}
        past = FinishedBatch.objects.filter(fingerprint__in=found).count()
        done = sum(number or 0 for number in found.values())
        self.stdout.write(f"{_many(done, 'estimate')} from {_many(past, 'ended batch', 'es')}.")
        if busy := [key for key, number in found.items() if number is None]:
            raise CommandError(
                f"The worker is busy with {_many(len(busy), 'key')}. Try again in a minute."
            )


def _many(number: int, noun: str, ending: str = "s") -> str:
    return f"{number:,} {noun}{'' if number == 1 else ending}"
