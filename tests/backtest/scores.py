"""What is counted over many answers. All figures are of the cases that were answered."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import process_time
from typing import TypeAlias

import numpy as np

from batches.services.forecast.types import Context, Range, Series, Silence
from tests.backtest.moments import Case

Estimate: TypeAlias = Callable[[Series, float, Context], Range | Silence]
SHORTEST = 60.0  # seconds: less time left than that counts as so much
MISS = 2 / 0.2  # what missing an 80 % range costs, times the distance (Gneiting & Raftery 2007)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the estimator and the plain average said in one case. milliseconds: of a core.

    Of the case only what is counted is kept, as there are thousands.
    """

    kind: str
    share: float
    left: float
    siblings: int
    is_answerable: bool
    range: Range | None
    reason: str
    now: float
    end: float
    plain: Range | None
    milliseconds: float

    @property
    def is_counted(self) -> bool:
        return self.range is not None and np.isfinite(self.end) and self.left > 0


def ask(case: Case, estimate: Estimate, plain: Estimate) -> Answer:
    before = process_time()
    found = estimate(case.series, case.now, case.context)
    milliseconds = 1000 * (process_time() - before)
    average = plain(case.series, case.now, case.context)
    return Answer(
        kind=case.kind,
        share=case.share,
        left=case.left,
        siblings=case.siblings,
        is_answerable=case.is_answerable,
        range=found if isinstance(found, Range) else None,
        reason=found.reason if isinstance(found, Silence) else "",
        now=case.now,
        end=case.end,
        plain=average if isinstance(average, Range) else None,
        milliseconds=milliseconds,
    )


def counted(answers: Iterable[Answer]) -> list[Answer]:
    return [one for one in answers if one.is_counted]


def cover(answers: Sequence[Answer]) -> float:
    """Share of true ends within the range."""
    ranges = _ranges(answers)
    return _mean([low <= end <= high for low, _, high, end, _ in ranges])


def width(answers: Sequence[Answer]) -> float:
    return _median([(high - low) / (end - now) for low, _, high, end, now in _ranges(answers)])


def error(answers: Sequence[Answer]) -> float:
    return _median([abs(mid - end) / (end - now) for _, mid, _, end, now in _ranges(answers)])


def score(answers: Sequence[Answer]) -> float:
    """The interval score of the logarithm of the time left; lower is better."""
    return _mean([_interval_score(*one) for one in _ranges(answers)])


def silent(answers: Sequence[Answer]) -> float:
    """Share of the answerable cases without an answer."""
    return _mean([one.range is None for one in answers if one.is_answerable])


def mute(answers: Sequence[Answer]) -> float:
    """Share of the cases nobody could answer that were rightly left without an answer."""
    return _mean([one.range is None for one in answers if not one.is_answerable])


def of_plain(answers: Iterable[Answer]) -> list[Answer]:
    """The same cases, answered by the plain average."""
    return [_by_plain(one) for one in answers if one.plain is not None]


def against_plain(figure: Callable[[Sequence[Answer]], float], answers: Sequence[Answer]) -> float:
    """A figure of the estimate divided by that of the plain average, on the cases both answer."""
    both = [one for one in counted(answers) if one.plain is not None]
    return figure(both) / figure(of_plain(both)) if both else np.nan


def milliseconds(answers: Sequence[Answer]) -> float:
    return _mean([one.milliseconds for one in answers])


def _by_plain(one: Answer) -> Answer:
    return Answer(
        kind=one.kind,
        share=one.share,
        left=one.left,
        siblings=one.siblings,
        is_answerable=one.is_answerable,
        range=one.plain,
        reason="",
        now=one.now,
        end=one.end,
        plain=one.plain,
        milliseconds=0.0,
    )


def _ranges(answers: Sequence[Answer]) -> list[tuple[float, float, float, float, float]]:
    """(low, mid, high, true end, now) of each counted answer."""
    found = [(one.range, one.end, one.now) for one in counted(answers)]
    return [(r.low, r.mid, r.high, end, now) for r, end, now in found if r is not None]


def _interval_score(low: float, _mid: float, high: float, end: float, now: float) -> float:
    left = [float(np.log(max(at - now, SHORTEST))) for at in (low, high, end)]
    return left[1] - left[0] + MISS * max(left[0] - left[2], left[2] - left[1], 0.0)


def _mean(numbers: Sequence[float]) -> float:
    return float(np.mean(numbers)) if numbers else np.nan


def _median(numbers: Sequence[float]) -> float:
    return float(np.median(numbers)) if numbers else np.nan
