"""The stand-in run alone, from a terminal, until it is told to stop."""

import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event

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
            say(f"Sandbox on {sandbox.url}")
            while not stop.wait(0.5):  # a signal another thread got does not end a wait
                pass
    finally:
        for number, action in former.items():
            signal.signal(number, action)
