"""Every way to be slow, wrong or broken, and whether the vendor had acted."""

import json
import time
from typing import Any

import pytest
import requests

from batches.sandbox import Sandbox
from batches.sandbox.demo_keys import LIVE_KEY
from batches.sandbox.faults import OPTIONS

from .conftest import Caller, Clock

CREATE = "POST /v1/batches"


def create_breaks(sandbox: Sandbox) -> None:
    """Create over a fresh connection, which a client may not silently try again."""
    body = {"name": "kittens", "project": "kitten_labeling"}
    with pytest.raises(requests.RequestException):
        requests.post(f"{sandbox.url}/batches", json=body, auth=(LIVE_KEY, ""), timeout=0.5)


@pytest.mark.parametrize(
    ("kind", "options", "acted"),
    [
        ("hang", {}, False),
        ("hang", {"acting": True}, True),
        ("reset_before_acting", {}, False),
        ("close_before_acting", {}, False),
        ("reset_after_acting", {}, True),
        ("close_after_acting", {}, True),
        ("reset_mid_body", {}, True),
        ("long_content_length", {}, True),
        ("missing_last_chunk", {}, True),
        ("garbage_status_line", {}, True),
        ("garbage_status_line", {"acting": False}, False),
    ],
)
def test_no_usable_answer_comes(
    sandbox: Sandbox, alice: Caller, kind: str, options: dict[str, Any], acted: bool
):
    sandbox.fault(kind, match=CREATE, times=1, **options)
    create_breaks(sandbox)
    assert (alice.get("/batches/kittens").status_code == 200) is acted
    assert sandbox.faults.as_json() == []


def test_a_reset_is_a_reset_and_a_close_is_a_close(sandbox: Sandbox):
    for kind, word in (
        ("reset_before_acting", "reset"),
        ("close_before_acting", "without response"),
    ):
        sandbox.fault(kind, times=1)
        with pytest.raises(requests.ConnectionError, match=word):
            requests.get(f"{sandbox.url}/batches", auth=(LIVE_KEY, ""), timeout=60)


def test_latency_passes_before_acting_or_after_it(sandbox: Sandbox, alice: Caller):
    sandbox.fault("latency", seconds=0.05, match=CREATE, times=1)
    assert alice.create("late").elapsed.total_seconds() >= 0.05
    sandbox.fault("latency", seconds=30, acting=True, match=CREATE, times=1)
    create_breaks(sandbox)
    assert alice.get("/batches/kittens").status_code == 200


def test_a_status_comes_with_its_headers_and_words(sandbox: Sandbox, alice: Caller):
    sandbox.fault("status", code=429, headers={"Retry-After": "2"}, times=1)
    limited = alice.get("/batches")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "2")
    assert limited.json()["status_code"] == 429
    sandbox.fault("status", code=599, body="out to lunch", times=1)
    assert (alice.get("/batches").status_code, alice.get("/batches").status_code) == (599, 200)


def test_a_status_may_come_after_acting(sandbox: Sandbox, alice: Caller):
    sandbox.fault("status", code=503, acting=True, match=CREATE, times=1)
    assert alice.create("kittens").status_code == 503
    assert alice.create("kittens").status_code == 409


def test_a_status_body_may_be_any_json(sandbox: Sandbox, alice: Caller):
    sandbox.fault("status", code=400, body={"error": {"field": "name"}})
    assert alice.get("/batches").json() == {"error": {"field": "name"}}


def test_html_redirects_and_empty_answers(sandbox: Sandbox, alice: Caller):
    sandbox.fault("html", code=502, times=1)
    sandbox.fault("redirect", location="https://other.example/", times=1)
    sandbox.fault("empty", times=1)
    sandbox.fault("empty", code=204, times=1)
    bad_gateway, moved, empty, no_content = (alice.get("/batches") for _ in range(4))
    assert (bad_gateway.status_code, bad_gateway.text[:9]) == (502, "<!doctype")
    assert (moved.status_code, moved.headers["Location"]) == (302, "https://other.example/")
    assert (empty.status_code, empty.content) == (200, b"")
    assert no_content.status_code == 204
    assert "Content-Length" not in no_content.headers


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("null", None),
        ("no_docs", {"results": [{"name": "kittens", "status": "in_progress"}], "limit": 5}),
        ("missing_names", {"docs": [{"status": "in_progress"}], "limit": 5}),
        ("unknown_status", {"docs": [{"name": "kittens", "status": "quarantined"}], "limit": 5}),
        (
            "strings_for_numbers",
            {"docs": [{"name": "kittens", "status": "in_progress"}], "limit": "5"},
        ),
    ],
)
def test_a_list_of_another_shape(sandbox: Sandbox, alice: Caller, shape: str, expected: Any):
    sandbox.add_batch("kittens")
    sandbox.fault("wrong_shape", shape=shape)
    page = alice.get("/batches", limit=5).json()
    if isinstance(page, dict):
        page = {key: page[key] for key in ("docs", "results", "limit") if key in page}
        for docs in (page.get("docs", []), page.get("results", [])):
            docs[:] = [{k: v for k, v in doc.items() if k in {"name", "status"}} for doc in docs]
    assert page == expected


