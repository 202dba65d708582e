"""`manage.py verify_operations`: names what was changed in the record of operations."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from batches.services.seals.chain import read_head
from batches.services.seals.checks import check_record
from batches.services.seals.verify import Finding, Head

NOTED = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})", re.ASCII)


class Command(BaseCommand):
    help = (
        "Checks every settled operation against its seal, and names each that was changed, removed "
        "or moved behind the console's back. Ends with 1 where something was found."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            type=noted_head,
            metavar="COUNT:HEAD",
            help="an end of the record from a log or a backup: finds what was cut off since",
        )

    def handle(self, *args: Any, head: Head | None, **options: Any) -> None:
        found = check_record(report=self.report, noted=head)
        if found:
            raise CommandError(f"{found:,} found. The record ends at {read_head()}.")
        self.stdout.write(f"Unaltered. The record ends at {read_head()}.")

    def report(self, finding: Finding) -> None:
        self.stdout.write(str(finding))


def noted_head(text: str) -> Head:
    match = NOTED.fullmatch(text)
    if match is None:
        raise ArgumentTypeError("it is COUNT:HEAD as a log line or a backup has it")
    return Head(int(match[1]), match[2])
