"""What a notice says; what a name may do to a mail or a chat."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from batches.models import Notice, NoticeKind
from batches.services.notices.words import fact, for_chat, plain

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 26, 12, 42, tzinfo=UTC)  # a Thursday


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        (NoticeKind.COMPLETED, {"completed": 170, "error": 2}, "Done: 172 tasks"),
        (NoticeKind.COMPLETED, {}, "Done"),
        (
            NoticeKind.STALLED,
            {"since": seconds("2026-11-26 10:40")},
            "Stalled: nothing since 11:40",
        ),
        (NoticeKind.STALLED, {}, "Stalled"),
        (
            NoticeKind.STAGING,
            {"since": seconds("2026-11-25 10:40"), "tasks": 5019},
            "In staging since Wed 11:40: 5,019 tasks",
        ),
        (
            NoticeKind.AT_RISK,
            {"due": seconds("2026-11-27 19:00"), "high": seconds("2026-11-28 21:00")},
            "At risk: due Fri 20:00, expected until Sat 22:00",
        ),
        (
            NoticeKind.AT_RISK,
            {"due": seconds("2026-12-24 19:00")},
            "At risk: due 24 Dec 20:00",
        ),
        (NoticeKind.ERRORS, {"errors": 22, "tasks": 180}, "Errors growing: 22 of the last 180"),
        (NoticeKind.ERRORS, {"errors": "many"}, "Errors growing"),
        (NoticeKind.KEY_REFUSED, {}, "Refonte refuses the key"),
        (NoticeKind.AT_REST, {"batches": 12}, "No work today: 12 open batches"),
    ],
)
def test_the_fact_in_words(kind: NoticeKind, facts: dict[str, Any], words: str):
    assert fact(Notice(kind=kind, facts=facts, at=AT), zone=BERLIN) == words


NO_ALARMS = (NoticeKind.COMPLETED, NoticeKind.BULK)


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind not in NO_ALARMS])
def test_every_alarm_has_words_for_its_end(kind: NoticeKind):
    begun = fact(Notice(kind=kind, at=AT), zone=BERLIN)
    over = fact(Notice(kind=kind, at=AT, is_over=True), zone=BERLIN)
    assert begun
    assert over not in ("", begun)


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ("2026-11-26 10:32", "Moves again, after 2 h 10 min"),
        ("2026-11-26 12:32", "Moves again, after 10 min"),
        ("2026-11-23 08:42", "Moves again, after 3 d 4 h"),
        ("2026-11-26 12:43", "Moves again"),
    ],
)
def test_the_end_says_after_how_long(since: str, words: str):
    over = Notice(kind=NoticeKind.STALLED, facts={"since": seconds(since)}, at=AT, is_over=True)
    assert fact(over, zone=BERLIN) == words


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("kitten_07", "kitten_07"),
        ("a\r\nBcc: all@example.com", "a Bcc: all@example.com"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\x00b\u2028c\u200bd", "a b c d"),
        ("x" * 200, "x" * 119 + "…"),
    ],
)
def test_a_name_is_one_plain_line(name: str, shown: str):
    assert plain(name) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("kitten_07_*x*", "`kitten_07_*x*`"),
        ("a`b", "`a'b`"),
        ("<!channel>", "`‹!channel›`"),
        ("@everyone", "`@\u200beveryone`"),
        ("[x](https://evil.example)", "`[x](https://evil.example)`"),
    ],
)
def test_a_chat_takes_a_name_for_no_mention_link_or_style(name: str, shown: str):
    assert for_chat(name) == shown
