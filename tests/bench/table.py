"""What was measured, what was aimed at, and whether it got there."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `ok` is None where nothing was aimed at."""

    name: str
    value: str
    target: str = ""
    ok: bool | None = None

    def line(self) -> str:
        verdict = {None: "", True: "ok", False: "OVER"}[self.ok]
        return f"{self.name:<46} {self.value:<56} {self.target:<18} {verdict}".rstrip()


HEADS = Figure("", "measured", "aimed at").line()


def at_most(name: str, value: float, most: float, unit: str, note: str = "") -> Figure:
    words = f"{value:,.1f}".removesuffix(".0") if value < 20 else f"{value:,.0f}"
    words = f"{words} {unit}"
    return Figure(name, f"{words}{note}", f"at most {most:,g} {unit}", value <= most)


def percentile(values: Sequence[float], per_cent: int) -> float:
    return statistics.quantiles(values, n=100)[per_cent - 1]


def milliseconds(seconds: float) -> float:
    return seconds * 1000
