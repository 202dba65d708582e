"""Who is answered, and how often: a token alone opens the API, and every error is a problem."""

import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import DatabaseError
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from batches.api import guards
from batches.models import ApiKey, PersonalToken, TokenScope
from batches.services.keys.types import KeyHandle
from batches.services.people import tokens
from tests.support.api import BASE, Program, token_of
from tests.support.clock import NOON
from tests.support.vendor import KeyMaker, with_replaced_key
from tests.support.watched_work import Work, at

PATHS = (
    "openapi.json",
    "batches/",
    "batches/kitten-07/",
    "batches/kitten-07/status/",
    "batches/kitten-07/observations/",
    "batches/kitten-07/estimate/",
    "attention/",
    "operations/",
    "projects/",
)


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
    assert problem["request_id"] == answer["X-Request-ID"]
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["Cache-Control"] == "no-store, private"
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize("path", PATHS)
def test_every_endpoint_answers_with_a_token_and_not_without(
    path: str, program: Program, work: Work
):
    assert program.get(path).status_code == 200
    problem = program.client.get(BASE + path)
    assert_problem(problem, 401, "no_token")
    assert problem["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "sent",
    [
        "Bearer ",
        "Bearer rc_short",
        "Bearer rc_" + "a" * 43,
        "Bearer rc_" + "a" * 44,
        "Bearer rc_" + "ä" * 43,
        "Bearer {token} {token}",
        "bearer {token}x",
    ],
)
def test_what_is_no_token_that_works_is_refused(sent: str, program: Program):
    headers = {"Authorization": sent.format(token=program.token)}
    answer = program.client.get(f"{BASE}batches/", headers=headers)
    assert_problem(answer, 401, "bad_token")
    assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert "RateLimit-Limit" not in answer


@pytest.mark.parametrize("sent", ["{token}", "Basic {token}", "Token {token}"])
def test_another_way_to_send_a_token_is_none(sent: str, program: Program):
    headers = {"Authorization": sent.format(token=program.token)}
    assert_problem(program.client.get(f"{BASE}batches/", headers=headers), 401, "no_token")


def test_a_token_in_the_address_is_an_unknown_parameter(program: Program):
    assert_problem(program.client.get(f"{BASE}batches/?token={program.token}"), 401, "no_token")
    assert_problem(program.get("batches/", access_token=program.token), 400, "bad_parameter")


def test_a_session_opens_nothing_and_no_cookie_is_set(as_alice: Client, program: Program):
    assert_problem(as_alice.get(f"{BASE}batches/"), 401, "no_token")
    as_alice.cookies["csrftoken"] = "a" * 32
    answer = Program(program.token, as_alice).get("batches/")
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer["Vary"]


def test_a_disabled_account_has_no_token_that_works(program: Program, alice: User):
    alice.is_active = False
    alice.save()
    assert_problem(program.get("batches/"), 401, "bad_token")


def test_an_account_that_lost_its_role_reads_nothing(program: Program, alice: User, work: Work):
    alice.groups.clear()
    for path in PATHS:
        assert_problem(program.get(path), 403, "no_role")
    alice.groups.add(Group.objects.get(name="Viewers"))
    assert program.get("batches/").status_code == 200


def test_a_revoked_token_and_an_expired_one_stop(
    program: Program, clock: time_machine.Traveller, alice: User
):
    short = Program(token_of(alice, days=7))
    clock.move_to(NOON + timedelta(days=7) - timedelta(seconds=1))
    assert short.get("batches/").status_code == 200
    clock.move_to(NOON + timedelta(days=7))
    assert_problem(short.get("batches/"), 401, "bad_token")
    tokens.revoke_token(token=PersonalToken.objects.order_by("-expires_at")[0])
    assert_problem(program.get("batches/"), 401, "bad_token")


def test_a_token_without_operations_reads_all_but_them(program: Program, alice: User, work: Work):
    narrow = Program(token_of(alice, scope=TokenScope.BATCHES))
    for path in PATHS:
        answer = narrow.get(path)
        assert answer.status_code == (403 if path == "operations/" else 200), path
    assert_problem(narrow.get("operations/"), 403, "scope")


