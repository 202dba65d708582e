"""Dismissing alarms: a dialog, or plain pages; operators who own the key; each key its own."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from batches.models import Alarm, AlarmKind, ApiKey
from batches.sandbox import Sandbox
from batches.services.attention.dismissals import about
from batches.services.keys.types import ViewerKey
from tests.support.vendor import KeyMaker
from tests.support.watched_work import Work

HTMX = {"HX-Request": "true"}
WORDS = "Dismiss until the facts change"


@pytest.fixture
def key(refonte: Sandbox, key_for: KeyMaker, alice: User) -> ViewerKey:
    return key_for(alice)


@pytest.fixture
def alarms(key: ViewerKey) -> list[Alarm]:
    now, found = timezone.now(), []
    for name in ("kitten-07", "kitten <b>8</b>"):
        work = Work(name, fingerprint=key.fingerprint)
        work.see(0, 40)
        facts = {"tasks": 640, "grew": 0}
        found.append(
            Alarm.objects.create(
                fingerprint=key.fingerprint,
                batch=work.row,
                kind=AlarmKind.STAGING,
                since=now,
                began_at=now,
                checked_at=now,
                subject="640 tasks",
                facts=facts,
            )
        )
    return found


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def url(alarm: Alarm, verb: str, key: ViewerKey) -> str:
    return f"/alarms/{alarm.pk}/{verb}/?key={key.ref}"


def test_the_form_is_a_page_and_a_dialog(browser: Client, key: ViewerKey, alarms: list[Alarm]):
    page = browser.get(url(alarms[0], "dismiss", key))
    assert WORDS in page.text
    assert "640 tasks wait" in page.text
    assert "<html" in page.text
    assert "All who read this key see your reason." in page.text
    sheet = browser.get(url(alarms[0], "dismiss", key), headers=HTMX)
    assert WORDS in sheet.text
    assert "<html" not in sheet.text


def test_dismissed_with_a_reason_and_taken_back(
    browser: Client, key: ViewerKey, alarms: list[Alarm]
):
    fields = {"key": key.ref, "reason": "they come tomorrow", "seen": about(alarms[:1])}
    done = browser.post(url(alarms[0], "dismiss", key), fields)
    assert (done.status_code, done["Location"]) == (302, f"/?key={key.ref}")
    alarms[0].refresh_from_db()
    assert (alarms[0].dismissed_by, alarms[0].dismissed_reason) == ("alice", "they come tomorrow")
    listed = browser.get(f"/alarms/dismissed/?key={key.ref}")
    assert "they come tomorrow" in listed.text
    assert "kitten &lt;b&gt;8" not in listed.text
    browser.post(url(alarms[0], "take-back", key), {"key": key.ref})
    alarms[0].refresh_from_db()
    assert alarms[0].dismissed_at is None
    assert "Nothing is dismissed." in browser.get(f"/alarms/dismissed/?key={key.ref}").text


def test_a_row_of_several_is_dismissed_at_once(
    browser: Client, key: ViewerKey, alarms: list[Alarm]
):
    also = f"&also={alarms[1].pk}&also=nonsense&also={'9' * 40}"
    form = browser.get(url(alarms[0], "dismiss", key) + also)
    assert "kitten &lt;b&gt;8" in form.text
    fields = {"key": key.ref, "reason": "soon", "seen": about(alarms), "also": alarms[1].pk}
    browser.post(url(alarms[0], "dismiss", key), fields)
    assert Alarm.objects.filter(dismissed_by="alice").count() == 2


def test_htmx_closes_the_dialog_and_says_so(browser: Client, key: ViewerKey, alarms: list[Alarm]):
    fields = {"key": key.ref, "reason": "soon", "seen": about(alarms[:1])}
    done = browser.post(url(alarms[0], "dismiss", key), fields, headers=HTMX)
    assert (done.status_code, done["HX-Reswap"]) == (200, "none")
    assert "dialog-done" in done["HX-Trigger"]
    assert "batch-changed" in done["HX-Trigger"]
    assert "Dismissed until the facts change." in done.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_reason_is_needed(
    browser: Client, key: ViewerKey, alarms: list[Alarm], headers: dict[str, str]
):
    fields = {"key": key.ref, "reason": " ", "seen": about(alarms[:1])}
    shown = browser.post(url(alarms[0], "dismiss", key), fields, headers=headers)
    assert shown.status_code == 422
    assert "Enter a reason" in shown.text
    assert not Alarm.objects.exclude(dismissed_at=None).exists()


def test_what_changed_meanwhile_is_shown_anew(browser: Client, key: ViewerKey, alarms: list[Alarm]):
    fields = {"key": key.ref, "reason": "soon", "seen": about(alarms[:1])}
    Alarm.objects.update(subject="700 tasks")
    shown = browser.post(url(alarms[0], "dismiss", key), fields)
    assert shown.status_code == 422
    assert "This has changed since the page was loaded." in shown.text
    alarms[0].refresh_from_db()
    assert about(alarms[:1]) in shown.text


@pytest.mark.parametrize("verb", ["dismiss", "take-back"])
def test_an_alarm_that_is_over_is_said_to_be(
    browser: Client, key: ViewerKey, alarms: list[Alarm], verb: str
):
    Alarm.objects.update(ended_at=timezone.now())
    done = browser.post(url(alarms[0], verb, key), {"key": key.ref, "reason": "soon"}, follow=True)
    assert "It is over already." in done.text


@pytest.mark.parametrize("number", ["0", "999999", "9" * 40])
def test_an_unknown_alarm_is_not_found(browser: Client, key: ViewerKey, number: str):
    assert browser.get(f"/alarms/{number}/dismiss/?key={key.ref}").status_code == 404


def test_the_alarm_of_another_key_is_not_found(
    key_for: KeyMaker, bob: User, refonte: Sandbox, alarms: list[Alarm]
):
    refonte.add_key("key-of-bob-1234", "live")
    other = key_for(bob, api_key="key-of-bob-1234")
    client = Client()
    client.force_login(bob)
    fields = {"key": other.ref, "reason": "mine", "seen": about(alarms[:1])}
    assert client.post(url(alarms[0], "dismiss", other), fields).status_code == 404
    also = f"{alarms[0].pk}/dismiss/?key={other.ref}&also={alarms[1].pk}"
    assert client.get(f"/alarms/{also}").status_code == 404
    assert not Alarm.objects.exclude(dismissed_at=None).exists()


def test_a_viewer_reads_what_is_dismissed_and_dismisses_nothing(
    vera: User, key: ViewerKey, alarms: list[Alarm]
):
    ApiKey.objects.filter(id=key.id).update(is_shared=True)
    Alarm.objects.update(dismissed_at=timezone.now(), dismissed_by="alice")
    client = Client()
    client.force_login(vera)
    listed = client.get(f"/alarms/dismissed/?key={key.ref}")
    assert "640 tasks wait" in listed.text
    assert "Take back" not in listed.text
    for verb in ("dismiss", "take-back"):
        assert client.post(url(alarms[0], verb, key), {"key": key.ref}).status_code == 403


def test_who_reads_with_anothers_key_dismisses_nothing(
    bob: User, key: ViewerKey, alarms: list[Alarm]
):
    ApiKey.objects.filter(id=key.id).update(is_shared=True)
    client = Client()
    client.force_login(bob)
    fields = {"key": key.ref, "reason": "soon", "seen": about(alarms[:1])}
    assert client.post(url(alarms[0], "dismiss", key), fields).status_code == 403
    assert not Alarm.objects.exclude(dismissed_at=None).exists()
