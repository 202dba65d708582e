"""All of `make backtest`. `--adapter module:function` scores any estimator; see `--help`."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import chain
from time import process_time

from tests.backtest import plain, seeds
from tests.backtest.alarms import alarm_figures, watch_all
from tests.backtest.figures import figures
from tests.backtest.kinds import KINDS
from tests.backtest.moments import SHARES, real_cases, simulated_cases
from tests.backtest.real import KIND as REAL
from tests.backtest.scores import Answer, Estimate, ask
from tests.backtest.tables import figure_table, group_table

ADAPTER = "batches.services.forecast.adapter:estimate"


def main(arguments: Sequence[str], say: Callable[[str], object]) -> None:
    chosen = _parser().parse_args(arguments)
    begun = process_time()
    answers = list(answer_all(_load(chosen.adapter), chosen.seed, chosen.kind, chosen.batches))
    say(f"Seed {chosen.seed}, {chosen.batches} batches a kind.\n\n")
    for line in report(answers):
        say(f"{line}\n")
    if not chosen.no_alarms:
        alarms = watch_all(chosen.seed, batches=chosen.batches)
        for line in figure_table(alarm_figures(alarms)):
            say(f"{line}\n")
    say(f"\n{process_time() - begun:.0f} s of a core.\n")


def answer_all(
    estimate: Estimate, seed: int, names: Sequence[str], batches: int
) -> Iterator[Answer]:
    """names: of kinds; all where there are none."""
    kinds = [kind for kind in KINDS if not names or kind.name in names]
    real = real_cases(seed) if not names or REAL in names else iter(())
    for case in chain(simulated_cases(seed, kinds, batches), real):
        yield ask(case, estimate, plain.estimate)


def report(answers: Sequence[Answer]) -> Iterator[str]:
    yield from figure_table(figures(answers))
    yield ""
    names = [*(kind.name for kind in KINDS), REAL]
    by_kind = {name: [one for one in answers if one.kind == name] for name in names}
    yield from group_table("kind", {name: found for name, found in by_kind.items() if found})
    yield ""
    simulated = [one for one in answers if one.kind != REAL]
    for name, some in (("simulated", simulated), ("real", by_kind[REAL])):
        by_share = {f"{s:.0%}": [one for one in some if one.share == s] for s in SHARES}
        yield from group_table(f"{name}, share done", by_share)
        yield ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.backtest")
    parser.add_argument("--adapter", default=ADAPTER, help="module:function")
    parser.add_argument("--seed", type=int, default=seeds.REPORT)
    parser.add_argument("--kind", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--batches", type=int, default=40, help="of each kind")
    parser.add_argument("--no-alarms", action="store_true", help="estimates only")
    return parser


def _load(adapter: str) -> Estimate:
    module, _, function = adapter.partition(":")
    found: Estimate = getattr(import_module(module), function)
    return found


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdout.write)
