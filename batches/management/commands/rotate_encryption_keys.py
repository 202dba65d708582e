"""`manage.py rotate_encryption_keys`: seals every row with the first encryption key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.services.keys import rotation, vault


class Command(BaseCommand):
    help = (
        "Seals every row with the first of API_KEY_ENCRYPTION_KEYS and prints the rows of each. "
        "Can be stopped and run again at any time."
    )
    requires_system_checks = ()  # must run where the start is refused

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--give-up",
            action="store_true",
            help="the encryption keys that are missing are lost: people enter their API keys again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["give_up"]:
            self.stdout.write(f"{rotation.give_up()} API keys wait to be entered again.")
        run = rotation.rotate()
        self.stdout.write(f"{run.resealed} rows sealed again.")
        self.print_rows()
        if run.unreadable:
            raise CommandError("These rows do not open: " + ", ".join(run.unreadable))
        if run.missed:
            raise CommandError(f"{run.missed} rows changed meanwhile. Run this again.")

    def print_rows(self) -> None:
        rows = rotation.rows_by_mark()
        for position, mark in enumerate(vault.marks(), start=1):
            state = "seals" if position == 1 else "may be retired" if not rows[mark] else "needed"
            self.stdout.write(f"encryption key {position} ({mark}): {rows[mark]} rows, {state}")
        if rows[rotation.GIVEN_UP]:
            self.stdout.write(f"given up: {rows[rotation.GIVEN_UP]} rows")
