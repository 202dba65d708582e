"""What is sent, by mail and to a webhook, over real sockets."""

import json
import logging
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from apprise.plugins.custom_json import NotifyJSON
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from batches.models import (
    ApiKey,
    Channel,
    Delivery,
    DeliveryState,
    Lease,
    LeasePurpose,
    NoticeKind,
    NoticeSetting,
)
from batches.services import leases
from batches.services.keys.types import KeyHandle
from batches.services.notices import channels
from batches.services.notices.addresses import NotAllowed
from batches.services.notices.events import BELL, MAIL
from batches.services.notices.messages import Message
from batches.services.notices.sending import chat, mail, send
from batches.services.notices.spread import NO_ADDRESS, spread_due
from tests.support.clock import NOON
from tests.support.consent import disable
from tests.support.notices import (
    NAME,
    OF_KEY,
    alarm,
    complete,
    follow,
    reasons,
    seen_batch,
    told,
    waits_until,
    work,
)
from tests.support.receivers import Hooks, Mails, hook_server, mail_server
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock", "_console")
WAITING, SENT = DeliveryState.WAITING, DeliveryState.SENT
FAILED, DROPPED = DeliveryState.FAILED, DeliveryState.DROPPED


@pytest.fixture
def mails(settings: Settings) -> Iterator[Mails]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        yield server


@pytest.fixture
def hooks(settings: Settings) -> Iterator[Hooks]:
    with hook_server() as server:
        settings.NOTIFY_ALLOW = [server.url, server.url.replace("http:", "mmost:")]
        yield server


@pytest.fixture
def _console(settings: Settings, alice: User) -> None:
    settings.CONSOLE_URL = "https://console.example.com"
    settings.DEFAULT_FROM_EMAIL = "console@example.com"
    alice.email = "alice@example.com"
    alice.save()


@pytest.fixture
def channel(alice: User, hooks: Hooks) -> Channel:
    url = f"{hooks.url}/hooks/s3cret"
    return channels.add_channel(user=alice, label="#ops", url=url)


def test_a_completion_is_one_mail_with_a_link_that_has_the_ref_of_the_key(
    alice: User, key: KeyHandle, mails: Mails
):
    follow(alice, key, MAIL)
    complete(key)
    work()
    work()
    [mail] = mails.came
    assert told(alice) == {MAIL: [SENT]}
    assert mail["Subject"] == f"{NAME}: Done: 172 tasks"
    assert mail["To"] == "alice@example.com"
    assert mail["From"] == "console@example.com"
    assert mail["Message-ID"] == f"<{Delivery.objects.get().id.hex}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content()
    assert f"https://console.example.com/batches/{NAME}/?key={key.ref}" in body
    assert "Project: kittens" in body
    assert "Seen 23 Nov 12:00 (UTC)" in body
    assert key.fingerprint not in mail.as_string()


def test_without_an_address_of_this_console_there_is_no_link(
    alice: User, key: KeyHandle, mails: Mails, settings: Settings
):
    settings.CONSOLE_URL = ""
    follow(alice, key, MAIL)
    complete(key)
    work()
    assert "http" not in mails.came[0].get_content()


@pytest.mark.parametrize(
    ("kind", "link"),
    [(NoticeKind.KEY_REFUSED, "/keys/?key="), (NoticeKind.AT_REST, "/keys/?key=")],
)
def test_what_is_about_a_key_leads_to_it(
    alice: User, key: KeyHandle, mails: Mails, kind: NoticeKind, link: str
):
    follow(alice, key, MAIL, thing=OF_KEY)
    alarm(key, kind)
    work()
    [mail] = mails.came
    assert str(mail["Subject"]).startswith(f"Key {key.label}")
    assert f"https://console.example.com{link}{key.ref}" in mail.get_content()


def test_a_name_adds_no_header_and_turns_no_line(alice: User, key: KeyHandle, mails: Mails):
    name = "x\r\nBcc: all@example.com\u202e<b>"
    follow(alice, key, MAIL, thing=OF_KEY)
    complete(key, name=name)
    work()
    [mail] = mails.came
    assert mail["Bcc"] is None
    assert mail["Subject"] == "x Bcc: all@example.com <b>: Done: 172 tasks"
    assert mail.get_content_type() == "text/plain"


