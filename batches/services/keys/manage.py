"""What an owner does with a key but its secret: default, sharing, watch, deleting."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from batches.models import ApiKey
from batches.services.keys.types import KeyHandle
from batches.services.transactions import repeatable_transaction


@repeatable_transaction
def make_default(*, key: KeyHandle) -> None:
    """The key that pages take where their address names none."""
    owned = _locked(key)
    if owned.filter(id=key.id).exists():
        owned.filter(is_default=True).exclude(id=key.id).update(is_default=False)
        owned.filter(id=key.id).update(is_default=True)


def share_key(*, key: KeyHandle, is_shared: bool) -> None:
    """Let people without this key read through it, or stop that."""
    ApiKey.objects.filter(id=key.id).update(is_shared=is_shared)


def watch_key(*, key: KeyHandle, keep_watch: bool) -> None:
    """Let the background read with this key, or stop that: its next call is not made any more."""
    ApiKey.objects.filter(id=key.id).update(keep_watch=keep_watch)


@repeatable_transaction
def delete_key(*, key: KeyHandle) -> str:
    """Forget a key. What was recorded stays. Returns the label of the key that is default now.

    The next default is of the same mode; where there is none, people choose: nobody drifts from
    Test into Live.
    """
    owned = _locked(key)
    was_default = owned.filter(id=key.id, is_default=True).exists()
    owned.filter(id=key.id).delete()
    next_default = owned.filter(mode=key.mode).order_by("label").first()
    if not was_default or next_default is None:
        return ""
    owned.filter(id=next_default.id).update(is_default=True)
    return next_default.label


def _locked(key: KeyHandle) -> QuerySet[ApiKey]:
    """The owner's row first, then the keys by their ids, as `key_states` locks them."""
    User.objects.select_for_update().filter(id=key.owner_id).first()
    owned = ApiKey.objects.filter(owner=key.owner_id)
    list(owned.select_for_update().order_by("id").values_list("id"))
    return owned
