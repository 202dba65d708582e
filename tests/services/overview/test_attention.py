"""Rows of what needs attention: in the order of harm, together where the action is one."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from batches.models import AlarmKind, ApiKey
from batches.services.keys.listing import list_readable_keys
from batches.services.overview.attention import attention_of, stuck_of
from batches.services.overview.types import Attention
from tests.support.clock import NOON
from tests.support.overviews import open_batch, raise_alarm
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("clock")


def attention(user: User, **options: Any) -> Attention:
    keys = list_readable_keys(user=user)
    return attention_of(key=keys[0], keys=keys, now=NOON, **options)


def shape(found: Attention) -> list[tuple[AlarmKind, int]]:
    return [(one.kind, len(one.alarms)) for one in found.worries]


@pytest.fixture
def fingerprint(alice: User, key_for: KeyMaker) -> str:
    return key_for(alice).fingerprint


def raised(fingerprint: str, kind: AlarmKind, count: int, **facts: Any) -> None:
    for number in range(count):
        raise_alarm(kind, open_batch(fingerprint, f"{kind} {number}"), **facts)


@pytest.mark.parametrize(
    ("kind", "count", "rows"),
    [
        (AlarmKind.STAGING, 1, [1]),
        (AlarmKind.STAGING, 2, [2]),
        (AlarmKind.STALLED, 4, [1, 1, 1, 1]),
        (AlarmKind.STALLED, 5, [5]),
    ],
)
def test_alarms_that_share_kind_and_action_may_be_one_row(
    alice: User, fingerprint: str, kind: AlarmKind, count: int, rows: list[int]
):
    raised(fingerprint, kind, count)
    assert shape(attention(alice)) == [(kind, number) for number in rows]


def test_batches_are_counted_once_whatever_is_wrong_with_them(alice: User, fingerprint: str):
    both = open_batch(fingerprint, "both")
    raise_alarm(AlarmKind.STALLED, both)
    raise_alarm(AlarmKind.ERRORS, both)
    raise_alarm(AlarmKind.AT_REST, None, fingerprint=fingerprint)

    found = stuck_of(attention(alice))

    assert found.batches == 1
    assert [kind for kind, _, _ in found.kinds] == [AlarmKind.STALLED, AlarmKind.ERRORS]


def test_dismissed_ones_need_nobody(alice: User, fingerprint: str):
    raised(fingerprint, AlarmKind.STAGING, 1)
    raised(fingerprint, AlarmKind.STALLED, 2, dismissed_at=NOON, dismissed_by="bob")

    found = attention(alice)

    assert shape(found) == [(AlarmKind.STAGING, 1)]
    assert found.dismissed == 2


def test_a_project_has_only_its_own(alice: User, fingerprint: str):
    raised(fingerprint, AlarmKind.STALLED, 1)
    raise_alarm(AlarmKind.STALLED, open_batch(fingerprint, "dog", project="dogs"))
    raise_alarm(AlarmKind.AT_REST, None, fingerprint=fingerprint)
    assert shape(attention(alice, project="kittens")) == [(AlarmKind.STALLED, 1)]


def test_a_refused_key_that_is_dismissed_is_counted(
    alice: User, fingerprint: str, key_for: KeyMaker
):
    second = key_for(alice, api_key="a" * 20)
    ApiKey.objects.filter(id=second.id).update(is_refused=True, refused_at=NOON)
    assert shape(attention(alice)) == [(AlarmKind.KEY_REFUSED, 1)]
    raise_alarm(
        AlarmKind.KEY_REFUSED,
        None,
        fingerprint=second.fingerprint,
        dismissed_at=NOON,
        dismissed_by="alice",
    )

    found = attention(alice)

    assert (shape(found), found.dismissed) == ([], 1)
