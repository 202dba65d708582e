"""What is sent for one delivery, in words. Made anew for each try, with the same id."""

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from django.conf import settings

from batches.models import Delivery, DeliveryKind, Notice, NoticeKind
from batches.refs import is_addressable, to_ref
from batches.services.notices.digests import told_since_last
from batches.services.notices.events import MAIL
from batches.services.notices.readers import Reader
from batches.services.notices.words import bulk_title, fact, for_chat, plain

WHY = "You are told this as you follow it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """id: the same for each try, so that a receiver can drop a second copy.

    fields: the same facts for a program, of a webhook.
    """

    id: str
    subject: str
    text: str
    fields: dict[str, str] = field(default_factory=dict)


def compose(*, delivery: Delivery, reader: Reader) -> Message | None:
    """None where nothing is left to tell."""
    if delivery.kind == DeliveryKind.TEST:
        subject = "Test of the Refonte console"
        text = f"{reader.user.get_username()} asked for this test. Events arrive in the same way."
        return Message(id=delivery.id.hex, subject=subject, text=text, fields={"event": "test"})
    if delivery.kind == DeliveryKind.DIGEST:
        return _digest(delivery, reader)
    return _event(delivery, reader) if delivery.notice else None


def _event(delivery: Delivery, reader: Reader) -> Message:
    notice = delivery.notice
    assert notice is not None  # noqa: S101 - for the type checker; the caller has looked  # nosec
    name = _name(notice, reader)
    words, link = fact(notice, zone=reader.zone), url_of(notice, reader)
    is_mail = delivery.way == MAIL
    about = [f"{name if is_mail else for_chat(name)}: {words}"]
    if notice.batch and notice.batch.project:
        project = notice.batch.project
        about.append(f"Project: {plain(project) if is_mail else for_chat(project)}")
    about.append(f"Seen {_moment(notice.at, reader)}")
    lines = [*about, *_ending(link, is_mail=is_mail)]
    return Message(
        id=delivery.id.hex,
        subject=f"{name}: {words}" if is_mail else words,
        text="\n".join(lines),
        fields=_fields(notice, reader, link),
    )


def _digest(delivery: Delivery, reader: Reader) -> Message | None:
    told = told_since_last(digest=delivery)
    # what they may no longer read is left out
    notices = [notice for notice in told if not reader.refusal_of(notice.fingerprint)]
    if not notices:
        return None
    lines = []
    for notice in notices:
        words = fact(notice, zone=reader.zone)
        lines.append(f"{_moment(notice.at, reader)}  {_name(notice, reader)}: {words}")
        lines += [link] if (link := url_of(notice, reader)) else []
    count = f"{len(notices)} event{'' if len(notices) == 1 else 's'}"
    return Message(
        id=delivery.id.hex,
        subject=f"Refonte console: {count} since the last digest",
        text="\n".join([*lines, *_ending("", is_mail=True)]),
    )


def url_of(notice: Notice, reader: Reader) -> str:
    """The page of what it is about, with the ref of the key; empty without CONSOLE_URL."""
    key = reader.key_of(notice.fingerprint)
    if not settings.CONSOLE_URL or key is None:
        return ""
    path = f"/bulks/{bulk}/" if (bulk := notice.facts.get("bulk")) else "/keys/"
    # a name that no address can have has no page
    if notice.batch:
        known = is_addressable(notice.batch.name)
        path = f"/batches/{to_ref(notice.batch.name)}/" if known else "/batches/"
    return f"{settings.CONSOLE_URL}{path}?key={quote(key.ref)}"


def _name(notice: Notice, reader: Reader) -> str:
    if notice.batch:
        return plain(notice.batch.name)
    if notice.kind == NoticeKind.BULK:
        return bulk_title(notice.facts)
    key = reader.key_of(notice.fingerprint)
    return f"Key {plain(key.label)}" if key else "A key"


def _fields(notice: Notice, reader: Reader, link: str) -> dict[str, str]:
    key = reader.key_of(notice.fingerprint)
    return {
        "event": notice.kind,
        "is_over": "yes" if notice.is_over else "no",
        "batch": notice.batch.name if notice.batch else "",
        "project": (notice.batch.project or "") if notice.batch else "",
        "key": key.ref if key else "",
        "at": notice.at.isoformat(),
        "url": link,
    }


def _ending(link: str, *, is_mail: bool) -> list[str]:
    if not is_mail:
        return [link] if link else []
    where = f"{settings.CONSOLE_URL}/follows/" if settings.CONSOLE_URL else "What I follow"
    return [*([link] if link else []), "", f"{WHY} To change that: {where}"]


def _moment(moment: datetime, reader: Reader) -> str:
    local = moment.astimezone(reader.zone)
    return f"{local.day} {local:%b %H:%M} ({reader.zone.key})"
