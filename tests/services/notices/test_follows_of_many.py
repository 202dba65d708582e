"""Following several batches at once: the same for each, within the limit of a person."""

import pytest
from django.contrib.auth.models import User

from batches.models import Follow, Scope
from batches.services.keys.types import KeyHandle
from batches.services.notices import follows
from batches.services.notices.follows import FOLLOWS_MAX, Thing, find_follow, save_follow
from batches.services.notices.follows_of_many import follow_batches, unfollow_batches
from tests.support.vendor import with_replaced_key

CHOICES = {"completed": ["mail", "bell", "bell"], "stalled": []}
KEPT = {"completed": ["bell", "mail"]}


def chosen(user: User, key: KeyHandle, name: str) -> object:
    return find_follow(user=user, key=key, thing=Thing(Scope.BATCH, name)).choices


def test_each_is_followed_alike_whatever_was_chosen_before(alice: User, key: KeyHandle):
    thing = Thing(Scope.BATCH, "a")
    save_follow(user=alice, key=key, thing=thing, choices={"errors": ["bell"]})
    new = with_replaced_key(key)
    follow_batches(user=alice, key=new, names=["a", "b", "x\0"], choices=CHOICES)
    assert (chosen(alice, new, "a"), chosen(alice, new, "b")) == (KEPT, KEPT)
    assert Follow.objects.count() == 2


def test_empty_choices_end_it_and_a_muted_batch_stays_muted(alice: User, key: KeyHandle):
    follow_batches(user=alice, key=key, names=["a", "b"], choices=CHOICES)
    follows.set_muted(user=alice, key=key, name="b", is_muted=True)
    follow_batches(user=alice, key=key, names=["a", "b"], choices={"completed": []})
    assert [(row.name, row.is_muted, row.choices) for row in Follow.objects.all()] == [
        ("b", True, {})
    ]
    unfollow_batches(user=alice, key=key, names=["nothing"])


def test_where_there_is_no_room_for_all_none_is_followed(alice: User, key: KeyHandle):
    follow_batches(user=alice, key=key, names=["a"], choices=CHOICES)
    many = ["a", *(f"kitten-{number}" for number in range(FOLLOWS_MAX))]
    with pytest.raises(follows.TooManyFollows, match="no room for 500 more"):
        follow_batches(user=alice, key=key, names=many, choices=CHOICES)
    assert Follow.objects.count() == 1
    follow_batches(user=alice, key=key, names=many[:-1], choices=CHOICES)
    assert Follow.objects.count() == FOLLOWS_MAX
