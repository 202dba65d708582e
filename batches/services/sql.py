"""For SQL that is written out, where building it would cost more than running it."""

from collections.abc import Sized


def placeholders(values: Sized) -> str:
    """One for each of the values, to stand in `IN ({})`."""
    return ", ".join(["%s"] * len(values))
