"""Answers of another shape than documented, which a client must read without a wrong result."""

from collections.abc import Callable
from typing import Any

PROJECT_SAMPLE = {
    "type": "imageannotation",
    "name": "kitten_labeling",
    "param_history": [{"version": 0, "created_at": "2021-04-05T14:08:04.164Z"}],
    "created_at": "2021-04-05T14:08:04.164Z",
}
TASK_STATES = ("pending", "completed", "error", "canceled")
LONG_TEXT = 300_000  # characters; each of these exceeds a limit of the client
MANY_COUNTS = 50_000
MANY_ROWS = 20_000


def project_object(_: Any) -> Any:
    """A project in place of the answer."""
    # the vendor's documentation shows this as the sample answer of the list of batches
    return PROJECT_SAMPLE


def null(_: Any) -> Any:
    return None


def strings_for_numbers(value: Any) -> Any:
    return _walk(value, lambda key, item: str(item) if type(item) is int else item)


def nan_for_numbers(value: Any) -> Any:
    return _walk(value, lambda key, item: float("nan") if type(item) is int else item)


def missing_names(value: Any) -> Any:
    """Every second row of a list has no name; neither has a single batch."""
    # every second: the rows beside an unreadable one must still be shown
    if isinstance(value, list):
        return [_nameless(row) if place % 2 == 0 else row for place, row in enumerate(value)]
    if isinstance(value, dict) and isinstance(value.get("docs"), list):
        return {**value, "docs": missing_names(value["docs"])}
    return _nameless(value)


def nameless(value: Any) -> Any:
    """No row of a list has a name; neither has a single batch."""
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
    # not `isinstance`, as True is an int too
    return type(item) is int and key.removeprefix("tasks_") in TASK_STATES


def no_docs(value: Any) -> Any:
    if not isinstance(value, dict):
        return {"results": value}
    return {("results" if key == "docs" else key): item for key, item in value.items()}


def nul_in_texts(value: Any) -> Any:
    """In every text but names and dates, and in a key of the metadata."""

    def add_nul(key: str, item: Any) -> Any:
        return item if key in {"name", "created_at"} or type(item) is not str else f"{item}\0"

    return _each_object(_walk(value, add_nul), lambda row: {**row, "metadata": {"nul\0": "\0"}})


def long_texts(value: Any) -> Any:
    def lengthen(key: str, item: Any) -> Any:
        return item if key in {"name", "created_at"} or type(item) is not str else "x" * LONG_TEXT

    return _walk(value, lengthen)


def long_names(value: Any) -> Any:
    """In every second row of a list, and in a single batch."""

    def lengthen(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "name": (str(row["name"]) * LONG_TEXT)[:LONG_TEXT]}

    if isinstance(value, dict) and isinstance(value.get("docs"), list):
        rows = enumerate(value["docs"])
        return {**value, "docs": [lengthen(row) if at % 2 == 0 else row for at, row in rows]}
    return lengthen(value) if isinstance(value, dict) and "name" in value else value


def many_counts(value: Any) -> Any:
    """In the status of a batch."""
    # neither a batch nor a list
    if not isinstance(value, dict) or "name" in value or "docs" in value:
        return value
    return {**{f"tasks_state_{number}": 1 for number in range(MANY_COUNTS)}, **value}


def many_rows(value: Any) -> Any:
    """Far more rows than any limit."""
    if not isinstance(value, dict) or not value.get("docs"):
        return value
    rows = value["docs"]
    # small rows, so that the answer stays below a client's limit of bytes
    copies = (
        {"name": f"copy-{at}", "created_at": rows[-1].get("created_at")}
        for at in range(MANY_ROWS - len(rows))
    )
    return {**value, "docs": [*rows, *copies]}


def aggregates(value: Any) -> Any:
    """Adds a total beside the counts that it sums up."""

    def add(row: dict[str, Any]) -> dict[str, Any]:
        counts = [row.get(f"tasks_{state}") for state in TASK_STATES]
        known = [count for count in counts if type(count) is int]
        return {**row, "tasks_total": sum(known)} if known else row

    return _each_object(value, add)


def dates_of_never(value: Any) -> Any:
    return _walk(value, lambda key, item: "0001-01-01T00:00:00Z" if key == "created_at" else item)


def _each_object(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Change each row of a list, or the single object."""
    if isinstance(value, dict) and isinstance(value.get("docs"), list):
        return {**value, "docs": [change(row) for row in value["docs"]]}
    return change(value) if isinstance(value, dict) else value


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
    "nul_in_texts": nul_in_texts,
    "long_texts": long_texts,
    "long_names": long_names,
    "many_counts": many_counts,
    "many_rows": many_rows,
    "aggregates": aggregates,
    "dates_of_never": dates_of_never,
}
