"""The formats of files, as an address names them."""

from dataclasses import dataclass

from django.http import QueryDict

from batches.views.csv_cells import SEPARATORS
from batches.views.json_lines import CONTENT_TYPE


@dataclass(frozen=True, slots=True)
class FileFormat:
    """separator: of a CSV file; empty for JSON Lines."""

    ending: str
    content_type: str
    separator: str = ""


CSV = FileFormat("csv", "text/csv; charset=utf-8", ",")
JSON_LINES = FileFormat("jsonl", CONTENT_TYPE)


def take_format(query: QueryDict) -> FileFormat | None:
    """The format, and the query without it; None where there is no such format.

    query: a wrong value stays in it, so that the list tells of it as of any unknown filter.
    """
    name, named = query.get("format", "csv"), query.get("separator", "comma")
    separator = SEPARATORS.get(named)
    if name not in ("csv", JSON_LINES.ending) or separator is None:
        return None
    for parameter in ("format", "separator"):
        query.pop(parameter, None)
    if name == JSON_LINES.ending:
        return JSON_LINES
    return FileFormat("csv", "text/csv; charset=utf-8", separator)
