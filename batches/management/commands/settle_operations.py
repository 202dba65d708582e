"""`manage.py settle_operations`: one pass of what the worker does every minute, by hand."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from batches.services.operations import queues


class Command(BaseCommand):
    help = "Take every open operation that is due one step further: send it or check its outcome."

    def handle(self, *args: Any, **options: Any) -> None:
        taken = queues.settle_due_operations(now=timezone.now())
        self.stdout.write(f"{taken} operation{'' if taken == 1 else 's'} taken one step on.")
