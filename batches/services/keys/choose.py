"""Chooses the key of a page: the one that its address names, else another of the same mode."""

import re

from django.contrib.auth.models import User

from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import KeyChoice, ViewerKey

REF = re.compile(r"(live|test)-[0-9a-f]{8}", re.ASCII)


def choose_key(*, user: User, ref: str) -> KeyChoice:
    """ref: `key=` of an address; may be empty or wrong. One query."""
    keys = list_readable_keys(user=user)
    key, note = _choose(keys, ref)
    return KeyChoice(key=key, keys=keys, requested_ref=ref, note=note)


def _choose(keys: tuple[ViewerKey, ...], ref: str) -> tuple[ViewerKey | None, str]:
    requested = REF.fullmatch(ref)
    if requested is None:
        key, note = _default(keys)
        invalid = "The key in this address is not valid."
        return key, f"{invalid} {note or _used(key)}".rstrip() if ref else note
    if key := _by_ref(keys, ref):
        return key, ""
    mode = requested[1]
    # never of the other mode: live and test keys show two separate sets of batches
    key = next((key for key in keys if key.mode == mode), None)
    return key, _note(mode, key)


def _default(keys: tuple[ViewerKey, ...]) -> tuple[ViewerKey | None, str]:
    """keys: sorted, the default key first."""
    own = [key for key in keys if key.is_own]
    if any(key.is_default for key in own) or len({key.mode for key in own}) < 2:
        return next(iter(keys), None), ""
    # a test key: no person should work on live batches without having chosen a live key
    key = next(key for key in own if key.mode == "test")
    return key, f"None of your keys is the default. {_used(key)} Choose another at the top."


def _by_ref(keys: tuple[ViewerKey, ...], ref: str) -> ViewerKey | None:
    # the present ref first: it may be an earlier ref of another key as well
    present = (key for key in keys if key.ref == ref)
    # earlier refs too, so that links from before a replacement still work
    return next(present, None) or next((key for key in keys if ref in key.refs), None)


def _used(key: ViewerKey | None) -> str:
    return f"You see this page with “{key.label}”." if key else ""


def _note(mode: str, key: ViewerKey | None) -> str:
    name = mode.capitalize()
    if key is None:
        return f"This page needs a {name} key, and you have none."
    return (
        f"This link was made with another {name} key. "
        f"You see it with “{key.label}”, which may show other batches."
    )
