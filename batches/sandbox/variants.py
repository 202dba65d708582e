"""Variants of the vendor's answers.

The vendor's documentation, its samples and its clients disagree on some forms. Each variant is one
of these forms; the default has the fields of all of them at once.
"""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Self

from .models import Batch, Project
from .pace import Progress
from .replies import Reply, json_reply
from .worlds import Search

CHOICES = {
    "envelope": (
        "default", "docs_totalDocs", "docs_total", "has_next_page", "no_total",
        "docs_only", "small_pages", "unmarked_small_pages", "array",
    ),
    "paging": ("default", "no_end_time", "no_offset"),
    "counts": ("default", "tasks", "plain", "partial", "missing", "unknown"),
    "detailed": ("default", "top", "nested", "none"),
    "dates": ("default", "offset", "no_fraction", "no_zone"),
    "fields": ("default", "null", "absent"),
    "writes": ("default", "created", "accepted", "empty", "text"),
    "errors": ("default", "object", "text", "html"),
    "unknown_project": ("default", "400"),
}  # fmt: skip
ENVELOPES = {
    "default": ("docs", "totalDocs", "total", "limit", "offset", "has_more", "hasNextPage"),
    "docs_totalDocs": ("docs", "totalDocs", "limit", "offset", "has_more"),
    "docs_total": ("docs", "total", "limit", "offset", "has_more"),
    "has_next_page": ("docs", "totalDocs", "limit", "offset", "hasNextPage"),
    "no_total": ("docs", "limit", "offset", "has_more"),
    "docs_only": ("docs",),
}
ENVELOPES["small_pages"] = ENVELOPES["default"]
ENVELOPES["unmarked_small_pages"] = ("docs", "totalDocs")  # as small, which only the total shows
SMALL_PAGE = 10
SUCCESS = {"default": 200, "created": 201, "accepted": 202}
DATES = {
    "default": "%Y-%m-%dT%H:%M:%S.{ms:03}Z",
    "offset": "%Y-%m-%dT%H:%M:%S.{ms:03}+00:00",
    "no_fraction": "%Y-%m-%dT%H:%M:%SZ",
    "no_zone": "%Y-%m-%dT%H:%M:%S.{ms:03}",
}


@dataclass(frozen=True, slots=True)
class Variants:
    """One choice of CHOICES for each form."""

    envelope: str = "default"
    paging: str = "default"  # the others ignore one parameter
    counts: str = "default"
    detailed: str = "default"
    dates: str = "default"
    fields: str = "default"
    writes: str = "default"
    errors: str = "default"
    unknown_project: str = "default"

    def changed(self, **choices: str) -> Self:
        """A copy with other choices. Raises ValueError for an unknown one."""
        for name, choice in choices.items():
            if choice not in CHOICES.get(name, ()):
                raise ValueError(
                    f"{name}={choice!r} is not a variant; there are {CHOICES.get(name, CHOICES)}"
                )
        return replace(self, **choices)

    def as_json(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def date(self, ms: int) -> str:
        moment = datetime.fromtimestamp(ms // 1000, UTC)
        return moment.strftime(DATES[self.dates]).format(ms=ms % 1000)

    def batch(self, batch: Batch, progress: Progress, *, detailed: bool = False) -> dict[str, Any]:
        body: dict[str, Any] = {
            "project": batch.project,
            "name": batch.name,
            "callback": batch.callback,
            "status": progress.status,
            "created_at": self.date(batch.created_ms),
            "metadata": batch.metadata,
        }
        if self.fields != "default":
            body = dict.fromkeys(body) if self.fields == "null" else {}
            body["name"] = batch.name
        return {**body, **self._progress(progress)} if detailed else body

    def _progress(self, progress: Progress) -> dict[str, Any]:
        """The fields that `detailed=true` adds: at the top level, in a nested object, or both."""
        counts = self.count_keys(progress)
        top = counts if self.detailed in {"default", "top"} else {}
        return {**top, "progress": counts} if self.detailed in {"default", "nested"} else top

    def count_keys(self, progress: Progress) -> dict[str, Any]:
        """Counts with the prefix, without it, both, some, none, or with an undocumented one."""
        counts = dict(progress.counts)
        if self.counts == "missing":
            return {}
        if self.counts == "partial":
            counts = {key: counts[key] for key in ("completed",) if key in counts}
        if self.counts == "unknown":
            counts["in_review"] = 3
        prefixed = {f"tasks_{key}": value for key, value in counts.items()}
        if self.counts == "plain":
            return counts
        return {**prefixed, **counts} if self.counts == "default" else prefixed

    def status(self, progress: Progress) -> dict[str, Any]:
        return {"status": progress.status, **self.count_keys(progress)}

    def page_size(self, limit: int) -> int:
        is_small = self.envelope in {"small_pages", "unmarked_small_pages"}
        return min(limit, SMALL_PAGE) if is_small else limit

    def honoured(self, search: Search) -> Search:
        """The search without the parameters that this variant ignores."""
        search = replace(search, limit=self.page_size(search.limit))
        if self.paging == "no_end_time":
            return replace(search, last_ms=None)
        return replace(search, offset=0) if self.paging == "no_offset" else search

    def page(self, docs: list[dict[str, Any]], *, total: int, limit: int, offset: int) -> Any:
        if self.envelope == "array":
            return docs
        # by the rows sent, as a variant may send fewer than the limit
        more = offset + len(docs) < total
        everything = {
            "docs": docs, "totalDocs": total, "total": total, "limit": limit, "offset": offset,
            "has_more": more, "hasNextPage": more,
        }  # fmt: skip
        return {key: everything[key] for key in ENVELOPES[self.envelope]}

    def project(self, project: Project) -> dict[str, Any]:
        history = [
            {**{key: value for key, value in params.items() if key != "created_ms"},
             "created_at": self.date(params["created_ms"])}
            for params in project.params
        ]  # fmt: skip
        created = self.date(project.created_ms)
        return {
            "type": project.type,
            "name": project.name,
            "param_history": history,
            "created_at": created,
        }

    def written(self, value: Any) -> Reply:
        """The answer to a successful write; some variants are empty or not JSON."""
        if self.writes in SUCCESS:
            return json_reply(value, SUCCESS[self.writes])
        return Reply(200, b"" if self.writes == "empty" else b"OK", "text/plain; charset=utf-8")

    def error(self, status: int, message: str) -> Reply:
        if self.errors == "text":
            return Reply(status, message.encode(), "text/plain; charset=utf-8")
        if self.errors == "html":
            return Reply(status, f"<html><h1>{status}</h1>{message}</html>".encode(), "text/html")
        error = {"message": message, "code": status} if self.errors == "object" else message
        return json_reply({"status_code": status, "error": error}, status)
