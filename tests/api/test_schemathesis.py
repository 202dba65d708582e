"""Programs that guess: schemathesis sends what the document allows, and what it does not."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from batches.api import guards
from batches.api.routes import ENDPOINTS
from tests.support.api import Program
from tests.support.watched_work import Work

# Of this API: a cursor that nobody was given is refused, though the document cannot tell which.
NOT_CHECKED = {"positive_data_acceptance"}
EXAMPLES = 20  # of each endpoint and mode


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """As Django's own client has it: the end of a request closes no connection of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def schema(
    program: Program, work: Work, monkeypatch: pytest.MonkeyPatch, _one_connection: None
) -> Any:
    monkeypatch.setattr(guards, "REQUESTS_A_MINUTE", 1_000_000)
    load_all_checks()
    headers = {"Authorization": f"Bearer {program.token}", "Accept-Encoding": "identity"}
    return schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json", get_wsgi_application(), headers=headers
    )


@pytest.mark.unmeasured  # other tests take these paths; measuring doubles the time
@pytest.mark.one_database
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("path", ENDPOINTS)
def test_whatever_is_sent_the_answer_is_as_the_document_says(
    path: str, mode: GenerationMode, schema: Any, program: Program
):
    """In one mode what the document allows, of a batch that is there; in the other what it does
    not.
    """
    operation = schema[f"/api/v1/{path}"]["get"]
    names = [name for name in CHECKS.get_all_names() if name not in NOT_CHECKED]
    checks: list[Any] = [CHECKS.get_one(name) for name in names]
    headers = {"Authorization": f"Bearer {program.token}", "Accept-Encoding": "identity"}
    got: set[int] = set()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case[Any]) -> None:
        if mode.is_positive and "ref" in case.path_parameters:
            case.path_parameters["ref"] = "kitten-07"
        response = case.call_and_validate(headers=headers, checks=checks)
        got.add(response.status_code)

    ask()
    takes_none = path == "openapi.json"
    assert got & ({200} if mode.is_positive or takes_none else {400})
