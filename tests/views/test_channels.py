"""Chats and webhooks: added, tried, deleted; their URLs are shown nowhere."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from batches.models import Channel, Delivery, DeliveryState
from batches.services.keys.types import KeyHandle
from batches.services.keys.vault import KeyUnreadable
from batches.services.notices import channels
from batches.services.notices.channels import CHANNELS_MAX, TESTS_MAX
from batches.services.notices.spread import spread_due
from tests.support.notices import complete, follow, told
from tests.support.pages import text_of

pytestmark = pytest.mark.usefixtures("clock")
URL = "https://hooks.example.com/s3cret-t0ken"


@pytest.fixture(autouse=True)
def _allowed(settings: Settings) -> None:
    settings.NOTIFY_ALLOW = ["https://hooks.example.com"]


def add(client: Client, label: str = "#ops", url: str = URL) -> Any:
    return client.post("/follows/channels/add/", {"label": label, "secret_url": url})


def test_a_channel_is_sealed_and_shown_by_scheme_and_host(
    as_alice: Client, alice: User, key: KeyHandle, capsys: pytest.CaptureFixture[str]
):
    add(as_alice)
    channel = Channel.objects.get()
    page = as_alice.get(f"/follows/?key={key.ref}").content.decode()
    assert "https://hooks.example.com<" in page
    call_command("dumpdata", "batches")
    for place in (page, json.dumps(capsys.readouterr().out), repr(vars(channel))):
        assert "s3cret-t0ken" not in place
    assert channels.open_url(channel=channel) == URL


def test_a_sealed_url_opens_in_no_other_row(as_alice: Client, alice: User, bob: User):
    add(as_alice)
    other = channels.add_channel(user=bob, label="#bob", url="https://hooks.example.com/bob")
    other.sealed = Channel.objects.get(user=alice).sealed
    with pytest.raises(KeyUnreadable):
        channels.open_url(channel=other)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://evil.example/s3cret-t0ken", "https://evil.example to NOTIFY_ALLOW"),
        ("https://u:s3cret-t0ken@hooks.example.com/", "Remove the user name"),
        ("s3cret-t0ken", "Not a URL of a service"),
    ],
)
def test_a_url_that_is_not_allowed_is_refused_with_words_and_not_repeated(
    as_alice: Client, url: str, words: str
):
    answer = add(as_alice, url=url)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "s3cret-t0ken" not in answer.content.decode()
    assert not Channel.objects.exists()


def test_a_name_is_taken_once_and_there_are_ten_at_most(as_alice: Client, alice: User):
    add(as_alice)
    assert "You have a channel of this name." in text_of(add(as_alice))
    for number in range(CHANNELS_MAX):
        add(as_alice, label=f"#{number}")
    assert Channel.objects.count() == CHANNELS_MAX
    assert "which is the limit" in text_of(add(as_alice, label="one more"))


def test_without_an_allowed_host_no_form_is_offered(as_alice: Client, settings: Settings):
    settings.NOTIFY_ALLOW = []
    page = as_alice.get("/follows/")
    assert "secret_url" not in page.content.decode()
    assert "Chats and webhooks are off." in text_of(page)


def test_a_test_is_sent_by_the_worker_and_its_end_is_shown(
    as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch, settings: Settings
):
    add(as_alice)
    way = str(Channel.objects.get().pk)
    as_alice.post("/follows/channels/test/", {"way": way})
    assert told(alice) == {way: [DeliveryState.WAITING]}
    assert "Test #ops · Waiting, due 12:00" in text_of(as_alice.get("/follows/"))


def test_tests_are_limited(as_alice: Client, alice: User, clock: time_machine.Traveller):
    for _ in range(TESTS_MAX):
        assert as_alice.post("/follows/channels/test/", {"way": "mail"}).status_code == 302
        clock.shift(timedelta(minutes=1))
    refused = as_alice.post("/follows/channels/test/", {"way": "mail"})
    assert refused.status_code == 429
    assert refused["Retry-After"] == "300"
    assert "Nothing was sent now" in text_of(refused)
    clock.shift(timedelta(minutes=5, seconds=1))
    assert as_alice.post("/follows/channels/test/", {"way": "mail"}).status_code == 302
    assert Delivery.objects.count() == TESTS_MAX + 1


@pytest.mark.parametrize("way", ["", "bell", "1e3", "٣", "9" * 17, "999999"])
def test_what_is_no_way_is_not_tested(as_alice: Client, alice: User, way: str):
    assert as_alice.post("/follows/channels/test/", {"way": way}).status_code == 404


def test_nobody_tests_or_deletes_anothers_channel(as_alice: Client, bob: User):
    other = channels.add_channel(user=bob, label="#bob", url=URL)
    for path in ("test/", f"{other.pk}/delete/"):
        answer = as_alice.post(f"/follows/channels/{path}", {"way": str(other.pk)})
        assert answer.status_code == 404
    assert Channel.objects.exists()


def test_with_a_channel_goes_what_waits_for_it(as_alice: Client, alice: User, key: KeyHandle):
    add(as_alice)
    way = str(Channel.objects.get().pk)
    follow(alice, key, way)
    complete(key)
    spread_due()
    as_alice.post(f"/follows/channels/{way}/delete/")
    assert told(alice) == {way: [DeliveryState.DROPPED]}
    assert "The channel was deleted." in text_of(as_alice.get("/follows/"))
    # a follow that names it is told on the ways that are left
    assert not Channel.objects.exists()


def test_a_form_that_lacks_a_field_says_so(as_alice: Client):
    answer = add(as_alice, label="")
    assert answer.status_code == 422
    assert "This field is required." in text_of(answer)
    assert as_alice.get("/follows/channels/add/?label=typed").status_code == 200
