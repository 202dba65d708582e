"""API keys: which one a page is drawn with, and what their owners do with them."""

from batches.services.keys.changing import add_key, check_key, replace_key
from batches.services.keys.choice import choose_key
from batches.services.keys.limit import TooManyChecks
from batches.services.keys.listing import list_readable_keys, readable_fingerprints
from batches.services.keys.outcome import KeyCheck, Verdict
from batches.services.keys.owning import (
    delete_key,
    find_own_key,
    make_default,
    share_key,
    watch_key,
)
from batches.services.page_key import KeyChoice, PageKey

__all__ = [
    "KeyCheck",
    "KeyChoice",
    "PageKey",
    "TooManyChecks",
    "Verdict",
    "add_key",
    "check_key",
    "choose_key",
    "delete_key",
    "find_own_key",
    "list_readable_keys",
    "make_default",
    "readable_fingerprints",
    "replace_key",
    "share_key",
    "watch_key",
]