def test_a_completion_is_one_post_with_its_facts_and_an_id(
    alice: User, key: KeyHandle, hooks: Hooks, channel: Channel
):
    follow(alice, key, str(channel.pk))
    complete(key)
    work()
    work()
    [post] = hooks.came
    assert told(alice) == {str(channel.pk): [SENT]}
    assert post.path == "/hooks/s3cret"
    assert post.headers["Idempotency-Key"] == Delivery.objects.get().id.hex
    facts = {"event": "completed", "is_over": "no", "batch": NAME, "project": "kittens"}
    facts |= {"key": key.ref, "at": NOON.isoformat()}
    facts["url"] = f"https://console.example.com/batches/{NAME}/?key={key.ref}"
    assert facts.items() <= post.body.items()
    assert post.body["title"] == "Done: 172 tasks"
    assert post.body["message"].startswith(f"`{NAME}`: Done: 172 tasks")


def test_a_chat_is_sent_the_same_in_its_own_form(alice: User, key: KeyHandle, hooks: Hooks):
    url = hooks.url.replace("http:", "mmost:") + "/3ccdd113474722377935511fc85d3dd4"
    channel = channels.add_channel(user=alice, label="#ops", url=url)
    follow(alice, key, str(channel.pk), thing=OF_KEY)
    complete(key, name="@all_<!here>_`x`")
    work()
    [post] = hooks.came
    assert post.path == "/hooks/3ccdd113474722377935511fc85d3dd4"
    text = json.dumps(post.body, ensure_ascii=False)
    assert "`@\u200ball_‹!here›_'x'`: Done" in text


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    alice: User, key: KeyHandle, hooks: Hooks, channel: Channel, status: int
):
    with hook_server() as other:
        hooks.status, hooks.location = status, f"{other.url}/stolen"
        follow(alice, key, str(channel.pk))
        complete(key)
        work()
        assert other.came == []
    assert told(alice) == {str(channel.pk): [WAITING]}


