"""Personal tokens: stored as a digest, bounded in number and time, found only while they work."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from batches.models import PersonalToken, TokenScope
from batches.personal_tokens import TOKEN, hide_tokens
from batches.services.people import tokens
from batches.services.people.tokens import NewToken
from tests.support.clock import NOON


def make(user: User, *, form_id: UUID | None = None, days: int = 30) -> NewToken:
    return tokens.create_token(
        user=user,
        form_id=form_id or uuid4(),
        label="Sheet",
        scope=TokenScope.ALL,
        key_ref="",
        days=days,
    )


def test_a_new_token_is_random_and_only_its_digest_is_stored(alice: User):
    first, second = make(alice), make(alice)
    text = first.token.reveal()
    assert TOKEN.fullmatch(text)
    assert text != second.token.reveal()
    stored = repr(PersonalToken.objects.filter(id=first.row.id).values())
    assert text[:11] in stored
    assert text[11:] not in stored
    assert text not in repr(first)


def test_it_is_found_until_it_expires(alice: User, clock: time_machine.Traveller):
    new = make(alice, days=7)
    assert tokens.find_token(new.token.reveal()) == new.row
    clock.move_to(NOON + timedelta(days=7))
    assert tokens.find_token(new.token.reveal()) is None
    assert list(tokens.working(user=alice)) == []
    assert list(tokens.ended(user=alice)) == [new.row]


def test_it_is_found_until_it_is_revoked_which_is_so_for_ever(
    alice: User, clock: time_machine.Traveller
):
    new = make(alice)
    tokens.revoke_token(token=new.row)
    clock.move_to(NOON + timedelta(days=1))
    tokens.revoke_token(token=new.row)
    new.row.refresh_from_db()
    assert new.row.revoked_at == NOON
    assert tokens.find_token(new.token.reveal()) is None


@pytest.mark.parametrize("text", ["", "rc_", "rc_" + "a" * 42, "rc_" + "a" * 44, "rc_" + "é" * 43])
def test_what_is_no_token_costs_no_query(
    text: str, db: None, django_assert_num_queries: DjangoAssertNumQueries
):
    with django_assert_num_queries(0):
        assert tokens.find_token(text) is None


def test_a_form_makes_one_token(alice: User, bob: User):
    form_id = uuid4()
    make(alice, form_id=form_id)
    for user in (alice, bob):
        with pytest.raises(tokens.AlreadyMade):
            make(user, form_id=form_id)
    assert PersonalToken.objects.count() == 1


def test_a_person_has_twenty_that_work(alice: User, bob: User, clock: time_machine.Traveller):
    for _ in range(tokens.TOKENS_AT_MOST):
        last = make(alice)
    with pytest.raises(tokens.TooManyTokens):
        make(alice)
    make(bob)
    tokens.revoke_token(token=last.row)
    make(alice)
    clock.move_to(NOON + timedelta(days=30))
    make(alice)


def test_anothers_token_is_not_found(alice: User, bob: User):
    new = make(alice)
    assert tokens.find_own_token(user=alice, token_id=new.row.id) == new.row
    assert tokens.find_own_token(user=bob, token_id=new.row.id) is None


def test_all_can_be_revoked_at_once(alice: User, bob: User):
    tokens.revoke_token(token=make(alice).row)
    new = make(bob)
    assert tokens.revoke_all_tokens() == 1
    assert tokens.revoke_all_tokens() == 0
    assert tokens.find_token(new.token.reveal()) is None


def test_a_use_that_was_written_ahead_is_written_again(alice: User, clock: object):
    row = make(alice).row
    row.last_used_at = NOON + timedelta(hours=1)
    tokens.note_use(row)
    row.refresh_from_db()
    assert row.last_used_at == NOON


def test_no_text_keeps_a_token(alice: User):
    text = make(alice).token.reveal()
    for written in (f"Bearer {text}", f'"{text}"', f"/x/{text}/y", f"a%20{text}", f"{text}{text}"):
        hidden = hide_tokens(written)
        assert text not in hidden
        assert "[token]" in hidden
    assert hide_tokens("rc_short and kitten-07") == "rc_short and kitten-07"
