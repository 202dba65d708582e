"""Whether a request is served, and with which key: the decision, before anything is drawn."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory

from batches.models import ApiKey
from batches.services.keys.types import KeyHandle
from batches.services.people.roles import Role
from batches.views.access import Decision, Denial, Key, decide
from batches.views.request import Request
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.django_db
UNKNOWN = "live-00000000"
POLL = {"X-Poll": "1"}

Decide = Callable[..., Decision]


@pytest.fixture
def own(alice: User, key_for: KeyMaker) -> KeyHandle:
    return key_for(alice)


@pytest.fixture
def as_alice(alice: User, own: KeyHandle) -> Decide:
    def decide_for(key: Key, method: str = "get", ref: str = "", **options: Any) -> Decision:
        query = {"key": ref} if ref else {}
        request = cast(Request, getattr(RequestFactory(), method)("/", query, **options))
        request.user = alice
        return decide(request, role=Role.OPERATOR, key=key)

    return decide_for


def test_without_the_role_no_key_is_looked_for(vera: User, django_assert_num_queries: Any):
    request = cast(Request, RequestFactory().get("/"))
    request.user = vera
    with django_assert_num_queries(1):  # her groups
        decision = decide(request, role=Role.OPERATOR, key=Key.WRITE)

    assert (decision.denial, decision.role) == (Denial.NO_ROLE, Role.VIEWER)
    assert (decision.needed, decision.choice) == (Role.OPERATOR, None)


def test_a_view_that_needs_no_key_gets_none(as_alice: Decide):
    decision = as_alice(Key.NONE)

    assert (decision.denial, decision.choice) == (None, None)


@pytest.mark.parametrize("need", [Key.READ, Key.WRITE])
@pytest.mark.parametrize("ref", ["", UNKNOWN, "no key"])
def test_a_page_may_be_read_with_another_key_of_the_mode(
    as_alice: Decide, own: KeyHandle, need: Key, ref: str
):
    decision = as_alice(need, ref=ref)

    assert decision.denial is None
    assert decision.choice
    assert decision.choice.key
    assert decision.choice.key.id == own.id


@pytest.mark.parametrize(
    ("ref", "denial"),
    [("", Denial.WRONG_KEY), ("no key", Denial.WRONG_KEY), (UNKNOWN, Denial.KEY_GONE)],
)
def test_a_write_needs_the_key_of_its_page(as_alice: Decide, ref: str, denial: Denial):
    assert as_alice(Key.WRITE, "post", ref).denial is denial


def test_a_write_is_allowed_with_the_key_of_its_page(as_alice: Decide, own: KeyHandle):
    assert as_alice(Key.WRITE, "post", own.ref).denial is None


def test_a_write_with_a_former_value_of_the_key_is_decided_once_more(
    as_alice: Decide, own: KeyHandle
):
    ApiKey.objects.filter(id=own.id).update(earlier=["0" * 64])

    assert as_alice(Key.WRITE, "post", UNKNOWN).denial is Denial.KEY_REPLACED
    assert as_alice(Key.READ, ref=UNKNOWN, headers=POLL).denial is None


def test_a_poll_does_not_go_on_with_another_key(as_alice: Decide):
    assert as_alice(Key.READ, ref=UNKNOWN, headers=POLL).denial is Denial.KEY_GONE


def test_no_key_of_the_other_mode_takes_the_place_of_one(as_alice: Decide):
    assert as_alice(Key.READ, ref="test-00000000").denial is Denial.NO_KEY


def test_a_shared_key_reads_and_does_not_write(
    as_alice: Decide, own: KeyHandle, bob: User, key_for: KeyMaker
):
    shared = key_for(bob, api_key="b" * 20, is_shared=True)

    assert as_alice(Key.READ, ref=shared.ref).denial is None
    assert as_alice(Key.WRITE, ref=shared.ref).denial is Denial.KEY_READ_ONLY


def test_a_key_that_nothing_decrypts_is_said_to_be_unreadable(as_alice: Decide, own: KeyHandle):
    ApiKey.objects.filter(id=own.id).update(sealed_with="gone")

    assert as_alice(Key.READ, ref=own.ref).denial is Denial.KEY_UNREADABLE


def test_a_program_gets_the_key_that_it_names_or_none(as_alice: Decide, own: KeyHandle):
    assert as_alice(Key.EXACT, ref=UNKNOWN).denial is Denial.KEY_GONE
    for ref in (own.ref, ""):
        decision = as_alice(Key.EXACT, ref=ref)
        assert decision.denial is None
        assert decision.choice
        assert decision.choice.key == own
