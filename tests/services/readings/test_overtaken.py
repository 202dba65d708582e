"""Answers overtake each other: a long list arrives after the reading of a batch asked for later."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import time_machine
from django.utils import timezone

from batches.models import ProjectQuarter, SeenBatch, StatusChange
from batches.refonte import ListQuery
from batches.sandbox import Sandbox
from batches.services.keys.types import KeyHandle
from batches.services.readings.queries import list_query, status_query
from batches.services.vendor.calls import Kind
from tests.support.reads import read_page, read_query, read_status


def test_an_answer_that_was_overtaken_takes_nothing_back(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_page(key)
    clock.shift(timedelta(minutes=1))
    query = list_query(ListQuery())

    def ask_slowly(*call: Any) -> Any:
        answer = query.ask(*call)
        clock.shift(0.1)
        kitten.set_counts("kitten-07", completed=42, pending=0)
        kitten.set_status("kitten-07", "completed")
        read_status(key)
        clock.shift(2)
        return replace(answer, answered_at=timezone.now())

    read_query(key, replace(query, ask=ask_slowly), Kind.PAGE)

    row = SeenBatch.objects.get()
    assert row.counts
    assert (row.status, row.counts["completed"]) == ("completed", 42)
    assert [change.after for change in StatusChange.objects.all()] == ["completed"]
    assert sum(ProjectQuarter.objects.values_list("completed", flat=True)) == 12


def test_a_404_that_was_overtaken_makes_no_batch_absent(
    key: KeyHandle, kitten: Sandbox, clock: time_machine.Traveller
):
    read_page(key)
    clock.shift(timedelta(minutes=1))
    kitten.remove("kitten-07")
    query = status_query("kitten-07")

    def ask_slowly(*call: Any) -> Any:
        try:
            return query.ask(*call)
        finally:
            clock.shift(0.1)
            kitten.add_batch("kitten-07")
            read_page(key)
            clock.shift(2)

    read_query(key, replace(query, ask=ask_slowly), Kind.PAGE)
    assert SeenBatch.objects.get().absent_at is None
