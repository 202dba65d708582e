"""Confirms and reads pages of bulks as a browser does."""

import re
from collections.abc import Iterator
from functools import partial
from html import unescape
from typing import Any

import time_machine
from django.test import Client
from django.utils import timezone

from batches.models import Bulk, BulkState
from batches.services.bulks import work
from batches.services.operations import queues
from tests.support.pages import POLL, hidden_fields, poll_address


def address_of(bulk: Bulk, path: str = "") -> str:
    return f"/bulks/{bulk.id}/{path}?key={bulk.key_ref}"


def post(client: Client, bulk: Bulk, path: str, **fields: Any) -> Any:
    return client.post(f"/bulks/{bulk.id}/{path}/", {"key": bulk.key_ref} | fields)


def confirm(client: Client, bulk: Bulk, **fields: Any) -> Any:
    """What the page of the plan would send, boxes included."""
    return post(client, bulk, "confirm", **confirmation(client.get(address_of(bulk))) | fields)


def confirmation(page: Any) -> dict[str, Any]:
    return {
        "stamp": hidden_fields(page, "stamp")[0],
        "shown": hidden_fields(page, "shown"),
        "ticked": ticked(page),
    }


def ticked(page: Any) -> list[str]:
    """The places of the rows whose boxes are ticked."""
    boxes = re.findall(r'<input type="checkbox" id="tick-\d+"[^>]*>', page.text)
    return [_place(box) for box in boxes if re.search(r"\schecked\s", box)]


def _place(box: str) -> str:
    return box.partition('id="tick-')[2].partition('"')[0]


def counts_of(page: Any) -> dict[str, str]:
    """The figures in a line, by their labels."""
    line = page.text.partition('id="bulk-counts"')[2].partition("</dl>")[0]
    found = re.findall(r"<dt>(.*?)</dt>.*?<strong>(.*?)</strong>", line, re.S)
    return {unescape(label): figure for label, figure in found}


def poll(client: Client, page: Any, rows: list[str] | None = None) -> Any:
    """Poll as this page does; rows: the stamps that it sends, those on the page by default."""
    fields = {
        name: hidden_fields(page, name)[-1]
        for name in ("stage", "back", "told", "start")
        if hidden_fields(page, name)
    }
    fields["stamp"] = hidden_fields(page, "stamp")[-1]
    fields["rows"] = ",".join(hidden_fields(page, "row") if rows is None else rows)
    return client.get(poll_address(page), fields, headers=POLL)


STEPS = 20


def send(bulk: Bulk, clock: time_machine.Traveller, rows: int = 1_000) -> Bulk:
    """So many steps of the worker, each in its time."""
    left = rows
    for _ in range(100):
        # few at a time: what waits is settled between them, however fast the steps are made
        took = iter(range(min(left, STEPS)))
        left -= work.run_key(
            fingerprint=bulk.fingerprint,
            goes_on=partial(_has_next, took),
            pause=clock.shift,
        )
        bulk.refresh_from_db()
        if left <= 0 or bulk.state not in BulkState.working_states():
            break
        clock.shift(2)  # it waits for the budget, or as it was told
        queues.settle_due_operations(now=timezone.now())
    return bulk


def _has_next(steps: Iterator[int]) -> bool:
    return next(steps, None) is not None