def test_the_document_s_sample_is_a_project(sandbox: Sandbox, alice: Caller):
    sandbox.fault("wrong_shape")
    assert "param_history" in alice.get("/batches").json()


def test_counts_of_another_shape(sandbox: Sandbox, alice: Caller):
    sandbox.add_batch("kittens", counts={"pending": 4, "completed": 0})
    seen = []
    for shape in ("negative_counts", "strings_for_numbers", "nan_for_numbers"):
        sandbox.fault("wrong_shape", shape=shape, times=1)
        seen.append(alice.get("/batches/kittens/status").text)
    assert '"tasks_pending": -5, "tasks_completed": -1' in seen[0]
    assert '"tasks_pending": "4"' in seen[1]
    assert '"tasks_pending": NaN' in seen[2]


def test_a_batch_or_an_array_may_lose_its_names(sandbox: Sandbox, alice: Caller):
    for name in ("one", "two", "three"):
        sandbox.add_batch(name)
    sandbox.configure(envelope="array")
    sandbox.fault("wrong_shape", shape="missing_names", times=2)
    assert ["name" in row for row in alice.get("/batches").json()] == [False, True, False]
    assert "name" not in alice.get("/batches/one").json()
    sandbox.fault("wrong_shape", shape="no_docs", times=1)
    assert len(alice.get("/batches").json()["results"]) == 3


def test_what_is_no_json_keeps_its_shape(sandbox: Sandbox, alice: Caller):
    sandbox.configure(writes="text")
    sandbox.fault("wrong_shape", shape="missing_names")
    assert alice.create("kittens").text == "OK"


def test_missing_names_leave_every_second_row_alone(sandbox: Sandbox, alice: Caller):
    sandbox.fault("wrong_shape", shape="missing_names")
    assert alice.get("/projects").json()[1]["name"] == "lidar_streets"


@pytest.mark.parametrize("kind", ["truncated_json", "nested", "not_utf8"])
def test_bodies_that_no_reader_should_believe(sandbox: Sandbox, alice: Caller, kind: str):
    sandbox.fault(kind, times=1)
    answer = alice.get("/batches")
    assert answer.status_code == 200
    with pytest.raises((ValueError, RecursionError)):
        json.loads(answer.content.decode())


@pytest.mark.parametrize("kind", ["drip_body", "drip_headers", "continues"])
def test_slow_answers_arrive_whole_at_last(sandbox: Sandbox, alice: Caller, kind: str):
    sandbox.add_batch("kittens")
    sandbox.fault(kind, seconds=0.0001, times=1)
    answer = alice.get("/batches/kittens")
    assert answer.json()["name"] == "kittens"


def test_an_endless_body_ends_with_its_reader(sandbox: Sandbox, alice: Caller):
    sandbox.fault("endless_body", times=1)
    with alice.session.get(f"{alice.url}/batches", stream=True, timeout=60) as answer:
        read = sum(
            len(chunk) for chunk, _ in zip(answer.iter_content(65536), range(20), strict=False)
        )
    assert read == 20 * 65536
    assert alice.get("/batches").status_code == 200


def test_a_gzip_bomb_is_small_on_the_wire(sandbox: Sandbox, alice: Caller):
    sandbox.fault("gzip_bomb", megabytes=2, times=1)
    answer = alice.get("/batches")
    assert int(answer.headers["Content-Length"]) < 10_000
    assert len(answer.content) == 2 * 1024 * 1024


def test_random_failures_are_the_same_each_time(sandbox: Sandbox, alice: Caller):
    def outcomes() -> list[int]:
        sandbox.reset()
        sandbox.fault("random_failure", rate=0.5, seed=7)
        return [outcome(alice) for _ in range(20)]

    first = outcomes()
    assert first == outcomes()
    assert 4 <= sum(code != 200 for code in first) <= 16


def outcome(caller: Caller) -> int:
    try:
        return caller.get("/projects").status_code
    except requests.ConnectionError:
        return 0


