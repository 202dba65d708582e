"""The cache in memory: its size, and its lock."""

import threading
from collections.abc import Callable

import pytest

from batches.services.cache.store import KEPT_IN_MEMORY, LockedLRU


def test_memory_forgets_the_oldest_beyond_its_size():
    cache = LockedLRU(2)
    cache["a"], cache["b"] = 1, 2
    cache.get("a")
    cache["c"] = 3

    assert (cache.get("a"), cache.get("b"), cache.pop("c"), cache.pop("d", 0)) == (1, None, 3, 0)
    assert KEPT_IN_MEMORY == 2_000


class SlowToFind(str):
    """Whoever looks for it stands in the memory until told to go on."""

    __slots__ = ("go_on", "is_inside")

    def __init__(self, _: str) -> None:
        self.is_inside, self.go_on = threading.Event(), threading.Event()

    def __hash__(self) -> int:
        self.is_inside.set()
        self.go_on.wait(60)
        return super().__hash__()


@pytest.mark.parametrize(
    "act",
    [
        lambda memory, what: memory.get(what),
        lambda memory, what: memory.__setitem__(what, 2),
        lambda memory, what: memory.pop(what, 0),
    ],
    ids=["get", "set", "pop"],
)
def test_memory_is_in_the_hands_of_one_thread_at_a_time(act: Callable[[LockedLRU, str], object]):
    memory, what = LockedLRU(2), SlowToFind("what")
    first = threading.Thread(target=act, args=(memory, what))
    second = threading.Thread(target=act, args=(memory, "other"))
    first.start()
    assert what.is_inside.wait(60)
    second.start()
    second.join(0.05)
    has_waited = second.is_alive()
    what.go_on.set()
    for thread in (first, second):
        thread.join(60)

    assert has_waited
