"""From SQLite to PostgreSQL by the commands of the operations guide: nothing is lost on the way."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from dashboard.run.demo import ROOT

pytestmark = pytest.mark.services

FILL = """
from uuid import uuid4
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from batches.models import ApiKey, Operation, SeenBatch
alice = User.objects.create_user("alice", password="a-password-of-hers")
alice.groups.add(Group.objects.get(name="Operators"))
Client().force_login(alice)
now = timezone.now()
ApiKey.objects.create(owner=alice, label="Ours", mode="live", sealed="x", sealed_with="y",
    last_four="1234", fingerprint="f" * 16)
SeenBatch.objects.create(fingerprint="f" * 16, name="Kätzchen " * 100, seen_at=now, counts={"a": 1})
Operation.objects.create(form_id=uuid4(), user=alice, username="alice", key_label="Ours",
    key_mode="live", fingerprint="f" * 16, verb="create", batch_name="kittens",
    state="succeeded", created_at=now)
LogEntry.objects.log_actions(alice.pk, User.objects.all(), 2, "changed")
"""
LOOK = """
from django.contrib.auth.models import User
from batches.models import SeenBatch
alice = User.objects.get(username="alice")
print(alice.check_password("a-password-of-hers"), [group.name for group in alice.groups.all()])
print(SeenBatch.objects.filter(digest="").count(), User.objects.create_user("bob").pk > alice.pk)
"""


def dump_command() -> list[str]:
    """As the guide writes it, but for where the file lies."""
    guide = (ROOT / "docs/operations.md").read_text("utf-8")
    found = re.search(r"^    console (dumpdata .+) --output \S+$", guide, re.MULTILINE)
    assert found
    return found[1].split()


def objects_in(path: Path) -> dict[tuple[str, str], object]:
    lines = map(json.loads, path.read_text("utf-8").splitlines())
    return {(line["model"], str(line["pk"])): line["fields"] for line in lines}


@pytest.mark.slow
def test_all_that_must_be_kept_comes_along(tmp_path: Path, postgres_url: str):
    def manage(*arguments: str, database: str = "") -> str:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "DATABASE_URL": database,
            "REDIS_URL": "",
            "DATA_DIR": str(tmp_path),
        }
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, env=environment, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE
        ).stdout

    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    manage("migrate", "-v0")
    manage("shell", "-v0", "-c", FILL)
    manage(*dump_command(), "--output", str(before))
    manage("migrate", "-v0", database=postgres_url)
    manage("loaddata", str(before), database=postgres_url)
    manage(*dump_command(), "--output", str(after), database=postgres_url)
    assert objects_in(before) == objects_in(after)
    kinds = Counter(model for model, _ in objects_in(after))
    assert {"auth.user", "batches.apikey", "batches.operation", "batches.seenbatch"} <= kinds.keys()
    assert not {"sessions.session", "admin.logentry", "auth.permission"} & kinds.keys()
    told = manage("shell", "-v0", "-c", LOOK, database=postgres_url)
    assert told == "True ['Operators']\n0 True\n"
