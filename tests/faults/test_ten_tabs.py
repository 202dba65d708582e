"""Ten tabs of five people, two web processes and two workers on one key: each change once."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from batches.models.names import name_digest
from batches.models.samples import STATUS_CODES
from batches.sandbox import Sandbox
from tests.bench.wire import Ask
from tests.faults.table import note_line
from tests.faults.two_of_each import PEOPLE, Pair, polling, running_pair
from tests.hosts.machines import until

PROJECT, OTHERS = "kittens", 600
NAMES = [f"kittens-{number}" for number in range(len(PEOPLE))]
CHANGES, TASKS, DONE, FAILED = 5, 1_000, 7, 2
# Read in the background are 15 pages and what left its list: more than the budget of a minute,
# of which people's calls leave LEAST.
BUDGET, LEAST = 8, 6
PATIENCE = 120  # a bound for a busy machine
BEGAN = datetime.now(UTC)


@pytest.fixture
def pair(tmp_path: Path, postgres_url: str, redis_url: str, static_root: Path) -> Iterator[Pair]:
    with Sandbox(batches=0) as sandbox:
        for number in range(OTHERS):
            sandbox.add_batch(f"other-{number:03}", counts={"pending": TASKS})
        change_all(sandbox, 0)
        with running_pair(
            tmp_path,
            database=postgres_url,
            redis_url=redis_url,
            static_root=static_root,
            budget=BUDGET,
            sandbox=sandbox,
        ) as pair:
            yield pair


@pytest.mark.slow
@pytest.mark.services
def test_each_change_is_written_once_and_the_background_stays_within_its_budget(
    pair: Pair, request: pytest.FixtureRequest
):
    with polling(tabs_of(pair)) as statuses:
        for change in range(CHANGES + 1):
            change_all(pair.sandbox, change)
            until(partial(is_known, pair, change), "nobody sees a change", PATIENCE)
        until(lambda: spent(pair)[1] >= LEAST, "the budget is not used up", PATIENCE)
    pair.stop_workers()

    assert not {*statuses} - {200, 204}
    total, most = spent(pair)
    note_line(
        request,
        f"ten tabs: {statuses.total()} polls, {len(pair.sandbox.calls)} calls, "
        f"{total} of them by workers, {most} in a minute",
    )
    timelines_are_true(pair)
    samples_are_true(pair)
    done, failed, late = sums(pair)
    steps = len(NAMES) * CHANGES
    assert (done, failed, late) == (steps * DONE, steps * FAILED, 0)
    # each call was counted before it was made
    assert total == len(pair.for_workers)
    assert LEAST <= most <= BUDGET


def tabs_of(pair: Pair) -> list[Ask]:
    """Each person has the list open, and the page of another batch."""
    sites = [pair.site_of(person) for person in PEOPLE]
    return [
        tab
        for site, name in zip(sites, NAMES, strict=True)
        for tab in (site.list_poll("/batches/"), site.detail_poll(f"/batches/{name}/"))
    ]


# What the vendor has


def status_after(change: int) -> str:
    return "paused" if change % 2 else "in_progress"


def counts_after(change: int) -> dict[str, int]:
    done, failed = change * DONE, change * FAILED
    return {"completed": done, "error": failed, "pending": TASKS - done - failed}


def change_all(sandbox: Sandbox, change: int) -> None:
    for name in NAMES:
        # at once: no answer has one of them as it was before
        sandbox.add_batch(
            name,
            project=PROJECT,
            status=status_after(change),
            counts=counts_after(change),
            created_at=BEGAN,
        )


# What the console has


def is_known(pair: Pair, change: int) -> bool:
    rows = pair.ask(
        "SELECT count(*) FROM batches_seenbatch WHERE name = ANY(%s) AND status = %s"
        " AND counts->>'completed' = %s",
        NAMES,
        status_after(change),
        str(change * DONE),
    )
    return bool(rows[0][0] == len(NAMES))


def timelines_are_true(pair: Pair) -> None:
    rows = pair.ask("SELECT name, before, after, message FROM batches_statuschange ORDER BY at, id")
    found = defaultdict(list)
    for name, *change in rows:
        found[name].append(tuple(change))
    states = [status_after(change) for change in range(CHANGES + 1)]
    once = [(before, after, "") for before, after in pairwise(states)]
    assert found == dict.fromkeys(NAMES, once)


def samples_are_true(pair: Pair) -> None:
    """A sample for each minute with a change, and it has the last one of that minute."""
    rows = pair.ask(
        "SELECT name, minute, p.status, completed, error, pending"
        " FROM batches_sample p JOIN batches_seenbatch s ON s.id = p.batch_id"
        " WHERE name = ANY(%s) ORDER BY minute",
        NAMES,
    )
    changes = pair.ask(
        "SELECT name, floor(extract(epoch FROM at) / 60)::int, after FROM batches_statuschange"
        " ORDER BY at"
    )
    last = {(name, minute): STATUS_CODES[after] for name, minute, after in changes}
    kept = {(name, minute): status for name, minute, status, *_ in rows}
    assert len(rows) == len(kept), "two samples of a minute"
    assert {at: kept.get(at) for at in last} == last
    made = [
        (STATUS_CODES[status_after(change)], *counts_after(change).values())
        for change in range(CHANGES + 1)
    ]
    for name in NAMES:
        own = [made.index(tuple(facts)) for of, _, *facts in rows if of == name]
        assert own == sorted({*own})
        assert own[-1] == CHANGES


def sums(pair: Pair) -> tuple[int, int, int]:
    [row] = pair.ask(
        "SELECT sum(completed), sum(errors), sum(gap_completed) + sum(gap_errors)"
        " FROM batches_projectquarter WHERE project = %s",
        name_digest(PROJECT),
    )
    done, failed, late = map(int, row)
    return done, failed, late


def spent(pair: Pair) -> tuple[int, int]:
    """Calls in the background, by what the workers counted: all, and the most of a minute."""
    [row] = pair.ask(
        "SELECT coalesce(sum(background), 0), coalesce(max(background), 0) FROM batches_callminute"
    )
    total, most = map(int, row)
    return total, most
