"""An answer to a question that was not asked is refused where it can be told, a good one never."""

from typing import Any

import pytest

from batches.refonte import BadAnswer, ListQuery
from batches.refonte.answer_match import parse_page_for, parse_projects_only, parse_status_for

COUNTS = {"status": "in_progress", "tasks_pending": 1}


@pytest.mark.parametrize(
    "told", [{}, {"name": None}, {"name": ""}, {"name": 7}, {"name": "caf\u00e9"}]
)
def test_a_status_without_a_name_or_with_the_right_one_is_taken(told: dict[str, Any]) -> None:
    assert parse_status_for(COUNTS | told, name="cafe\u0301 ").status == "in_progress"


def test_a_status_of_another_batch_is_refused() -> None:
    with pytest.raises(BadAnswer, match="about another batch"):
        parse_status_for(COUNTS | {"name": "kitten-08"}, name="kitten-07")


def rows(*statuses: str | None, project: str | None = "kittens") -> dict[str, Any]:
    told = [
        {"name": f"kitten-{number}", "status": status, "project": project}
        for number, status in enumerate(statuses)
    ]
    return {"docs": told}


@pytest.mark.parametrize(
    ("query", "payload"),
    [
        (ListQuery(project="puppies"), rows("staging")),
        (ListQuery(project="puppies", status="staging"), rows("staging", "staging")),
        (ListQuery(status="completed"), rows(*["in_progress"] * 3)),
        (ListQuery(status="staging"), rows(*["completed"] * 25)),
        (ListQuery(), [{"name": "kittens", "type": "annotation", "param_history": []}]),
    ],
)
def test_a_list_whose_rows_all_break_the_question_is_refused(
    query: ListQuery, payload: Any
) -> None:
    with pytest.raises(BadAnswer, match="a list of"):
        parse_page_for(payload, query=query)


@pytest.mark.parametrize(
    ("query", "payload"),
    [
        (ListQuery(project="Kittens "), rows("staging")),
        (ListQuery(project="kittens"), rows("staging", project=None)),
        (ListQuery(project="kittens"), rows()),
        (
            ListQuery(project="puppies"),
            {"docs": rows("x")["docs"] + [{"name": "p", "project": "puppies"}]},
        ),
        # all of a short page may have moved on meanwhile, and what is not known is not judged
        (ListQuery(status="in_progress"), rows("completed", "completed")),
        (ListQuery(status="in_progress"), rows("completed", "completed", "in_progress")),
        (ListQuery(status="in_progress"), rows("completed", "completed", "staging")),
        (ListQuery(status="in_progress"), rows(*["running"] * 5)),
        (ListQuery(status="cancelled"), rows(*["completed"] * 5)),
        (ListQuery(status="staging"), rows(None, None, None)),
        (ListQuery(), rows(*["completed"] * 5)),
    ],
)
def test_a_list_that_may_be_right_is_taken(query: ListQuery, payload: Any) -> None:
    assert parse_page_for(payload, query=query).rows_received == len(payload["docs"])


def test_batches_are_no_projects() -> None:
    with pytest.raises(BadAnswer, match="a list of batches"):
        parse_projects_only(rows("staging", "completed"))
    assert parse_projects_only([{"name": "kittens", "status": "active"}])[0].name == "kittens"
    assert parse_projects_only([]) == ()
