"""No page reads samples of more than one batch, however many batches it shows."""

import re
from collections.abc import Iterator
from typing import Any

from django.db import connection

from batches.models import Sample, SeenBatch
from batches.sandbox import Sandbox
from tests.security.conftest import Console
from tests.security.routes import ROUTES, example

TABLES = re.compile(r'"(batches_sample|batches_sampleday)"')
OF_BATCHES = re.compile(r'"batch_id" (?:= %s|IN \([%s, ]+\))')


def batches_in(sql: str, params: Any) -> Iterator[int]:
    """Ids of the batches whose samples a query reads."""
    for found in OF_BATCHES.finditer(sql):
        start = sql[: found.start()].count("%s")
        yield from params[start : start + found[0].count("%s")]


def test_each_page_reads_samples_of_one_batch_at_most(console: Console, refonte: Sandbox):
    for number in range(3):
        refonte.add_batch(f"puppy-{number}", counts={"pending": 9, "completed": number})
    read: list[tuple[str, Any]] = []

    def collect(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "WITH")) and TABLES.search(sql):
            read.append((sql, params))
        return execute(sql, params, many, context)

    client, ref = console.browser("alice"), console.ref("alice")
    for route in ROUTES:
        path = example(route, console)
        with connection.execute_wrapper(collect):
            client.get(f"{path}?key={ref}").getvalue()
        names = set()
        for sql, params in read:
            ids = list(batches_in(sql, params))
            assert ids, f"{route}: not by batch: {sql}"
            names |= set(SeenBatch.objects.filter(pk__in=ids).values_list("name", flat=True))
        assert len(names) <= 1, route
        read.clear()
    # answers to these pages were recorded, so there were samples that could be read
    assert Sample.objects.values("batch").distinct().count() == 4
