"""Answers for machines."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.test import Client
from prometheus_client import REGISTRY
from redis.exceptions import ConnectionError as RedisGone


def test_the_process_is_up_without_asking_the_database(client: Client):
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_ready_when_database_and_cache_answer(client: Client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_not_ready_says_what_does_not_answer(client: Client, monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("gone")

    def lose(*args: Any, **kwargs: Any) -> None:
        raise RedisGone("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(cache, "set", lose)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content == b"The database does not answer.\nThe cache does not answer.\n"


@pytest.mark.django_db
def test_a_cache_that_forgets_at_once_is_no_cache(client: Client, settings: Any):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert client.get("/readyz").status_code == 503


def test_machines_may_only_read(client: Client):
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_without_a_token_in_the_settings_there_are_no_metrics(client: Client):
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic s3cret-token", "Bearer é"])
def test_metrics_need_their_token(client: Client, settings: Any, given: str):
    settings.METRICS_TOKEN = "s3cret-token"
    answer = client.get("/metrics", headers={"Authorization": given})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def test_metrics_count_requests_by_view_and_never_by_path(client: Client, settings: Any):
    settings.METRICS_TOKEN = "s3cret-token"

    def counted() -> float:
        labels = {"method": "GET", "status": "2xx", "view": "healthz"}
        return REGISTRY.get_sample_value("console_http_requests_total", labels) or 0

    before = counted()
    for _ in range(2):
        client.get("/healthz?secret=1")
    body = client.get("/metrics", headers={"Authorization": "Bearer s3cret-token"}).content.decode()
    assert counted() == before + 2
    assert 'console_http_requests_total{method="GET",status="2xx",view="healthz"}' in body
    assert "secret" not in body


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_wrong_method_is_told_as_such_to_a_machine_without_a_token(path: str):
    answer = Client(enforce_csrf_checks=True).post(path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
