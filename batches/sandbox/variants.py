"""How answers are drawn.

The default pleases every reader at once; each variant alone is one of the forms that the
vendor's document, its samples and its clients disagree about.
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
        "docs_only", "small_pages", "untold_pages", "array",
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
ENVELOPES["untold_pages"] = ("docs", "totalDocs")  # as small, and nothing says so but the total
SMALL_PAGE = 10
YES = {"default": 200, "created": 201, "accepted": 202}
DATES = {
    "default": "%Y-%m-%dT%H:%M:%S.{ms:03}Z",
    "offset": "%Y-%m-%dT%H:%M:%S.{ms:03}+00:00",
    "no_fraction": "%Y-%m-%dT%H:%M:%SZ",
    "no_zone": "%Y-%m-%dT%H:%M:%S.{ms:03}",
}


@dataclass(frozen=True, slots=True)
class Variants:
    """One choice for each thing the sources disagree about; CHOICES lists them."""

    envelope: str = "default"
    paging: str = "default"  # or deaf to one of its parameters
    counts: str = "default"
    detailed: str = "default"
    dates: str = "default"
    fields: str = "default"
    writes: str = "default"
    errors: str = "default"
    unknown_project: str = "default"

    def changed(self, **choices: str) -> Self:
        """These variants with some chosen anew. Raises ValueError for a word not offered."""
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
        drawn: dict[str, Any] = {
            "project": batch.project,
            "name": batch.name,
            "callback": batch.callback,
            "status": progress.status,
            "created_at": self.date(batch.created_ms),
            "metadata": batch.metadata,
        }
        if self.fields != "default":
            drawn = dict.fromkeys(drawn) if self.fields == "null" else {}
            drawn["name"] = batch.name
        return {**drawn, **self._progress(progress)} if detailed else drawn

    def _progress(self, progress: Progress) -> dict[str, Any]:
        """What `detailed=true` adds: at the top level, in a nested object, or both."""
        counts = self.count_keys(progress)
        top = counts if self.detailed in {"default", "top"} else {}
        return {**top, "progress": counts} if self.detailed in {"default", "nested"} else top

    def count_keys(self, progress: Progress) -> dict[str, Any]:
        """Counts with the prefix, without it, both, only some, none, or with a key nobody knows."""
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

    def page_size(self, asked: int) -> int:
        is_small = self.envelope in {"small_pages", "untold_pages"}
        return min(asked, SMALL_PAGE) if is_small else asked

    def heard(self, search: Search) -> Search:
        """What the vendor takes notice of."""
        search = replace(search, limit=self.page_size(search.limit))
        if self.paging == "no_end_time":
            return replace(search, last_ms=None)
        return replace(search, offset=0) if self.paging == "no_offset" else search

    def page(self, docs: list[dict[str, Any]], *, total: int, limit: int, offset: int) -> Any:
        if self.envelope == "array":
            return docs
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
        """The answer to a write that succeeded; some are empty or no JSON."""
        if self.writes in YES:
            return json_reply(value, YES[self.writes])
        return Reply(200, b"" if self.writes == "empty" else b"OK", "text/plain; charset=utf-8")

    def error(self, status: int, words: str) -> Reply:
        if self.errors == "text":
            return Reply(status, words.encode(), "text/plain; charset=utf-8")
        if self.errors == "html":
            return Reply(status, f"<html><h1>{status}</h1>{words}</html>".encode(), "text/html")
        error = {"message": words, "code": status} if self.errors == "object" else words
        return json_reply({"status_code": status, "error": error}, status)
