"""The cache in memory: its size, and its lock."""

import threading
from collections.abc import Callable

import pytest

from batches.services.cache.memory import BoundedMemory


def small_memory() -> BoundedMemory:
    return BoundedMemory(most_bytes=100, size_of=lambda _: 1, most_entries=2)


def test_memory_forgets_the_oldest_beyond_its_size():
    memory = small_memory()
    memory.set("a", 1)
    memory.set("b", 2)
    memory.get("a")
    memory.set("c", 3)

    assert memory.items() == {"a": 1, "c": 3}
    memory.delete("c")
    memory.delete("d")
    assert memory.items() == {"a": 1}


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
        lambda memory, what: memory.set(what, 2),
        lambda memory, what: memory.delete(what),
    ],
    ids=["get", "set", "delete"],
)
def test_the_memory_cache_is_used_by_one_thread_at_a_time(
    act: Callable[[BoundedMemory, str], object],
):
    memory, what = small_memory(), SlowToFind("what")
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
