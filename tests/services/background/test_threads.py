"""Jobs side by side: one a key, as many as there are threads, each with its own connection."""

import threading

import pytest
from django.db import connection

from batches.models import Lease
from batches.services.background.threads import KeyThreads


def test_what_finds_no_thread_free_is_not_queued():
    threads, done = KeyThreads(1, "test"), threading.Event()
    assert threads.start("a", lambda: done.wait(60))
    assert not threads.start("b", pytest.fail)
    done.set()
    threads.wait()

    assert threads.start("b", lambda: None)
    threads.wait()


def test_a_job_that_fails_is_logged_and_its_thread_goes_on(caplog: pytest.LogCaptureFixture):
    threads = KeyThreads(1, "test")
    assert threads.start("a", lambda: 1 / 0)
    threads.wait()

    assert threads.start("a", lambda: None)
    threads.wait()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "a job in the background failed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_waits_for_its_next_job_keeps_no_connection_open():
    threads, kept = KeyThreads(1, "test"), list[object]()

    def ask() -> None:
        kept.append(connection.connection)
        Lease.objects.exists()
        kept.append(connection.connection is not None)

    for _ in range(2):
        assert threads.start("a", ask)
        threads.wait()

    assert kept == [None, True, None, True]
