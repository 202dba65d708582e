"""The query for a person's keys is read by hand, on every database this runs on."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User

from batches.models import ApiKey
from batches.services.keys.listing import find_own_key, list_readable_keys
from tests.support.vendor import KeyMaker

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_a_listed_key_is_the_one_that_django_reads(alice: User, key_for: KeyMaker) -> None:
    key = key_for(alice)
    ApiKey.objects.update(
        earlier=["a" * 16, "b" * 16],
        is_default=True,
        is_shared=True,
        keep_watch=True,
        is_refused=True,
        refusal="Ünauthorized",
        refused_at=NOON,
        last_used_at=NOON + timedelta(microseconds=123),
        last_background_at=NOON,
        last_checked_at=NOON,
        not_before=NOON,
        denials=2,
        throttles=3,
    )

    [listed] = list_readable_keys(user=alice)

    assert listed == find_own_key(user=alice, key_id=key.id)
    assert listed.last_used_at == NOON + timedelta(microseconds=123)
    assert (listed.earlier, listed.is_refused) == (("a" * 16, "b" * 16), True)


def test_a_key_that_was_never_used_has_no_times(alice: User, key_for: KeyMaker) -> None:
    key_for(alice)

    [listed] = list_readable_keys(user=alice)

    assert (listed.last_used_at, listed.refused_at, listed.not_before) == (None, None, None)
    assert (listed.is_default, listed.is_refused, listed.earlier) == (False, False, ())
