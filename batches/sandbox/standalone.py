"""Runs the sandbox in a terminal until it is stopped."""

import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from .control import PREFIX
from .demo_keys import LIVE_KEY, TEST_KEY
from .sandbox import Sandbox


def run_until_stopped(
    *,
    host: str,
    port: int,
    batches: int,
    seed: int,
    state: Path | None,
    write: Callable[[str], object],
    **kind: Any,
) -> None:
    """Serve until SIGTERM or Ctrl-C. Signals arrive in the main thread, so call it there.

    kind: `growing`, `demo` and `speed` of `Vendor`.
    """
    stop = Event()
    sandbox = Sandbox(batches=batches, seed=seed, state=state, host=host, port=port, **kind)
    former = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with sandbox:
            sandbox.world("live")  # generated now, so that the first answer is fast
            write(introduction(sandbox.url))
            while not stop.wait(0.5):  # a signal that another thread receives does not end the wait
                pass
    finally:
        # for tests, which go on in this process
        for number, action in former.items():
            signal.signal(number, action)


def introduction(url: str) -> str:
    """The URL on the first line, for scripts; then keys and example commands."""
    control = url.removesuffix("/v1") + PREFIX
    return f"""Sandbox on {url}

  A simulated Refonte API with generated batches; nothing leaves this machine. Its keys:

    live   {LIVE_KEY}
    test   {TEST_KEY}

  To try it, to set a fault, and to remove it again:

    curl -u {LIVE_KEY}: '{url}/batches?limit=2'
    curl -d '{{"kind": "status", "code": 503}}' {control}faults
    curl -X POST {control}reset

  Ctrl-C stops it."""
