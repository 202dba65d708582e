"""Whether a bulk may go on: the account, its role, the key and its fingerprint, before each row."""

from django.contrib.auth.models import User

from batches.models import ApiKey, Bulk
from batches.services.keys import vault
from batches.services.keys.listing import handle_of
from batches.services.keys.types import KeyHandle
from batches.services.people.roles import Role, role_of


class MayNotGoOn(Exception):  # noqa: N818 - the name is the fact
    """Its text says why, for people."""


def key_to_go_on_with(bulk: Bulk) -> KeyHandle:
    """By new queries, as any of it may have changed since the last row. Raises MayNotGoOn."""
    _check_account(bulk)
    key = ApiKey.objects.defer("sealed").filter(pk=bulk.key_id).first() if bulk.key_id else None
    label = f"The key “{bulk.key_label}”"
    if key is None:
        raise MayNotGoOn(f"{label} was deleted.")
    if key.owner_id != bulk.user_id:
        raise MayNotGoOn(f"{label} is not {bulk.username}'s own any more.")
    # what was planned is of the key before: this one may belong to another account of Refonte's
    if key.fingerprint != bulk.fingerprint:
        raise MayNotGoOn(f"{label} was replaced.")
    if key.is_refused:
        raise MayNotGoOn(f"Refonte refused the key: {key.refusal}")
    if key.sealed_with not in vault.marks():
        raise MayNotGoOn(f"{label} can no longer be read. Its owner must enter it again.")
    return handle_of(key)


def _check_account(bulk: Bulk) -> None:
    account = User.objects.filter(pk=bulk.user_id).first() if bulk.user_id else None
    if account is None:
        raise MayNotGoOn(f"The account of {bulk.username} was deleted.")
    if not account.is_active:
        raise MayNotGoOn(f"The account of {bulk.username} was disabled.")
    if not role_of(account).includes(Role.OPERATOR):
        raise MayNotGoOn(f"{bulk.username} may no longer operate on batches.")
