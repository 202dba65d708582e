"""Only what NOTIFY_ALLOW names is sent to, whatever a URL looks like."""

import socket
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from batches.services.notices import addresses
from batches.services.notices.addresses import NotAllowed, parse, refuse_private

ALLOWED = [
    "https://hooks.example.com",
    "https://10.1.2.3",
    "http://127.0.0.1:8065",
    "slack://hooks.slack.com",
    "discord://discord.com",
    "gchat://chat.googleapis.com",
    "mmosts://chat.example.com",
    "ntfys://push.example.com",
]


@pytest.fixture(autouse=True)
def _allowed(settings: Settings) -> None:
    settings.NOTIFY_ALLOW = ALLOWED


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.example.com/a/b", "https://hooks.example.com"),
        ("https://hooks.example.com", "https://hooks.example.com"),
        ("https://10.1.2.3/a", "https://10.1.2.3"),
        ("http://127.0.0.1:8065/a", "http://127.0.0.1:8065"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "slack://hooks.slack.com"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "discord://discord.com"),
        ("gchat://workspace/key/token", "gchat://chat.googleapis.com"),
        ("mmosts://chat.example.com/3ccdd113474722377935511fc85d3dd4", "mmosts://chat.example.com"),
        # the service's own form of a token
        ("ntfys://tk_abc@push.example.com/topic", "ntfys://push.example.com"),
    ],
)
def test_what_is_allowed_is_taken_and_shown_by_scheme_and_host(url: str, shown: str):
    assert parse(url).shown == shown


def test_the_query_and_the_fragment_are_dropped():
    found = parse("https://hooks.example.com/a?verify=no&redirect=yes&format=html#b")
    assert found.url == "https://hooks.example.com/a"


@pytest.mark.parametrize(
    "url",
    [
        # compared whole: no other scheme, no part of a name, no name below
        "http://hooks.example.com/a",
        "jsons://hooks.example.com/a",
        "https://example.com/a",
        "https://a.hooks.example.com/a",
        "https://hooks.example.com.evil.example/a",
        "https://hooks.example.com./a",
        "https://evil.example/hooks.example.com",
        "https://evil.example/#https://hooks.example.com",
        # userinfo
        "https://hooks.example.com@evil.example/a",
        "https://user:pass@hooks.example.com/a",
        "https://hooks.example.com:443@evil.example/a",
        "mmosts://bot@chat.example.com/token",
        # ports that are not named
        "https://hooks.example.com:443/a",
        "https://hooks.example.com:8443/a",
        "http://127.0.0.1/a",
        "http://127.0.0.1:22/a",
        "https://hooks.example.com:99999/a",
        "https://hooks.example.com:x/a",
        # the same place in other spellings
        "https://[::1]/a",
        "https://[::ffff:10.1.2.3]/a",
        "https://[::ffff:a01:203]/a",
        "http://localhost:8065/a",
        "http://127.1:8065/a",
        "http://2130706433:8065/a",
        "http://0x7f000001:8065/a",
        "http://0x7f.0.0.1:8065/a",
        "http://0177.0.0.1:8065/a",
        "http://127.0.0.01:8065/a",
        "http://127.0.0.1.:8065/a",
        "http://0:8065/a",
        "https://167838211/a",
        # characters that readers of URLs take for others
        "https://hooks.example.com\\@evil.example/a",
        "https://hooks.example.com /a",
        "https://hooks.example.com\t.evil.example/a",
        "https://ｈooks.example.com/a",
        "https://hooks%2eexample.com/a",
        "https:///a",
        "https:hooks.example.com",
        "//hooks.example.com/a",
        "hooks.example.com",
        "",
        # services that are not known here, and what would leave this machine or stay on it
        "file:///etc/passwd",
        "syslog://localhost",
        "mailto://user:pass@example.com",
        "tgram://123456789:abcdefghijklmnopqrstuvwxyz0123456789/12345",
        # tokens that lead to another host than the one that was compared
        "slack://xoxb-1234-1234-abcdefgh/channel",
        "slack://T1JJ3T3L2/A1BRTD4JD",
        "slack://hooks.slack.com/services/T1/B1/x",
        "discord://discord.com/api/webhooks/1/x",
        # without a topic the host is taken for one, of ntfy's own host
        "ntfys://push.example.com",
        "mmosts://chat.example.com/",
        "https://hooks.example.com/" + "a" * 1_000,
    ],
)
def test_everything_else_is_refused_before_anything_is_asked(
    url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(socket, "getaddrinfo", None)
    with pytest.raises(NotAllowed) as refused:
        parse(url)
    # what was typed is a credential
    assert not (len(url) > 10 and url in str(refused.value))


def test_nothing_is_offered_and_all_is_refused_while_nothing_is_allowed(settings: Settings):
    settings.NOTIFY_ALLOW = []
    assert not addresses.is_offered()
    with pytest.raises(NotAllowed):
        parse("https://hooks.example.com/a")


def resolved(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> None:
    found: list[Any] = [(0, 0, 0, "", (number, 0)) for number in numbers]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: found)


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1",
        "127.8.9.10",
        "::1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "fe80::1%eth0",
        "::ffff:127.0.0.1",
        "224.0.0.1",
        "240.0.0.1",
    ],
)
def test_a_name_that_points_to_this_machine_is_not_sent_to(
    number: str, monkeypatch: pytest.MonkeyPatch
):
    resolved(monkeypatch, "93.184.216.34", number)
    with pytest.raises(NotAllowed, match="points to"):
        refuse_private(parse("https://hooks.example.com/a"))


@pytest.mark.parametrize("number", ["93.184.216.34", "10.20.30.40", "192.168.1.9", "2606:2800::1"])
def test_a_name_that_points_elsewhere_is_sent_to(number: str, monkeypatch: pytest.MonkeyPatch):
    # a chat of the company's own has an address of its network, and its name is in the list
    resolved(monkeypatch, number)
    refuse_private(parse("https://hooks.example.com/a"))


def test_a_name_may_point_to_this_machine_where_that_is_allowed_itself(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
):
    settings.NOTIFY_ALLOW = ["http://console:8065", "http://127.0.0.1:8065"]
    resolved(monkeypatch, "127.0.0.1")
    refuse_private(parse("http://console:8065/a"))


def test_an_address_that_was_compared_whole_needs_no_look(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(socket, "getaddrinfo", None)
    refuse_private(parse("http://127.0.0.1:8065/a"))
