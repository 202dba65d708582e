"""Answers of another shape than documented: what a reader must survive without a crash or a lie."""

from collections.abc import Callable
from typing import Any

PROJECT_SAMPLE = {
    "type": "imageannotation",
    "name": "kitten_labeling",
    "param_history": [{"version": 0, "created_at": "2021-04-05T14:08:04.164Z"}],
    "created_at": "2021-04-05T14:08:04.164Z",
}
TASK_STATES = ("pending", "completed", "error", "canceled")


def project_object(_: Any) -> Any:
    """The document's own sample for the list is a project."""
    return PROJECT_SAMPLE


def null(_: Any) -> Any:
    return None


def strings_for_numbers(value: Any) -> Any:
    return _walk(value, lambda key, item: str(item) if type(item) is int else item)


def nan_for_numbers(value: Any) -> Any:
    return _walk(value, lambda key, item: float("nan") if type(item) is int else item)


def missing_names(value: Any) -> Any:
    """Every second row of a list has no name, and neither has a batch alone."""
    if isinstance(value, list):
        return [_nameless(row) if place % 2 == 0 else row for place, row in enumerate(value)]
    if isinstance(value, dict) and isinstance(value.get("docs"), list):
        return {**value, "docs": missing_names(value["docs"])}
    return _nameless(value)


def nameless(value: Any) -> Any:
    """No row of a list has a name, and neither has a batch alone."""
    if isinstance(value, dict) and isinstance(value.get("docs"), list):
        return {**value, "docs": [_nameless(row) for row in value["docs"]]}
    return _nameless(value)


def _nameless(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if key != "name"}


def unknown_status(value: Any) -> Any:
    return _walk(value, lambda key, item: "quarantined" if key == "status" else item)


def negative_counts(value: Any) -> Any:
    return _walk(value, lambda key, item: -1 - item if _is_count(key, item) else item)


def _is_count(key: str, item: Any) -> bool:
    return type(item) is int and key.removeprefix("tasks_") in TASK_STATES


def no_docs(value: Any) -> Any:
    if not isinstance(value, dict):
        return {"results": value}
    return {("results" if key == "docs" else key): item for key, item in value.items()}


def _walk(value: Any, change: Callable[[str, Any], Any], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _walk(item, change, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, change, key) for item in value]
    return change(key, value)


SHAPES: dict[str, Callable[[Any], Any]] = {
    "project_object": project_object,
    "null": null,
    "strings_for_numbers": strings_for_numbers,
    "nan_for_numbers": nan_for_numbers,
    "missing_names": missing_names,
    "nameless": nameless,
    "unknown_status": unknown_status,
    "negative_counts": negative_counts,
    "no_docs": no_docs,
}
