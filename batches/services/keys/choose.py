"""Which key a page is drawn with: the one its address names, else a stand-in of the same mode.

A stand-in never comes from the other mode: what live and test keys show are two worlds.
"""

import re

from django.contrib.auth.models import User

from batches.services.keys.listing import list_readable_keys
from batches.services.keys.types import KeyChoice, ViewerKey

REF = re.compile(r"(live|test)-[0-9a-f]{8}", re.ASCII)


def choose_key(*, user: User, ref: str) -> KeyChoice:
    """The key for `ref`, the `key=` of an address (may be empty). One query."""
    keys = list_readable_keys(user=user)
    key, note = _choose(keys, ref)
    return KeyChoice(key=key, keys=keys, asked=ref, note=note)


def _choose(keys: tuple[ViewerKey, ...], ref: str) -> tuple[ViewerKey | None, str]:
    named = REF.fullmatch(ref)
    if named is None:
        key, note = _unnamed(keys)
        wrong = "The key in this address is not valid."
        return key, f"{wrong} {note or _seen_with(key)}".rstrip() if ref else note
    if key := _by_ref(keys, ref):
        return key, ""
    mode = named[1]
    key = _first(tuple(key for key in keys if key.mode == mode))
    return key, _note(mode, key)


def _unnamed(keys: tuple[ViewerKey, ...]) -> tuple[ViewerKey | None, str]:
    """The default. Where none is, Test goes first: from there nobody drifts into Live."""
    own = [key for key in keys if key.is_own]
    if any(key.is_default for key in own) or len({key.mode for key in own}) < 2:
        return _first(keys), ""
    key = next(key for key in own if key.mode == "test")
    return key, f"None of your keys is the default. {_seen_with(key)} Choose another at the top."


def _seen_with(key: ViewerKey | None) -> str:
    return f"You see this page with “{key.label}”." if key else ""


def _first(keys: tuple[ViewerKey, ...]) -> ViewerKey | None:
    """Keys come sorted: own before shared, the default ahead."""
    return next(iter(keys), None)


def _by_ref(keys: tuple[ViewerKey, ...], ref: str) -> ViewerKey | None:
    """A present ref wins over one from before a replacement."""
    present = (key for key in keys if key.ref == ref)
    return next(present, None) or next((key for key in keys if ref in key.refs), None)


def _note(mode: str, key: ViewerKey | None) -> str:
    name = mode.capitalize()
    if key is None:
        return f"This page needs a {name} key, and you have none."
    return (
        f"This link was made with another {name} key. "
        f"You see it with “{key.label}”, which may show other batches."
    )