def test_no_proxy_and_no_password_of_the_environment_is_used(
    alice: User,
    key: KeyHandle,
    hooks: Hooks,
    channel: Channel,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login eve password pass\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with hook_server() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        follow(alice, key, str(channel.pk))
        complete(key)
        work()
        assert proxy.came == []
    [post] = hooks.came
    assert "Authorization" not in post.headers


def test_what_is_no_longer_allowed_is_dropped(
    alice: User, key: KeyHandle, hooks: Hooks, channel: Channel, settings: Settings
):
    follow(alice, key, str(channel.pk))
    complete(key)
    settings.NOTIFY_ALLOW = []
    work()
    assert hooks.came == []
    assert told(alice) == {str(channel.pk): [DROPPED]}
    assert "NOTIFY_ALLOW" in reasons(alice).pop()


@pytest.mark.parametrize("read", [None, {"host": "evil.example"}, {"host": "127.0.0.1", "port": 9}])
def test_a_url_that_apprise_reads_in_another_way_is_not_sent_to(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, read: dict[str, object] | None
):
    monkeypatch.setattr(NotifyJSON, "parse_url", lambda url: read)
    message = Message(id="1", subject="s", text="t")
    with pytest.raises(NotAllowed, match="not one for http"):
        chat.send_chat(url=f"{hooks.url}/a", message=message)
    assert hooks.came == []


def test_a_host_without_an_address_is_a_failure(hooks: Hooks, monkeypatch: pytest.MonkeyPatch):
    def unknown(address: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(chat, "refuse_private", unknown)
    message = Message(id="1", subject="s", text="t")
    assert chat.send_chat(url=f"{hooks.url}/a", message=message) == chat.NOT_FOUND


@pytest.mark.parametrize("error", [RuntimeError, TypeError])
def test_an_error_of_apprise_is_a_failure_and_tells_no_url(
    hooks: Hooks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
):
    def failing(self: object, **options: object) -> bool:
        raise error(f"{hooks.url}/s3cret")

    monkeypatch.setattr("apprise.plugins.custom_json.NotifyJSON.send", failing)
    message = Message(id="1", subject="s", text="t")
    with caplog.at_level(logging.DEBUG):
        assert chat.send_chat(url=f"{hooks.url}/s3cret", message=message)
    assert "s3cret" not in caplog.text


def test_a_url_is_in_no_line_of_the_log(
    alice: User,
    key: KeyHandle,
    channel: Channel,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    # as after another configuration of the logs
    monkeypatch.setattr(logging.getLogger("apprise"), "disabled", False)
    follow(alice, key, str(channel.pk))
    complete(key)
    with (
        caplog.at_level(logging.DEBUG, logger="apprise"),
        caplog.at_level(logging.DEBUG, "batches"),
    ):
        work()
    assert "s3cret" not in caplog.text


def test_a_failure_is_tried_again_ever_later_and_for_a_day(
    alice: User, key: KeyHandle, mails: Mails, clock: time_machine.Traveller
):
    mails.answer = "451 try again"
    follow(alice, key, MAIL)
    complete(key)
    pauses, last = [], timezone.now()
    for _ in range(60):
        work()
        if told(alice) == {MAIL: [FAILED]}:
            break
        due = waits_until(alice)
        pauses.append(due - last)
        clock.move_to(due)
        last = due
    assert [pause.total_seconds() for pause in pauses[:8]] == [
        30,
        60,
        120,
        240,
        480,
        960,
        1920,
        3600,
    ]
    assert set(pauses[8:]) == {timedelta(hours=1)}
    assert timedelta(hours=22) < last - NOON <= timedelta(days=1)
    assert told(alice) == {MAIL: [FAILED]}
    assert "The mail server did not take it" in reasons(alice).pop()
    mails.answer = "250 OK"
    clock.shift(timedelta(days=3))
    work()
    assert mails.came == []


def test_a_server_that_comes_back_is_sent_the_mail_with_the_same_id(
    alice: User, key: KeyHandle, mails: Mails, clock: time_machine.Traveller, settings: Settings
):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    follow(alice, key, MAIL)
    complete(key)
    work()
    assert "ConnectionRefusedError" in reasons(alice).pop()
    settings.EMAIL_PORT = port
    work()
    assert mails.came == []
    clock.shift(timedelta(seconds=31))
    work()
    assert [mail["Message-ID"] for mail in mails.came] == [mail_id(Delivery.objects.get())]


def mail_id(delivery: Delivery) -> str:
    return mail.message_id(delivery.id.hex)


def test_a_channel_that_fails_holds_up_no_other(
    alice: User, key: KeyHandle, mails: Mails, hooks: Hooks, channel: Channel
):
    hooks.status = 503
    follow(alice, key, MAIL, str(channel.pk))
    complete(key)
    work()
    assert told(alice) == {MAIL: [SENT], str(channel.pk): [WAITING]}
    assert reasons(alice) == {f"{channel.address} did not take it."}


def test_nothing_is_sent_by_two_workers_at_once(alice: User, key: KeyHandle, mails: Mails):
    follow(alice, key, MAIL)
    complete(key)
    held = leases.acquire(Lease, length=send.LEASE, fingerprint=MAIL, purpose=LeasePurpose.TELL)
    assert held
    work()
    assert mails.came == []
    held.release()
    work()
    assert len(mails.came) == 1


def test_a_try_that_falls_into_quiet_hours_waits_for_their_end(
    alice: User, key: KeyHandle, mails: Mails, clock: time_machine.Traveller
):
    mails.answer = "451 try again"
    NoticeSetting.objects.create(user=alice, quiet_from="12:00", quiet_until="14:00")
    clock.move_to(NOON - timedelta(seconds=10))
    follow(alice, key, MAIL)
    complete(key)
    work()
    until = Delivery.objects.get().until
    clock.move_to(NOON + timedelta(minutes=1))
    mails.answer = "250 OK"
    work()
    assert mails.came == []
    assert waits_until(alice) == NOON + timedelta(hours=2)
    # it is still tried for a day, without the hours in which it was not
    assert Delivery.objects.get().until == until + timedelta(minutes=119)
    clock.move_to(NOON + timedelta(hours=2))
    work()
    assert len(mails.came) == 1


def test_what_waits_is_dropped_once_the_person_may_not_read_it(
    alice: User, vera: User, key_for: KeyMaker, mails: Mails
):
    shared = key_for(alice, is_shared=True)
    vera.email = "vera@example.com"
    vera.save()
    follow(alice, shared, MAIL)
    follow(vera, shared, MAIL)
    complete(shared)
    spread_due()
    disable(alice, shared)
    ApiKey.objects.update(is_shared=False)
    work()
    assert mails.came == []
    assert told(alice) == told(vera) == {MAIL: [DROPPED]}
    assert reasons(alice) == {"The account is disabled."}
    assert reasons(vera) == {"You may no longer read with this key."}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda: User.objects.update(email=""), NO_ADDRESS),
        (lambda: Channel.objects.all().delete(), send.GONE),
        (lambda: Channel.objects.update(sealed="?"), "can no longer be read"),
    ],
)
def test_what_has_no_way_left_is_dropped_and_says_why(
    alice: User,
    key: KeyHandle,
    channel: Channel,
    mails: Mails,
    hooks: Hooks,
    change: Any,
    reason: str,
):
    follow(alice, key, MAIL, str(channel.pk))
    complete(key)
    spread_due()
    change()
    work()
    assert len(mails.came) + len(hooks.came) == 1
    assert any(reason in one for one in reasons(alice))


