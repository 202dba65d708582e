"""Workers killed with -9 as they tell somebody: told once, or a second time with the same id."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from batches.services.notices.sending.mail import message_id
from tests.support.receivers import Hooks, Mails, hook_server, mail_server

MOST_SECONDS = 120  # a bound for a busy machine
TWICE = {"mail": "after the server took the mail", "post": "after the server took the post"}


def kill_at_each_step(folder: Path, mails: Mails, hooks: Hooks) -> dict[str, Any]:
    output = folder / "told.json"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "ENV_FILE": "",
        "SECRET_KEY": "only-for-tests-" * 5,
        "RECORD_KEY": "only-for-tests-" * 3,
        "API_KEY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "DATA_DIR": str(folder),
        "PLAIN_HTTP": "True",
        "REFONTE_API_URL": "http://127.0.0.1:1/v1",
        "EMAIL_URL": f"smtp://127.0.0.1:{mails.port}",
        "NOTIFY_ALLOW": hooks.url,
    }
    command = [sys.executable, "-m", "tests.faults.tell_harness"]
    done = subprocess.run(
        [*command, str(mails.port), str(hooks.port), str(output)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(output.read_text())
    return told


@pytest.mark.slow
@pytest.mark.one_database  # it has one of its own
def test_a_completion_is_told_once_wherever_the_worker_was_killed(tmp_path: Path):
    with mail_server() as mails, hook_server() as hooks:
        told = kill_at_each_step(tmp_path, mails, hooks)
    posts = Counter(post.body["batch"] for post in hooks.came)
    sent = Counter(str(mail["Subject"]).partition(": ")[0] for mail in mails.came)
    for step, found in told.items():
        assert found["killed"], step
        assert set(found["states"].values()) == {"sent"}, step
        assert len(found["ids"]) == 2, step
        assert sent[step] == (2 if step == TWICE["mail"] else 1), step
        assert posts[step] == (2 if step == TWICE["post"] else 1), step
        ids = {str(mail["Message-ID"]) for mail in mails.came if step in str(mail["Subject"])}
        assert ids == {message_id(found["ids"]["mail"])}, step
        keys = {p.headers["Idempotency-Key"] for p in hooks.came if p.body["batch"] == step}
        assert keys == {found["ids"]["1"]}, step
    # what a kill left: nothing half done
    assert told["before the change is committed"]["left"] == {}
    assert told["before the deliveries are committed"]["left"] == {}
    assert told["before the mail is sent"]["left"]["mail"] == "waiting"
    assert told["after the server took the mail"]["left"]["mail"] == "waiting"
    assert told["after the server took the post"]["left"]["1"] == "waiting"
