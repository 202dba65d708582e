"""Random generators with a seed: generated data must be the same after a restart."""

from random import Random


def seeded_random(seed: int | str) -> Random:
    return Random(seed)  # noqa: S311 - repeatable, so no secret may come from it  # nosec B311
