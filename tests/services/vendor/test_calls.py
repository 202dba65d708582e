"""Every call goes through one door: what it remembers of a key, what it retries, what it counts."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from prometheus_client import REGISTRY

from batches.models import ApiKey
from batches.refonte import (
    Answer,
    BadAnswer,
    Busy,
    Client,
    Deadline,
    KeyRefused,
    NoAnswer,
    NotSent,
    RefonteError,
    Secret,
    Throttled,
    VendorError,
)
from batches.sandbox import LIVE_KEY, Sandbox
from batches.sandbox.variants import CHOICES
from batches.services.keys.listing import find_own_key
from batches.services.keys.types import KeyHandle
from batches.services.vendor import calls as vendor
from batches.services.vendor import key_states
from batches.services.vendor.calls import Kind
from dashboard.run import gunicorn_conf
from tests.support.vendor import KeyMaker

STATUS = "GET /v1/batches/kitten-07/status"
FINALIZE = "POST /v1/batches/kitten-07/finalize"


@pytest.fixture
def kitten(refonte: Sandbox) -> Sandbox:
    refonte.add_batch("kitten-07", status="staging", counts={"pending": 12, "completed": 0})
    return refonte


def get_status(
    key: KeyHandle,
    kind: Kind = Kind.PAGE,
    meanwhile: Callable[[], None] = lambda: None,
    seconds: float = 4,
) -> Answer[Any]:
    deadline = Deadline(seconds)

    def send(client: Client, secret: Secret) -> Answer[Any]:
        answer = status_of(deadline)(client, secret)
        meanwhile()
        return answer

    return vendor.call_vendor(key=key, kind=kind, deadline=deadline, send=send)


def status_of(deadline: Deadline) -> vendor.Send[Any]:
    return lambda client, secret: client.get_status(secret, "kitten-07", deadline=deadline)


def finalize(key: KeyHandle) -> Answer[Any]:
    def send(client: Client, secret: Secret) -> Answer[Any]:
        return client.finalize_batch(secret, "kitten-07", deadline=Deadline(4))

    return vendor.call_vendor(key=key, kind=Kind.WRITE, deadline=Deadline(4), send=send)


def again(user: User, key: KeyHandle) -> KeyHandle:
    """The key as the next request finds it."""
    found = find_own_key(user=user, key_id=key.id)
    assert found
    return found


def test_a_page_load_tries_once_more(alice: User, key_for: KeyMaker, kitten: Sandbox):
    kitten.fault("status", STATUS, times=1, code=503)

    get_status(key_for(alice))

    assert len(kitten.calls) == 2


def test_a_page_load_tries_no_third_time(alice: User, key_for: KeyMaker, kitten: Sandbox):
    kitten.fault("status", STATUS, code=503)

    with pytest.raises(VendorError):
        get_status(key_for(alice))

    assert len(kitten.calls) == 2


def test_a_page_load_tries_once_more_only_with_half_of_the_time_left(
    alice: User, key_for: KeyMaker, kitten: Sandbox
):
    kitten.fault("latency", STATUS, seconds=0.6)
    kitten.fault("status", STATUS, times=1, code=503)

    with pytest.raises(RefonteError):
        get_status(key_for(alice), seconds=1)

    assert len(kitten.calls) == 1


@pytest.mark.parametrize("kind", [Kind.POLL, Kind.CHECK])
def test_a_poll_never_tries_again(kind: Kind, alice: User, key_for: KeyMaker, kitten: Sandbox):
    kitten.fault("status", STATUS, times=1, code=503)

    with pytest.raises(VendorError):
        get_status(key_for(alice), kind)

    assert len(kitten.calls) == 1


def test_a_write_is_never_sent_twice(alice: User, key_for: KeyMaker, kitten: Sandbox):
    kitten.fault("close_before_acting", FINALIZE, times=1)

    with pytest.raises(NoAnswer):
        finalize(key_for(alice))

    assert len(kitten.calls_to("POST", "/batches/*")) == 1


def test_too_many_requests_are_not_answered_with_another(
    alice: User, key_for: KeyMaker, kitten: Sandbox
):
    kitten.fault("status", STATUS, code=429, headers={"Retry-After": "30"})

    with pytest.raises(Throttled):
        get_status(key_for(alice))

    assert len(kitten.calls) == 1


@pytest.mark.parametrize("writes", CHOICES["writes"])
def test_only_the_batch_itself_says_that_it_was_finalized(
    writes: str, alice: User, key_for: KeyMaker, kitten: Sandbox
):
    kitten.configure(writes=writes)
    key = key_for(alice)
    if writes in ("empty", "text"):
        with pytest.raises(BadAnswer) as caught:
            finalize(key)
        assert caught.value.may_have_happened
    else:
        assert finalize(key).data.status == "in_progress"


def test_told_to_wait_everyone_with_this_key_waits(
    alice: User,
    bob: User,
    key_for: KeyMaker,
    kitten: Sandbox,
    clock: time_machine.Traveller,
):
    kitten.fault("status", STATUS, times=1, code=429, headers={"Retry-After": "30"})
    hers, his = key_for(alice), key_for(bob)
    with pytest.raises(Throttled):
        get_status(hers)

    with pytest.raises(Throttled) as held_back:
        get_status(again(bob, his))
    assert held_back.value.retry_after == 30
    assert len(kitten.calls) == 1

    clock.shift(30)
    get_status(again(bob, his))


def test_an_ill_vendor_that_asks_to_wait_is_left_alone_as_long(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, times=1, code=503, headers={"Retry-After": "3600"})
    key = key_for(alice)
    with pytest.raises(VendorError):
        get_status(key)

    with pytest.raises(Throttled) as held_back:
        finalize(again(alice, key))
    assert held_back.value.retry_after == 300
    assert len(kitten.calls) == 1

    clock.shift(300)
    finalize(again(alice, key))
    assert (again(alice, key).not_before, again(alice, key).throttles) == (None, 0)


@pytest.mark.parametrize("code", [302, 400, 404, 409])
def test_an_answer_about_one_batch_holds_no_key_whatever_time_it_names(
    code: int, alice: User, key_for: KeyMaker, kitten: Sandbox
):
    kitten.fault("status", STATUS, code=code, headers={"Retry-After": "300"})
    key = key_for(alice)
    with pytest.raises(RefonteError):
        get_status(key)

    assert again(alice, key).not_before is None


def test_an_ill_vendor_that_names_no_time_holds_no_key(
    alice: User, key_for: KeyMaker, kitten: Sandbox
):
    kitten.fault("status", STATUS, code=503)
    key = key_for(alice)
    with pytest.raises(VendorError):
        get_status(key)

    assert again(alice, key).not_before is None


def test_untold_the_wait_doubles_to_five_minutes(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, code=429)
    key, waits = key_for(alice), []
    for _ in range(8):
        with pytest.raises(Throttled):
            get_status(again(alice, key))
        state = again(alice, key)
        assert state.not_before
        waits.append((state.not_before - timezone.now()).total_seconds())
        clock.move_to(state.not_before)

    for wait, longest in zip(waits, (5, 10, 20, 40, 80, 160, 300, 300), strict=True):
        assert 0.8 * longest - 1 <= wait <= longest


def test_an_answer_ends_the_doubling(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, times=1, code=429)
    key = key_for(alice)
    with pytest.raises(Throttled):
        get_status(key)
    clock.shift(6)

    get_status(again(alice, key))

    assert again(alice, key).throttles == 0
    assert again(alice, key).not_before is None


def test_an_answer_lifts_no_wait_that_another_call_was_told_meanwhile(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", STATUS, times=1, code=429)
    key = key_for(alice)
    with pytest.raises(Throttled):
        get_status(key)
    clock.shift(6)

    get_status(
        again(alice, key),
        meanwhile=lambda: key_states.mark_throttled(key=again(alice, key), retry_after=30),
    )

    assert again(alice, key).not_before == timezone.now() + timedelta(seconds=30)


def test_of_two_waits_told_at_once_the_longer_one_stays(
    alice: User, key_for: KeyMaker, clock: time_machine.Traveller
):
    key = key_for(alice)
    for told in (120, None):
        key_states.mark_throttled(key=key, retry_after=told)

    assert again(alice, key).not_before == timezone.now() + timedelta(seconds=120)


def test_an_answer_lifts_no_refusal_that_came_after_its_question(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    key = key_for(alice)
    key_states.mark_refused(key=key, words="Invalid API key")
    clock.shift(60)

    def refuse_again() -> None:
        clock.shift(1)
        key_states.mark_refused(key=key, words="Invalid API key")

    get_status(again(alice, key), meanwhile=refuse_again)
    assert again(alice, key).is_refused

    clock.shift(60)
    get_status(again(alice, key))
    assert not again(alice, key).is_refused


def test_a_refused_key_is_marked_for_all_who_hold_it(
    alice: User, bob: User, key_for: KeyMaker, kitten: Sandbox
):
    hers, his = key_for(alice), key_for(bob)
    kitten.refuse_key(LIVE_KEY)

    with pytest.raises(KeyRefused):
        get_status(hers)

    assert ApiKey.objects.filter(is_refused=False).count() == 0
    assert again(bob, his).refusal == "Invalid API key"


def test_a_poll_never_asks_with_a_refused_key(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    key = key_for(alice)
    kitten.refuse_key(LIVE_KEY)
    with pytest.raises(KeyRefused):
        get_status(key)
    kitten.forget_calls()
    clock.shift(3600)

    with pytest.raises(KeyRefused):
        get_status(again(alice, key), Kind.POLL)

    assert not kitten.calls


def test_polls_do_not_keep_a_person_from_trying_a_refused_key_again(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    key = key_for(alice)
    kitten.refuse_key(LIVE_KEY)
    with pytest.raises(KeyRefused):
        get_status(key)
    kitten.reset()
    clock.shift(50)
    with pytest.raises(KeyRefused):
        get_status(again(alice, key), Kind.POLL)
    clock.shift(15)

    get_status(again(alice, key))

    assert not again(alice, key).is_refused


def test_a_person_may_try_a_refused_key_only_once_a_minute(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    key = key_for(alice)
    kitten.refuse_key(LIVE_KEY)
    for seconds, calls in ((0, 1), (30, 1), (31, 2)):
        clock.shift(seconds)
        with pytest.raises(KeyRefused):
            get_status(again(alice, key))
        assert len(kitten.calls) == calls


def test_use_is_noted_at_most_once_a_minute(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    key = key_for(alice)
    first = timezone.now()
    for _ in range(3):
        get_status(again(alice, key))
        clock.shift(20)
    assert again(alice, key).last_used_at == first

    clock.shift(1)
    get_status(again(alice, key))

    assert again(alice, key).last_used_at == first + timedelta(seconds=61)


def test_reads_fill_half_of_the_threads_and_leave_writes_two(
    alice: User, key_for: KeyMaker, kitten: Sandbox
):
    key = key_for(alice)
    with ExitStack() as taken:
        for _ in range(gunicorn_conf.threads // 2):
            taken.enter_context(vendor.safeguards().slot(Kind.POLL))

        with pytest.raises(Busy):
            get_status(key)
        with pytest.raises(Busy):
            vendor.check_unsaved_key(secret=Secret(LIVE_KEY), deadline=Deadline(4))
        taken.enter_context(vendor.safeguards().slot(Kind.WRITE))
        finalize(key)

    get_status(key)


def test_a_call_that_has_no_time_left_says_nothing_of_the_vendor(
    alice: User, key_for: KeyMaker, kitten: Sandbox
):
    key = key_for(alice)
    for _ in range(3):
        with pytest.raises(NotSent, match="no time left"):
            vendor.call_vendor(
                key=key, kind=Kind.POLL, deadline=Deadline(0), send=status_of(Deadline(0))
            )

    assert not vendor.safeguards().breaker.is_open


def test_a_vendor_that_is_down_is_left_alone_for_every_key(
    alice: User,
    bob: User,
    key_for: KeyMaker,
    kitten: Sandbox,
    clock: time_machine.Traveller,
):
    kitten.fault("status", code=500)
    hers, his = key_for(alice), key_for(bob, mode="test")
    for _ in range(3):
        with pytest.raises(VendorError):
            get_status(hers, Kind.POLL)

    with pytest.raises(Busy):
        get_status(his, Kind.POLL)
    assert len(kitten.calls) == 3
    assert REGISTRY.get_sample_value("console_breaker_open") == 1

    kitten.reset()
    clock.shift(5)
    get_status(hers, Kind.POLL)
    assert REGISTRY.get_sample_value("console_breaker_open") == 0


def test_a_page_load_says_why_the_vendor_failed_although_the_breaker_opened_on_it(
    alice: User, key_for: KeyMaker, kitten: Sandbox, clock: time_machine.Traveller
):
    kitten.fault("status", code=500)
    key = key_for(alice)
    for _ in range(2):
        with pytest.raises(VendorError):
            get_status(key, Kind.POLL)

    with pytest.raises(VendorError):
        get_status(key, Kind.PAGE)


def test_each_call_leaves_a_line_with_the_fingerprint_and_never_the_key(
    alice: User, key_for: KeyMaker, kitten: Sandbox, caplog: pytest.LogCaptureFixture
):
    key = key_for(alice)
    with caplog.at_level(logging.INFO, logger=vendor.__name__):
        get_status(key)

    line = caplog.records[-1].__dict__
    assert (line["kind"], line["outcome"], line["key"]) == ("page", "ok", key.fingerprint)
    assert LIVE_KEY not in repr(line)


def test_a_call_that_a_bug_of_ours_ends_is_not_told_as_ok(
    alice: User, key_for: KeyMaker, refonte: Sandbox, caplog: pytest.LogCaptureFixture
):
    def trip(client: Client, secret: Secret) -> Answer[Any]:
        raise AssertionError

    key = key_for(alice)
    with caplog.at_level(logging.INFO, logger=vendor.__name__), pytest.raises(AssertionError):
        vendor.call_vendor(key=key, kind=Kind.PAGE, deadline=Deadline(4), send=trip)

    assert caplog.records[-1].__dict__["outcome"] == "crashed"


def test_a_new_key_is_checked_by_the_cheapest_read(refonte: Sandbox):
    vendor.check_unsaved_key(secret=Secret(LIVE_KEY), deadline=Deadline(4))

    assert [(call.path, call.query) for call in refonte.calls] == [("/batches", {"limit": "1"})]
    with pytest.raises(KeyRefused):
        vendor.check_unsaved_key(secret=Secret("a-key-nobody-knows"), deadline=Deadline(4))
