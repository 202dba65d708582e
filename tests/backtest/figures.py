"""The figures of docs/forecast.md, each with what must hold and what is aimed at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tests.backtest import scores
from tests.backtest.clock import DAY
from tests.backtest.kinds import RHYTHMIC
from tests.backtest.moments import SHARES
from tests.backtest.real import KIND as REAL
from tests.backtest.scores import Answer

Answers = Sequence[Answer]
MANY = 100  # cases of a kind, so that its cover says something


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """holds, aim: (lowest, highest) of the value. plain: the same of the plain average."""

    name: str
    value: float
    holds: tuple[float, float]
    aim: tuple[float, float]
    plain: float = np.nan
    unit: str = ""

    @property
    def does_hold(self) -> bool:
        return _within(self.value, self.holds)

    @property
    def is_reached(self) -> bool:
        return _within(self.value, self.aim)


def figures(answers: Answers) -> Iterator[Figure]:
    real = [one for one in answers if one.kind == REAL]
    simulated = [one for one in answers if one.kind != REAL]
    half = [one for one in simulated if one.share == 0.5]
    rhythmic = [one for one in half if one.kind in RHYTHMIC]
    yield _cover("cover, simulated", simulated, (78, 86), (80, 84))
    yield _cover("cover, real", real, (78, 86), (80, 84))
    for share in SHARES:
        some = [one for one in simulated if one.share == share]
        yield _cover(f"cover, simulated, at {share:.0%}", some, (0, np.inf), (77, 86))
    yield _lowest_cover(simulated)
    yield _against("score, simulated", scores.score, simulated, 0.45, 0.36)
    yield _against("score, real", scores.score, real, 0.33, 0.25)
    steady = [one for one in simulated if one.kind == "steady"]
    yield _against("error, rhythmic at 50 %", scores.error, rhythmic, 0.50, 0.34)
    yield _against("error, real", scores.error, real, 0.55, 0.42)
    yield _against("error, steady", scores.error, steady, 1.2, 1.0)
    real_half = [one for one in real if one.share == 0.5]
    several = [one for one in half if one.siblings >= 3]
    long = [one for one in half if one.left > 3 * DAY]
    yield _width("all simulated", half, 1.9, 1.4)
    yield _width("real", real_half, 1.4, 1.1)
    yield _width("rhythmic", rhythmic, 1.7, 1.1)
    yield _width("3 siblings or more", several, 1.2, 0.85)
    yield _width("more than 3 days left", long, 1.1, 0.75)
    yield _silent("all", answers, 20, 12)
    yield _silent("rhythmic at 50 %", rhythmic, 15, 6)
    mute = 100 * scores.mute(answers)
    yield Figure(name="mute", value=mute, holds=(80, 100), aim=(93, 100), unit="%")
    cost = scores.milliseconds(answers)
    yield Figure(name="a core's time, estimate", value=cost, holds=(0, 25), aim=(0, 8), unit="ms")


def _cover(
    name: str, answers: Answers, holds: tuple[float, float], aim: tuple[float, float]
) -> Figure:
    plain = 100 * scores.cover(scores.of_plain(answers))
    value = 100 * scores.cover(answers)
    return Figure(name=name, value=value, holds=holds, aim=aim, plain=plain, unit="%")


def _lowest_cover(answers: Answers) -> Figure:
    kinds = {one.kind for one in answers}
    groups = [scores.counted(one for one in answers if one.kind == kind) for kind in kinds]
    covers = [100 * scores.cover(group) for group in groups if len(group) >= MANY]
    value = min(covers, default=np.nan)
    name = f"cover, lowest of the {len(covers)} kinds with {MANY} cases"
    return Figure(name=name, value=value, holds=(60, 100), aim=(72, 100), unit="%")


def _against(
    name: str, figure: Callable[[Answers], float], answers: Answers, holds: float, aim: float
) -> Figure:
    value = scores.against_plain(figure, answers)
    return Figure(name=name, value=value, holds=(0, holds), aim=(0, aim), plain=1.0)


def _width(name: str, answers: Answers, holds: float, aim: float) -> Figure:
    plain = scores.width(scores.of_plain(answers))
    value = scores.width(answers)
    return Figure(
        name=f"width at 50 %, {name}", value=value, holds=(0, holds), aim=(0, aim), plain=plain
    )


def _silent(name: str, answers: Answers, holds: float, aim: float) -> Figure:
    value = 100 * scores.silent(answers)
    return Figure(name=f"silent, {name}", value=value, holds=(0, holds), aim=(0, aim), unit="%")


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
