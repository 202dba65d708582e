"""The URL of a chat or webhook is a credential: it goes through everything, and is nowhere."""

import logging
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import Channel, Delivery
from batches.services.notices.sending import send
from tests.security import leaks
from tests.security.conftest import Console
from tests.support.notices import OF_KEY, complete, follow, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.unmeasured]
SECRET = "xoxb-s3cr+t_4fQ9zK7bXw2mPd"


def test_the_url_of_a_channel_is_nowhere(console: Console, settings: Settings, tmp_path: Path):
    # nothing listens there: what the failure says is looked through as well
    settings.NOTIFY_ALLOW = ["http://127.0.0.1:1", "https://hooks.example.com"]
    listener, loggers = leaks.Listener(), [logging.getLogger(n) for n in ("", "apprise", "batches")]
    levels = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(listener)
    alice, key, client = console.people["alice"], console.keys["alice"], console.browser("alice")
    pages = []
    for url in (f"http://127.0.0.1:1/{SECRET}", f"https://evil.example/{SECRET}", SECRET):
        posted = {"label": "#ops2", "secret_url": url}
        pages.append(client.post("/follows/channels/add/", posted, follow=True).content)
    channel = Channel.objects.get(label="#ops2")
    follow(alice, key, str(channel.pk), thing=OF_KEY)
    client.post("/follows/channels/test/", {"way": str(channel.pk)})
    complete(key)
    work()
    assert Delivery.objects.filter(way=str(channel.pk), attempts=1).count() == 2
    assert str(channel.pk) not in send.due_ways(now=timezone.now())
    pages += [client.get(f"/follows/{path}?key={key.ref}").content for path in ("", "edit/")]
    places = {
        "pages": b"".join(pages),
        "log": "".join(listener.heard).encode(),
        "database": leaks.bytes_of_database(),
        "dumpdata": leaks.dump(),
        "sessions": leaks.sessions(),
        "caches": leaks.cached(),
        "queue": leaks.queue(),
    }
    if connection.vendor == "sqlite":
        places["backup"] = leaks.backup(tmp_path)
    logging.getLogger().removeHandler(listener)
    for logger, level in levels:
        logger.setLevel(level)
    assert [name for name, text in places.items() if leaks.leaks(text, [SECRET])] == []
    assert b"http://127.0.0.1:1" in places["pages"]
    assert leaks.leaks(f"a {SECRET}".encode(), [SECRET])
