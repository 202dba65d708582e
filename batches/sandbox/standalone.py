"""The stand-in run alone, from a terminal, until it is told to stop."""

import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event

from .control import PREFIX
from .keys import LIVE_KEY, TEST_KEY
from .sandbox import Sandbox


def run_alone(
    *,
    host: str,
    port: int,
    batches: int,
    seed: int,
    state: Path | None,
    growing: bool,
    say: Callable[[str], object],
) -> None:
    """Serve until SIGTERM or Ctrl-C. Signals arrive in the main thread, so call it there."""
    stop = Event()
    sandbox = Sandbox(
        batches=batches, seed=seed, state=state, host=host, port=port, growing=growing
    )
    former = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with sandbox:
            sandbox.world("live")  # made before it is asked for, so that the first answer is fast
            say(introduction(sandbox.url))
            while not stop.wait(0.5):  # a signal another thread got does not end a wait
                pass
    finally:
        for number, action in former.items():
            signal.signal(number, action)


def introduction(url: str) -> str:
    """The address first, so that a script can read it; then what a person needs to try it."""
    control = url.removesuffix("/v1") + PREFIX
    return f"""Sandbox on {url}

  A stand-in for Refonte's API: made-up batches, nothing leaves this machine. Its keys:

    live   {LIVE_KEY}
    test   {TEST_KEY}

  To try it, to break it, and to mend it again:

    curl -u {LIVE_KEY}: '{url}/batches?limit=2'
    curl -d '{{"kind": "status", "code": 503}}' {control}faults
    curl -X POST {control}reset

  Ctrl-C stops it."""