def test_without_a_mail_server_the_delivery_says_so(
    alice: User, key: KeyHandle, settings: Settings
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    follow(alice, key, BELL, MAIL)
    complete(key)
    work()
    assert told(alice) == {BELL: [SENT], MAIL: [WAITING]}
    assert reasons(alice) == {mail.NOT_SET_UP}


def test_what_was_dropped_meanwhile_stays_so(
    alice: User, key: KeyHandle, mails: Mails, monkeypatch: pytest.MonkeyPatch
):
    """As by a restore, while the server takes its time."""

    def sent_late(*, to: str, message: object) -> str:
        Delivery.objects.update(state=DROPPED, reason="meanwhile")
        return ""

    monkeypatch.setattr(send, "send_mail", sent_late)
    follow(alice, key, MAIL)
    complete(key)
    work()
    assert told(alice) == {MAIL: [DROPPED]}


def test_a_worker_whose_lease_was_lost_writes_nothing(
    alice: User, key: KeyHandle, monkeypatch: pytest.MonkeyPatch
):
    def sent_late(*, to: str, message: object) -> str:
        Lease.objects.update(token="another")
        return ""

    monkeypatch.setattr(send, "send_mail", sent_late)
    follow(alice, key, MAIL)
    complete(key)
    work()
    assert told(alice) == {MAIL: [WAITING]}


def test_a_batch_without_a_page_is_told_with_a_link_to_the_list(
    alice: User, key: KeyHandle, mails: Mails
):
    follow(alice, key, MAIL, thing=OF_KEY)
    alarm(key, NoticeKind.STALLED, batch=seen_batch(key, ".."))
    work()
    assert f"https://console.example.com/batches/?key={key.ref}" in mails.came[0].get_content()


def test_a_test_is_sent_in_quiet_hours_too_and_says_who_asked(
    alice: User, mails: Mails, hooks: Hooks, channel: Channel
):
    NoticeSetting.objects.create(user=alice, quiet_from="00:00", quiet_until="23:59")
    for way in (MAIL, str(channel.pk)):
        channels.send_test(user=alice, way=way, label="", now=timezone.now())
    work()
    assert "alice asked for this test." in mails.came[0].get_content()
    assert hooks.came[0].body["event"] == "test"
    assert told(alice) == {MAIL: [SENT], str(channel.pk): [SENT]}


def test_a_url_that_a_service_takes_for_none_of_its_own_is_not_sent_to(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
):
    def refuse(self: object, **found: object) -> None:
        raise TypeError("s3cret")

    monkeypatch.setattr(NotifyJSON, "__init__", refuse)
    with pytest.raises(NotAllowed, match="not one for http"):
        chat.send_chat(url=f"{hooks.url}/a", message=Message(id="1", subject="s", text="t"))
