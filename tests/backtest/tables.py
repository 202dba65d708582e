"""Figures as tables in Markdown, as docs/forecast.md holds them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from tests.backtest import scores
from tests.backtest.figures import Figure
from tests.backtest.scores import Answer

HEADS = ("figure", "estimate", "plain average", "land at least", "holds", "aim", "reached")
GROUP_HEADS = (
    "cases", "answered", "cover", "plain", "width", "plain", "error", "plain", "score", "plain",
    "silent", "mute",
)  # fmt: skip


def figure_table(figures: Iterable[Figure]) -> Iterator[str]:
    yield from _head(HEADS)
    for one in figures:
        yield _row(
            one.name,
            _number(one.value, one.unit),
            _number(one.plain, one.unit),
            _limits(one.holds, one.unit),
            _yes_no(one.does_hold, one.holds, no="**no**"),
            _limits(one.aim, one.unit),
            _yes_no(one.is_reached, one.aim, no="no"),
        )


def group_table(name: str, groups: Mapping[str, Sequence[Answer]]) -> Iterator[str]:
    yield from _head((name, *GROUP_HEADS))
    for group, answers in groups.items():
        yield _row(group, *_cells(answers))


def _cells(answers: Sequence[Answer]) -> Iterator[str]:
    counted, plain = scores.counted(answers), scores.of_plain(scores.counted(answers))
    yield str(len(answers))
    yield str(len(counted))
    for figure, unit in (
        (scores.cover, "%"),
        (scores.width, ""),
        (scores.error, ""),
        (scores.score, ""),
    ):
        for some in (counted, plain):
            yield _number(figure(some) * (100 if unit else 1), unit)
    yield _number(100 * scores.silent(answers), "%")
    yield _number(100 * scores.mute(answers), "%")


def _head(heads: Sequence[str]) -> Iterator[str]:
    yield _row(*heads)
    yield "|---" * len(heads) + "|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float, unit: str) -> str:
    if np.isnan(value):
        return "–"
    shown = f"{value:.3f}" if 0 < value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return f"{shown} {unit}".strip()


def _yes_no(is_so: bool, limits: tuple[float, float], *, no: str) -> str:
    return "–" if limits == (0, np.inf) else "yes" if is_so else no


def _limits(limits: tuple[float, float], unit: str) -> str:
    low, high = limits
    if low == 0:
        # not all figures have a limit
        return "–" if high == np.inf else f"≤ {high:g} {unit}".strip()
    return f"≥ {low:g} {unit}".strip() if high == 100 else f"{low:g}–{high:g} {unit}".strip()