def test_a_token_for_one_key_reads_with_no_other(
    alice: User, key: KeyHandle, key_for: KeyMaker, program: Program
):
    other = key_for(alice, mode="test")
    ApiKey.objects.filter(id=key.id).update(is_default=True)
    bound = Program(token_of(alice, key_ref=other.ref))
    assert bound.read("batches/")["key"] == other.ref
    assert bound.read("batches/", key=other.ref)["key"] == other.ref
    unknown = assert_problem(bound.get("batches/", key="live-00000000"), 404, "key_not_found")
    refused = assert_problem(bound.get("batches/", key=key.ref), 404, "key_not_found")
    assert {**refused, "request_id": ""} == {**unknown, "request_id": ""}
    assert program.read("batches/")["key"] == key.ref


def test_a_token_for_a_key_goes_on_after_the_key_was_replaced(alice: User, key: KeyHandle):
    bound = Program(token_of(alice, key_ref=key.ref))
    replaced = with_replaced_key(key)
    ApiKey.objects.filter(id=key.id).update(
        fingerprint=replaced.fingerprint, earlier=list(replaced.earlier)
    )
    assert bound.read("batches/")["key"] == replaced.ref
    ApiKey.objects.all().delete()
    assert_problem(bound.get("batches/"), 404, "key_not_found")


def test_who_has_no_key_is_told(alice: User, clock: object):
    assert_problem(Program(token_of(alice)).get("batches/"), 404, "no_key")


def test_a_key_that_is_named_wrongly_is_not_replaced_by_another(program: Program):
    assert_problem(program.get("batches/", key="live-00000000"), 404, "key_not_found")
    assert_problem(program.get("batches/", key="kitten"), 400, "bad_parameter")


def test_a_key_that_cannot_be_opened_is_read_with_by_nobody(program: Program):
    ApiKey.objects.update(sealed_with="")
    assert_problem(program.get("batches/"), 409, "key_unreadable")


def test_of_a_refused_key_nothing_is_given_but_that(program: Program, work: Work):
    ApiKey.objects.update(is_refused=True)
    for path in PATHS:
        answer = program.get(path)
        if path in {"attention/", "openapi.json"}:
            assert answer.status_code == 200
        else:
            assert_problem(answer, 409, "key_refused")
        assert b"kitten-07" not in answer.content


def test_sixty_requests_a_minute_and_no_more(
    program: Program, alice: User, clock: time_machine.Traveller
):
    clock.move_to(NOON + timedelta(seconds=20))
    answers = [program.get("batches/") for _ in range(guards.REQUESTS_A_MINUTE)]
    assert {answer.status_code for answer in answers} == {200}
    assert [answers[0][f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")] == [
        "60",
        "59",
        "40",
    ]
    assert answers[-1]["RateLimit-Remaining"] == "0"
    refused = program.get("projects/")
    assert_problem(refused, 429, "too_many_requests")
    assert (refused["Retry-After"], refused["RateLimit-Remaining"]) == ("40", "0")
    # another token has a count of its own
    assert Program(token_of(alice)).get("batches/").status_code == 200
    clock.move_to(NOON + timedelta(seconds=60))
    assert program.get("batches/").status_code == 200


def test_an_error_counts_and_tells_what_is_left(program: Program):
    assert program.get("batches/no-such/")["RateLimit-Remaining"] == "59"
    assert program.get("batches/", limit=0)["RateLimit-Remaining"] == "58"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["batches/", "batches/kitten-07/", "nothing/"])
def test_another_method_is_refused_with_a_problem(method: str, path: str, program: Program):
    answer = program.ask(method, path)
    if (method, path) == ("POST", "nothing/"):
        assert_problem(answer, 404, "not_found")
    else:
        assert_problem(answer, 405, "method_not_allowed")
        assert answer["Allow"] == "GET, HEAD"


