"""Chance that comes out the same each time: all that is made up here follows from a seed."""

from random import Random


def dice_of(seed: int | str) -> Random:
    return Random(seed)  # noqa: S311 - what is to be repeatable keeps no secret  # nosec B311
