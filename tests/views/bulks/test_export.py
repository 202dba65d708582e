"""A plan and a receipt as a file: all rows, names inert, without a call to Refonte."""

import csv
from io import StringIO
from typing import Any

import time_machine
from django.contrib.auth.models import User
from django.test import Client

from batches.models import Bulk, Operation, Verb
from batches.sandbox import Sandbox
from batches.services.keys.types import ViewerKey
from tests.support.bulk_pages import address_of, confirm, send
from tests.support.bulk_work import planned
from tests.support.operations import POST_FINALIZE
from tests.views.bulks.conftest import CHOSEN


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_a_plan_has_all_its_rows(refonte: Sandbox, as_alice: Client, finalize_plan: Bulk) -> None:
    refonte.forget_calls()
    answer = as_alice.get(address_of(finalize_plan, "export/"))
    rows = {row["name"]: row for row in rows_of(answer)}
    assert set(rows) == set(CHOSEN)
    assert (rows["kitten-01"]["group"], rows["kitten-01"]["ticked"]) == ("will_do", "yes")
    assert rows["kitten-01"]["read_at_utc"].startswith("2026-11-23 12:00")
    assert rows["empty"]["ticked"] == "no"
    assert rows["empty"]["why"].startswith("Empty")
    assert rows["started"]["status"] == "in_progress"
    assert "plan-live-finalize" in answer["Content-Disposition"]
    assert refonte.calls == []


def test_a_receipt_has_all_its_rows_and_the_words_of_refonte(
    refonte: Sandbox, as_alice: Client, finalize_plan: Bulk, clock: time_machine.Traveller
) -> None:
    confirm(as_alice, finalize_plan)
    refonte.fault("status", match=POST_FINALIZE, times=1, code=400)
    send(finalize_plan, clock)
    answer = as_alice.get(address_of(finalize_plan, "export/"))
    rows = {row["name"]: row for row in rows_of(answer)}
    assert set(rows) == set(CHOSEN)
    failed, done, skipped = rows["kitten-01"], rows["kitten-02"], rows["started"]
    assert (failed["outcome"], failed["state"], failed["http_status"]) == (
        "failed",
        "refused",
        "400",
    )
    assert failed["refonte_said"]
    assert failed["request_id"] == Operation.objects.get(batch_name="kitten-01").request_id
    assert (done["status_before"], done["status_after"]) == ("staging", "in_progress")
    assert done["sent_at_utc"].startswith("2026-11-23 12:00")
    assert (skipped["outcome"], skipped["operation"]) == ("skipped", "")
    assert skipped["message"]
    assert "receipt-live-finalize" in answer["Content-Disposition"]


def test_a_name_that_is_a_formula_is_inert(
    refonte: Sandbox, as_alice: Client, alice: User, key: ViewerKey
) -> None:
    refonte.add_batch("=1+1", status="staging", counts={"pending": 1}, project="@sum")
    bulk = planned(alice, key, ["=1+1"], verb=Verb.FINALIZE)
    answer = as_alice.get(address_of(bulk, "export/"))
    assert [row["name"] for row in rows_of(answer)] == ["'=1+1"]


def test_its_head_has_no_body(as_alice: Client, finalize_plan: Bulk) -> None:
    answer = as_alice.head(address_of(finalize_plan, "export/"))
    assert (answer.status_code, answer.getvalue()) == (200, b"")