def test_head_has_the_headers_and_no_body(program: Program, work: Work):
    whole, head = program.get("batches/"), program.ask("HEAD", "batches/")
    assert head.content == b""
    assert (head.status_code, head["Content-Length"]) == (200, str(len(whole.content)))
    missing = program.ask("HEAD", "batches/no-such/")
    assert (missing.status_code, missing.content) == (404, b"")
    refused = program.ask("HEAD", "batches/", limit=0)
    assert (refused.status_code, refused.content) == (400, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/v1/",
        "/api/v2/batches/",
        "/api/v1/batches",
        "/api/v1/batches/new/",
        "/api/v1/batches/~!/",
        "/api/v1/batches/%00/",
        "/api/v1/%ff/",
        "/api/a%0ab",
    ],
)
def test_an_unknown_address_is_a_problem_too(path: str, program: Program):
    for one in (program, Program("")):
        assert_problem(one.get(path), 404, "not_found")


def test_what_is_refused_before_an_endpoint_is_a_problem_too(program: Program, settings: Settings):
    foreign = program.client.get(f"{BASE}batches/", headers={"Host": "evil.example"})
    assert_problem(foreign, 400, "bad_request")
    charset = program.client.get(f"{BASE}batches/", CONTENT_TYPE="text/plain; charset=utf-16")
    assert charset.status_code in {400, 401}
    large = program.client.generic("GET", f"{BASE}batches/", b"a" * 3_000_000)
    assert_problem(large, 400, "bad_request")


def test_a_failure_of_ours_is_a_problem_with_the_id_that_the_log_has(
    program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("batches.api.batches.list_batches", lambda **_: 1 / 0)
    program.client.raise_request_exception = False
    assert_problem(program.get("batches/"), 500, "server_error")
    assert "ZeroDivisionError" in caplog.text
    assert program.token not in caplog.text


def test_a_database_that_does_not_answer_is_unavailable(
    program: Program, monkeypatch: pytest.MonkeyPatch
):
    def fail(**_: Any) -> None:
        raise DatabaseError("locked") from ValueError()

    monkeypatch.setattr("batches.api.batches.list_batches", fail)
    program.client.raise_request_exception = False
    assert_problem(program.get("batches/"), 503, "unavailable")


def test_a_database_that_cannot_be_written_is_read_all_the_same(
    program: Program, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: Any, **__: Any) -> None:
        raise DatabaseError("read-only")

    monkeypatch.setattr("django.db.models.query.QuerySet.update", fail)
    assert program.get("batches/").status_code == 200


def test_the_last_use_is_stored_once_a_minute(
    program: Program, clock: time_machine.Traveller, django_assert_num_queries: Any
):
    program.get("openapi.json")
    assert PersonalToken.objects.get().last_used_at == NOON
    clock.move_to(at(0.9))
    with django_assert_num_queries(2):  # the token, the account
        program.get("openapi.json")
    assert PersonalToken.objects.get().last_used_at == NOON
    clock.move_to(at(1))
    program.get("openapi.json")
    assert PersonalToken.objects.get().last_used_at == at(1)


def test_what_is_no_token_costs_no_query(
    program: Program, django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(0):
        Program("rc_no-token").get("batches/")


@pytest.mark.parametrize("path", PATHS)
def test_no_cache_keeps_an_answer(path: str, program: Program, work: Work):
    answer = program.get(path)
    assert answer["Cache-Control"] == "no-store, private"
    assert "Authorization" in answer["Vary"]
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert answer["Content-Type"] == "application/json"


def test_a_large_answer_is_compressed_where_that_is_asked(program: Program):
    headers = {"Authorization": f"Bearer {program.token}", "Accept-Encoding": "gzip"}
    answer = program.client.get(f"{BASE}openapi.json", headers=headers)
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) < 15_000


def test_the_log_line_has_the_tokens_id_and_not_the_token(
    program: Program, alice: User, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "dashboard.access")
    program.get("batches/")
    [line] = [record for record in caplog.records if record.name == "dashboard.access"]
    held = vars(line)
    assert held["token"] == str(PersonalToken.objects.get().id)
    assert (held["user"], held["view"]) == (alice.pk, "api:show_batches")
    assert program.token not in repr(held)
    program.client.get("/healthz")
    assert not hasattr(caplog.records[-1], "token")
