"""Which key a page is drawn with: the one its address names, else a stand-in of the same mode.

A stand-in never comes from the other mode: what live and test keys show are two worlds.
"""

import re

from django.contrib.auth.models import User

from batches.services.keys.listing import list_readable_keys
from batches.services.page_key import KeyChoice, PageKey

REF = re.compile(r"(live|test)-[0-9a-f]{8}", re.ASCII)


def choose_key(*, user: User, ref: str) -> KeyChoice:
    """The key for `ref`, the `key=` of an address (may be empty). One query."""
    keys = list_readable_keys(user=user)
    key, note = _choose(keys, ref)
    return KeyChoice(key=key, keys=keys, asked=ref, note=note)


def _choose(keys: tuple[PageKey, ...], ref: str) -> tuple[PageKey | None, str]:
    if not ref:
        return _first(keys), ""
    named = REF.fullmatch(ref)
    if named is None:
        return _first(keys), "The address named no key that can be, so your default key is used."
    if key := _by_ref(keys, ref):
        return key, ""
    mode = named[1]
    key = _first(tuple(key for key in keys if key.mode == mode))
    return key, _note(mode, key)


def _first(keys: tuple[PageKey, ...]) -> PageKey | None:
    """Keys come sorted: own before shared, the default ahead."""
    return next(iter(keys), None)


def _by_ref(keys: tuple[PageKey, ...], ref: str) -> PageKey | None:
    """A present ref wins over one from before a replacement."""
    present = (key for key in keys if key.ref == ref)
    return next(present, None) or next((key for key in keys if ref in key.refs), None)


def _note(mode: str, key: PageKey | None) -> str:
    name = mode.capitalize()
    if key is None:
        return f"This link was made with a {name} key, and you have none."
    return (
        f"This link was made with another {name} key. "
        f"You see it with “{key.label}”, which may show other batches."
    )