def test_flapping_goes_up_and_down_by_the_clock(sandbox: Sandbox, alice: Caller, clock: Clock):
    sandbox.fault("flapping", up=5, down=3)
    seen = []
    for _ in range(10):
        seen.append(alice.get("/batches").status_code)
        clock.pass_by(seconds=1)
    assert seen == [200] * 5 + [503] * 3 + [200] * 2


def test_a_created_batch_may_be_invisible_for_a_while(
    sandbox: Sandbox, alice: Caller, clock: Clock
):
    sandbox.fault("invisible", seconds=5, times=1)
    assert alice.names() == []  # a reading does not use the fault up
    assert alice.create("kittens").status_code == 200
    assert alice.get("/batches/kittens").status_code == 404
    assert alice.names() == []
    assert alice.create("kittens").status_code == 409
    clock.pass_by(seconds=5)
    assert alice.get("/batches/kittens").status_code == 200
    assert alice.names() == ["kittens"]


def test_finalize_may_do_nothing(sandbox: Sandbox, alice: Caller):
    alice.create("receipts", project="receipts_ocr")
    sandbox.fault("finalize_does_nothing", times=1)
    assert alice.post("/batches/receipts/finalize").json()["status"] == "staging"
    assert alice.post("/batches/receipts/finalize").json()["status"] == "in_progress"


def test_only_matching_calls_fail(sandbox: Sandbox, alice: Caller):
    sandbox.fault("status", match="GET /v1/batches?*offset=100*")
    assert alice.get("/batches").status_code == 200
    assert alice.get("/batches", offset=100).status_code == 503
    assert alice.post("/batches").status_code == 400


def test_a_fault_may_skip_calls_and_ends_after_its_times(sandbox: Sandbox, alice: Caller):
    sandbox.fault("status", times=2, skip=1)
    assert [alice.get("/projects").status_code for _ in range(4)] == [200, 503, 503, 200]


def test_one_call_takes_one_answer_and_leaves_the_next(sandbox: Sandbox, alice: Caller):
    sandbox.fault("status", code=500, times=1)
    sandbox.fault("status", code=502, times=1)
    sandbox.fault("latency", seconds=0.001, times=1)
    assert [alice.get("/projects").status_code for _ in range(3)] == [500, 502, 200]


def test_reset_ends_all_faults(sandbox: Sandbox, alice: Caller):
    sandbox.fault("status")
    sandbox.configure(envelope="array")
    sandbox.reset()
    assert alice.get("/batches").json()["docs"] == []


def test_a_mistaken_fault_is_refused_with_the_choices(sandbox: Sandbox):
    with pytest.raises(ValueError, match="reset_after_acting"):
        sandbox.fault("explosion")
    with pytest.raises(ValueError, match="no option colour"):
        sandbox.fault("status", colour="red")
    with pytest.raises(ValueError, match="project_object"):
        sandbox.fault("wrong_shape", shape="round")


def test_every_kind_can_be_set(sandbox: Sandbox):
    for kind in OPTIONS:
        sandbox.fault(kind)
    assert [fault["kind"] for fault in sandbox.faults.as_json()] == list(OPTIONS)


def test_a_hanging_call_does_not_keep_the_sandbox_from_stopping():
    with Sandbox(batches=0) as sandbox:
        sandbox.fault("hang")
        with pytest.raises(requests.Timeout):
            requests.get(f"{sandbox.url}/batches", timeout=0.1)
        begun = time.monotonic()
    assert time.monotonic() - begun < 30  # not for ever


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ("nul_in_texts", r'"status": "in_progress\u0000"'),
        ("nul_in_texts", r'{"nul\u0000": "\u0000"}'),
        ("long_texts", "x" * 300_000),
        ("long_names", '"name": "kittenskittens'),
        ("many_counts", '"tasks_state_49999": 1'),
        ("aggregates", '"tasks_total": 9'),
        ("dates_of_never", '"created_at": "0001-01-01T00:00:00Z"'),
    ],
)
def test_a_batch_of_any_size_and_content(sandbox: Sandbox, alice: Caller, shape: str, told: str):
    sandbox.add_batch("kittens", counts={"pending": 4, "completed": 5})
    sandbox.fault("wrong_shape", shape=shape)
    both = alice.get("/batches/kittens").text + alice.get("/batches/kittens/status").text
    assert told in both


def test_a_list_of_twenty_thousand_rows(sandbox: Sandbox, alice: Caller):
    sandbox.add_batch("kittens")
    sandbox.fault("wrong_shape", shape="many_rows")
    names = [row["name"] for row in alice.get("/batches", limit=5).json()["docs"]]
    assert len(set(names)) == 20_000
