"""Each way in which the consent to read with a key in the background ends."""

from collections.abc import Callable

from django.contrib.auth.models import Group, User

from batches.models import ApiKey
from batches.services.keys import manage
from batches.services.keys.types import KeyHandle

Undo = Callable[[User, KeyHandle], object]


def switch_off(alice: User, key: KeyHandle) -> None:
    manage.watch_key(key=key, keep_watch=False)


def disable(alice: User, key: KeyHandle) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)


def take_out_of_groups(alice: User, key: KeyHandle) -> None:
    alice.groups.clear()


def put_into_another_group(alice: User, key: KeyHandle) -> None:
    alice.groups.set([Group.objects.create(name="Accountants")])


def refuse(alice: User, key: KeyHandle) -> None:
    ApiKey.objects.update(is_refused=True)


def lose_the_encryption_key(alice: User, key: KeyHandle) -> None:
    ApiKey.objects.update(sealed_with="")


def delete(alice: User, key: KeyHandle) -> None:
    manage.delete_key(key=key)


ENDS = [
    switch_off,
    disable,
    take_out_of_groups,
    put_into_another_group,
    refuse,
    lose_the_encryption_key,
    delete,
]
