"""The 23 real batches of `data/` (see its README), each watched once a minute."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from tests.backtest.accounts import Account, Batch, as_batch
from tests.backtest.batches import Truth
from tests.backtest.watching import Watcher, watch

FILE = Path(__file__).parent / "data" / "real-completions.json"
KIND = "real"


def real_accounts() -> list[Account]:
    found = json.loads(FILE.read_text())
    found.sort(key=lambda one: (one["account"], one["opened"]))
    groups = groupby(found, key=lambda one: one["account"])
    return [Account(batches=tuple(_batch(one) for one in batches)) for _, batches in groups]


def _batch(stored: dict[str, Any]) -> Batch:
    opened, gaps = float(stored["opened"]), np.array(stored["gaps"], float)
    truth = Truth(
        project=stored["project"],
        created_at=opened,
        opened_at=opened,
        at=opened + np.cumsum(gaps),
        ends_as=np.zeros(len(gaps), np.int64),
        arrivals=np.full(len(gaps), opened),
    )
    watcher = Watcher(every=60, gaps=np.empty((0, 2)))
    series = watch(truth, watcher, np.random.default_rng(int(stored["id"])))
    return as_batch(KIND, truth, series, is_scored=True)
