"""The OpenAPI document, and every answer held to it."""

from typing import Any

import jsonschema_rs
import pytest
from django.contrib.auth.models import User

from batches.api.routes import ENDPOINTS
from batches.models import Alarm, AlarmKind, Estimate, State, Verb
from batches.refonte import Counts
from batches.services.keys.types import KeyHandle
from tests.support.api import Program
from tests.support.operations import abandoned_operation
from tests.support.watched_work import Work, at


@pytest.fixture
def document(program: Program) -> Any:
    return program.read("openapi.json")


@pytest.fixture
def _everything(program: Program, work: Work, alice: User, key: KeyHandle) -> None:
    """A batch with all that can be known of one, and one of which hardly anything is."""
    Estimate.objects.create(
        batch=work.row, at=at(0), as_of=at(0), status="in_progress", total=100,
        low=at(60), mid=at(90), high=at(120), speed=44.0,
    )  # fmt: skip
    Alarm.objects.create(
        batch=work.row, fingerprint=key.fingerprint, kind=AlarmKind.STAGING, subject="1",
        since=at(0), began_at=at(0), checked_at=at(0), facts={"tasks": 60, "grew": 1},
        dismissed_at=at(1), dismissed_by="olga", dismissed_reason="They know",
    )  # fmt: skip
    abandoned_operation(
        alice, key, State.SUCCEEDED, verb=Verb.PRIORITIZE, parameters={"priority": 25}
    )
    bare = Work(name="..", fingerprint=key.fingerprint)
    bare.see(0, project=None, status=None, counts=Counts(other={"tasks_odd": 3}))


def test_it_is_a_document_of_openapi_3_1(document: Any):
    assert document["openapi"] == "3.1.0"
    # each schema is one of JSON Schema 2020-12, which 3.1 has
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    assert set(document["paths"]) == {f"/api/v1/{path}" for path in ENDPOINTS}


def test_every_endpoint_is_described_and_says_what_it_takes(document: Any):
    for path in document["paths"].values():
        one = path["get"]
        assert one["summary"]
        assert one["description"]
        assert all(parameter["description"] for parameter in one["parameters"])
        assert {"200", "400", "401", "403", "429"} <= set(one["responses"])
    batches = document["paths"]["/api/v1/batches/"]["get"]["parameters"]
    assert [one["name"] for one in batches] == ["key", "limit", "cursor", "project", "status", "q"]
    limit = next(one for one in batches if one["name"] == "limit")["schema"]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}


def test_no_reference_leads_nowhere(document: Any):
    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            found = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return found + [one for value in part.values() for one in references(value)]
        return (
            [one for value in part for one in references(value)] if isinstance(part, list) else []
        )

    for reference in references(document):
        found = document
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]
        assert found


@pytest.mark.usefixtures("_everything")
@pytest.mark.parametrize("path", [path for path in ENDPOINTS if path != "openapi.json"])
def test_every_answer_is_as_the_document_says(path: str, program: Program, document: Any):
    responses = document["paths"][f"/api/v1/{path}"]["get"]["responses"]
    asked = path.replace("{ref}", "kitten-07")
    check(document, responses["200"], program.get(asked))
    check(document, responses["400"], program.get(asked, nothing=1))
    check(document, responses["404"], program.get(asked, key="live-00000000"))
    check(document, responses["401"], Program("").get(asked))


def check(document: Any, response: Any, answer: Any) -> None:
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    [(kind, content)] = response["content"].items()
    assert answer["Content-Type"] == kind
    schema = content["schema"] | {"components": document["components"]}
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(answer.json())
    assert set(response.get("headers", {})) <= set(answer.headers)
