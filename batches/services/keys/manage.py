"""Changes that an owner makes to a key, except to the API key itself."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from batches.models import ApiKey
from batches.services.keys.types import KeyHandle
from batches.services.transactions import repeatable_transaction


@repeatable_transaction
def make_default(*, key: KeyHandle) -> None:
    """Make this key the default, for pages whose address names no key."""
    owned = _lock_keys_of_owner(key)
    # the key may have been deleted meanwhile: then the old default stays
    if owned.filter(id=key.id).exists():
        # in this order, as the database allows one default for each owner
        owned.filter(is_default=True).exclude(id=key.id).update(is_default=False)
        owned.filter(id=key.id).update(is_default=True)


def share_key(*, key: KeyHandle, is_shared: bool) -> None:
    """Let everyone with a role read with this key, or stop that."""
    ApiKey.objects.filter(id=key.id).update(is_shared=is_shared)


def watch_key(*, key: KeyHandle, keep_watch: bool) -> None:
    """Let the background read with this key, or stop that before its next call."""
    ApiKey.objects.filter(id=key.id).update(keep_watch=keep_watch)


@repeatable_transaction
def delete_key(*, key: KeyHandle) -> str:
    """Returns the label of the new default key; "" where there is none. Records are not deleted."""
    owned = _lock_keys_of_owner(key)
    was_default = owned.filter(id=key.id, is_default=True).exists()
    owned.filter(id=key.id).delete()
    # of the same mode only: no person should work on live batches without having chosen a live key
    next_default = owned.filter(mode=key.mode).order_by("label").first()
    if not was_default or next_default is None:
        return ""
    owned.filter(id=next_default.id).update(is_default=True)
    return next_default.label


def _lock_keys_of_owner(key: KeyHandle) -> QuerySet[ApiKey]:
    # the owner's row first, then keys by id, as in `key_states`: another order could deadlock
    User.objects.select_for_update().filter(id=key.owner_id).first()
    owned = ApiKey.objects.filter(owner=key.owner_id)
    list(owned.select_for_update().order_by("id").values_list("id"))
    return owned
