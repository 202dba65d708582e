"""How many times as fast as usual work and arrivals go, from which moments on.

Clocks never change: a day has its hours, and a night remains slower than a day.
"""

from collections.abc import Iterator, Sequence

Step = tuple[float, float]  # a moment in seconds since 1970, and the factor from then on


class Speeds:
    """Factors by time; 1 before the first step."""

    def __init__(self, steps: Sequence[Step] = ()) -> None:
        self.steps = list(steps)

    @property
    def last(self) -> float:
        return self.steps[-1][1] if self.steps else 1.0

    @property
    def fastest(self) -> float:
        return max([1.0, *(factor for _, factor in self.steps)])

    def set(self, at: float, factor: float) -> None:
        """Change the speed from a moment on; what was before remains."""
        # a clock that was set back: steps must stay in order
        self.steps = [step for step in self.steps if step[0] < at]
        self.steps.append((at, factor))

    def changes(self, at: float) -> Iterator[Step]:
        """The changes before a moment, each with what it adds to the factor."""
        before = 1.0
        for when, factor in self.steps:
            if when < at:
                yield when, factor - before
            before = factor

    def elapsed(self, since: float, at: float) -> float:
        """Seconds at normal speed between two moments."""
        return self._position(at) - self._position(since)

    def moment(self, since: float, seconds: float) -> float:
        """The moment at which so many seconds at normal speed have passed; may be earlier."""
        wanted = self._position(since) + seconds
        here = wanted
        for when, following in self.steps:
            begun = self._position(when)
            if begun >= wanted:
                break
            here = when + (wanted - begun) / following
        return here

    def _position(self, at: float) -> float:
        if not self.steps:  # asked for hundreds of thousands of times
            return at
        return at + sum(more * (at - when) for when, more in self.changes(at))
