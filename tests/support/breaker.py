"""Calls through a breaker."""

from contextlib import suppress

from batches.refonte import (
    Busy,
    RefonteError,
)
from batches.services.vendor.breaker import Breaker


def end_with(breaker: Breaker, error: RefonteError | None) -> None:
    """One call through the breaker that ends like this."""
    with suppress(RefonteError), breaker.guard():
        if error is not None:
            raise error


def let_through(breaker: Breaker) -> bool:
    try:
        with breaker.guard():
            return True
    except Busy:
        return False
