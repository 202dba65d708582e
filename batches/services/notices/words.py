"""What a notice says, as plain text: the same words in the page, in a mail and in a chat."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from batches.models import Notice, NoticeKind
from batches.refonte import Counts

NO_MENTION = "@\u200b"  # with a blank of no width behind it
LONGEST_NAME = 120  # characters of a name in a subject or a line
BEGUN = {
    NoticeKind.COMPLETED: "Done",
    NoticeKind.STALLED: "Stalled",
    NoticeKind.STAGING: "In staging",
    NoticeKind.AT_RISK: "At risk",
    NoticeKind.ERRORS: "Errors growing",
    NoticeKind.KEY_REFUSED: "Refonte refuses the key",
    NoticeKind.AT_REST: "No work today",
}
DONE_TO = {
    "create": "created",
    "finalize": "finalized",
    "prioritize": "given a priority",
}  # by verb of a bulk
OUTCOMES = {"done": "done", "no_effect": "without effect", "failed": "failed", "unknown": "unknown"}
OVER = {
    NoticeKind.STALLED: "Moves again",
    NoticeKind.STAGING: "No longer in staging",
    NoticeKind.AT_RISK: "Due date no longer at risk",
    NoticeKind.ERRORS: "Errors no longer growing",
    NoticeKind.KEY_REFUSED: "Refonte accepts the key again",
    NoticeKind.AT_REST: "Work goes on",
}


def fact(notice: Notice, *, zone: tzinfo) -> str:
    """What happened, without the name. Facts that are missing are left out."""
    kind, facts = NoticeKind(notice.kind), notice.facts
    if kind == NoticeKind.BULK:
        return _outcomes(facts)
    if notice.is_over:
        return OVER[kind] + _behind(", after ", _length(notice.at, _number(facts, "since")))
    since = _time(facts, "since", notice.at, zone)
    words = {
        NoticeKind.COMPLETED: lambda: _behind(": ", _tasks(Counts.parse(facts).total)),
        NoticeKind.STALLED: lambda: _behind(": nothing since ", since),
        NoticeKind.STAGING: lambda: (
            _behind(" since ", since) + _behind(": ", _tasks(_number(facts, "tasks")))
        ),
        NoticeKind.AT_RISK: lambda: (
            _behind(": due ", _time(facts, "due", notice.at, zone))
            + _behind(", expected until ", _time(facts, "high", notice.at, zone))
        ),
        NoticeKind.ERRORS: lambda: _behind(": ", _share(facts)),
        NoticeKind.KEY_REFUSED: lambda: _behind(" since ", since),
        NoticeKind.AT_REST: lambda: _behind(": ", _batches(_number(facts, "batches"))),
    }
    return BEGUN[kind] + words[kind]()


def bulk_title(facts: Mapping[str, Any]) -> str:
    """`22 batches finalized`; `Bulk stopped: 22 batches finalized` where rows are left."""
    rows, verb = _number(facts, "rows") or 0, DONE_TO.get(str(facts.get("verb")), "changed")
    words = f"{rows:,} batch{'' if rows == 1 else 'es'} {verb}"
    return f"Stopped: {words}" if facts.get("why") else words


def plain(text: str) -> str:
    """A name for one line of a mail or a chat: nothing invisible, no line break, not too long."""
    # a name may hold a line break, which would be a header of its own, or turn a line around
    seen = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    short = " ".join(seen.split())
    return short if len(short) <= LONGEST_NAME else f"{short[: LONGEST_NAME - 1]}…"


def for_chat(text: str) -> str:
    """The same, as code: no chat takes it for a mention, a link or a style."""
    # in code marks nothing has a meaning but these marks; Slack reads its angle brackets there too
    safe = plain(text).replace("`", "'").replace("<", "‹").replace(">", "›")
    return "`" + safe.replace("@", NO_MENTION) + "`"


def _behind(words: str, value: str) -> str:
    return f"{words}{value}" if value else ""


def _outcomes(facts: Mapping[str, Any]) -> str:
    """`20 done, 2 failed`, and why it was stopped."""
    counts = [
        f"{number:,} {words}"
        for name, words in OUTCOMES.items()
        if (number := _number(facts, name))
    ]
    return ". ".join(filter(None, (", ".join(counts) or "Nothing sent", facts.get("why"))))


def _tasks(number: int | None) -> str:
    return "" if number is None else f"{number:,} task{'' if number == 1 else 's'}"


def _length(at: datetime, since: int | None) -> str:
    """`10 min`, `2 h 10 min`, from two days on `3 d 4 h`."""
    minutes = 0 if since is None else int(at.timestamp() - since) // 60
    if minutes < 1:
        return ""
    hours = minutes // 60
    if hours < 48:
        return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
    return f"{hours // 24} d {hours % 24} h"


def _share(facts: Mapping[str, Any]) -> str:
    errors, tasks = _number(facts, "errors"), _number(facts, "tasks")
    return "" if errors is None or tasks is None else f"{errors:,} of the last {tasks:,}"


def _batches(number: int | None) -> str:
    return f"{number:,} open batches" if number else ""


def _number(facts: Mapping[str, Any], name: str) -> int | None:
    value = facts.get(name)
    return int(value) if isinstance(value, int | float) else None


def _time(facts: Mapping[str, Any], name: str, near: datetime, zone: tzinfo) -> str:
    """`11:40` on the day of the notice, `Fri 20:00` within six days of it, else with the date."""
    seconds = _number(facts, name)
    if seconds is None:
        return ""
    local = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    days = abs((local.date() - near.astimezone(zone).date()).days)
    if days == 0:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if days < 7 else f"{local.day} {local:%b %H:%M}"
