import socket
import threading

import pytest

from batches.refonte import Deadline
from batches.refonte.watchdog import Watch


def test_a_socket_that_comes_after_the_deadline_is_shut_at_once() -> None:
    near, far = socket.socketpair()
    with near, far, Watch(Deadline(0)) as watch:
        watch._timer.join(timeout=60)
        watch.hold(near)
        assert far.recv(1) == b""


def test_a_socket_that_was_let_go_is_left_alone() -> None:
    near, far = socket.socketpair()
    with near, far, Watch(Deadline(0.05)) as watch:
        watch.hold(near)
        watch.let_go()
        watch._timer.join(timeout=60)
        near.sendall(b"x")
        assert (watch.has_struck, far.recv(1)) == (True, b"x")


def test_a_socket_that_is_shut_already_is_no_trouble() -> None:
    with socket.socket() as unconnected, Watch(Deadline(0.05)) as watch:
        watch.hold(unconnected)
        watch._timer.join(timeout=60)
        assert watch.has_struck


def test_a_call_that_ends_early_leaves_no_timer_behind() -> None:
    with Watch(Deadline(60)) as watch:
        assert watch._timer in threading.enumerate()
    watch._timer.join(timeout=60)
    assert not watch._timer.is_alive()


def test_connecting_gets_three_seconds_and_never_more_than_the_deadline() -> None:
    assert Watch(Deadline(10)).connect.total == 3
    assert Watch(Deadline(2)).connect.total == pytest.approx(2, abs=0.1)
