"""`manage.py set_up_demo`: database, files, accounts and keys of the demo, for `make run`."""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from batches.management.demo_history import store_past
from batches.management.demo_notes import store_notes
from batches.management.demo_operations import record_operations
from batches.management.demo_views import store_views
from batches.models import Mode
from batches.refonte import Secret
from batches.sandbox import LIVE_KEY, TEST_KEY
from batches.services.key_checks.checks import add_key
from batches.services.people.roles import OPERATORS, VIEWERS
from dashboard.web.static import digest_of_sources

GROUPS = {"olga": OPERATORS, "vera": VIEWERS}
KEYS = (("Annotation team", Mode.LIVE, LIVE_KEY), ("Playground", Mode.TEST, TEST_KEY))


class Command(BaseCommand):
    help = "Part of `make run`: prepares .demo/ (reads the passwords as JSON from standard input)."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_elsewhere()
        call_command("migrate", verbosity=0, interactive=False)
        collect_static(Path(settings.DATA_DIR) / "static.digest")
        # first: what is asked for below is recorded after it
        store_past()
        for name, password in json.load(sys.stdin).items():
            add_account(name, password)
        store_notes()
        store_views()
        record_operations()


def refuse_elsewhere() -> None:
    # accounts with known names and known API keys must not get into a real install
    vendor = urlsplit(settings.REFONTE_API_URL).hostname
    if Path(settings.DATA_DIR).name != ".demo" or vendor != "127.0.0.1":
        raise CommandError("This is not the demo. Real accounts come from createsuperuser.")


def collect_static(stamp: Path) -> None:
    # compressing takes seconds, so it is done only when a source has changed
    digest = digest_of_sources()
    if not stamp.is_file() or stamp.read_text("utf-8") != digest:
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(digest, "utf-8")


def add_account(name: str, password: str) -> None:
    user, is_new = User.objects.get_or_create(username=name)
    if not is_new:
        return
    user.is_staff = user.is_superuser = name == "admin"
    user.set_password(password)
    user.save()
    if name in GROUPS:
        user.groups.add(Group.objects.get(name=GROUPS[name]))
    for label, mode, key in KEYS:
        add_key(owner=user, label=label, mode=mode, secret=Secret(key), keep_watch=True)
