"""Lines of the timeline: alarms, gaps and the first look."""

from datetime import timedelta

import pytest

from batches.models import AlarmKind, StatusChange
from batches.services.attention.types import OpenAlarm, PastDismissal
from batches.services.batches.events import AlarmEvent, AlarmStep, Event
from batches.services.batches.kept import WatchedGap
from batches.services.watcher.gaps import NOT_RUNNING
from batches.templatetags.events import event_line, event_sign
from tests.support.alarms import FACTS
from tests.support.clock import NOON

pytestmark = pytest.mark.usefixtures("clock")
MADE = PastDismissal(at=NOON, username="olga", reason="<outage>")


def alarm(step: AlarmStep) -> Event:
    found = OpenAlarm(
        id=1,
        kind=AlarmKind.STALLED,
        fingerprint="f",
        since=NOON - timedelta(hours=2),
        began_at=NOON,
        checked_at=NOON,
        facts=FACTS[AlarmKind.STALLED],
    )
    return Event(at=NOON, alarm=AlarmEvent(step=step, alarm=found, dismissal=MADE))


def gap(reason: str) -> Event:
    return Event(at=NOON, gap=WatchedGap(NOON - timedelta(hours=3), NOON, reason))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (alarm(AlarmStep.BEGAN), "Stalled: nothing since 10:00"),
        (alarm(AlarmStep.ENDED), "Stalled: over"),
        (alarm(AlarmStep.RETURNED), "Stalled: no longer dismissed"),
        (alarm(AlarmStep.DISMISSED), "</b> dismissed “Stalled”: &lt;outage&gt;"),
        (gap(NOT_RUNNING), ">Not watched for 3 h, console off<"),
        (gap(""), ">Not watched for 3 h<"),
        (gap("Refonte answered 503: <b>"), '<span title="Refonte answered 503: &lt;b&gt;">'),
        (gap("Refonte answered 503: <b>"), ", Refonte did not answer<"),
        (Event(at=NOON, is_first_look=True), "Watching began"),
        (Event(at=NOON, change=StatusChange(message="The total fell")), "The total fell"),
    ],
)
def test_each_event_has_its_line(event: Event, words: str):
    assert words in event_line(event)


@pytest.mark.parametrize(
    ("event", "sign"),
    [
        (Event(at=NOON, number=3), '<span class="mark-number">3</span>'),
        (alarm(AlarmStep.BEGAN), '<span class="bad"><svg'),
        (alarm(AlarmStep.ENDED), '<span class=""><svg'),
        (gap(""), "#cloud-off"),
        (Event(at=NOON), "mark-dot"),
    ],
)
def test_each_event_has_its_sign_and_only_a_begin_its_colour(event: Event, sign: str):
    assert sign in event_sign(event)
