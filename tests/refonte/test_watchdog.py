import socket
import threading
import time

import pytest

from batches.refonte import Deadline
from batches.refonte.watchdog import Watchdog


def wait_until_expired(watchdog: Watchdog) -> None:
    limit = time.monotonic() + 60
    while not watchdog.has_expired:
        assert time.monotonic() < limit
        time.sleep(0.002)


def test_a_socket_that_is_opened_after_the_deadline_is_shut_at_once() -> None:
    near, far = socket.socketpair()
    with near, far, Watchdog(Deadline(0)) as watchdog:
        wait_until_expired(watchdog)
        watchdog.watch(near)
        assert far.recv(1) == b""


def test_a_released_socket_stays_open() -> None:
    near, far = socket.socketpair()
    with near, far, Watchdog(Deadline(0.05)) as watchdog:
        watchdog.watch(near)
        watchdog.release()
        wait_until_expired(watchdog)
        near.sendall(b"x")
        assert far.recv(1) == b"x"


def test_a_socket_that_is_shut_already_is_no_error() -> None:
    with socket.socket() as unconnected, Watchdog(Deadline(0.05)) as watchdog:
        watchdog.watch(unconnected)
        wait_until_expired(watchdog)


def test_a_call_that_ends_early_leaves_no_timer_behind() -> None:
    before = set(threading.enumerate())
    with Watchdog(Deadline(60)):
        [timer] = set(threading.enumerate()) - before
    timer.join(timeout=30)
    assert not timer.is_alive()


def test_connecting_gets_three_seconds_and_never_more_than_the_deadline() -> None:
    assert Watchdog(Deadline(10)).connect.total == 3
    assert Watchdog(Deadline(2)).connect.total == pytest.approx(2, abs=0.1)
