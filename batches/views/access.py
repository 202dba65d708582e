"""Whether a request is served, and with which key.

`decide` renders nothing: a page and the JSON API each show the same decision in its own way.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from batches.services.keys.choose import REF, choose_key
from batches.services.keys.types import KeyChoice
from batches.services.people.roles import Role, role_of
from batches.views.addresses import named_keys
from batches.views.request import Request, is_poll


class Key(Enum):
    """What a view needs of the key that its address names."""

    NONE = auto()
    READ = auto()  # a page: another key of the same mode takes its place, with a note
    EXACT = auto()  # a program, which reads no note: the key that is named, or none
    WRITE = auto()  # a form: exactly the key of the page that it was on, and the person's own


class Denial(Enum):
    """Why a request is not served."""

    NO_ROLE = auto()
    NO_KEY = auto()  # none at all, or none of the mode that the address names
    WRONG_KEY = auto()  # a form names another key than its address, or what is no key
    KEY_GONE = auto()  # deleted, or no longer shared, since the page was loaded
    KEY_REPLACED = auto()  # the page was loaded with a former value of the key
    KEY_UNREADABLE = auto()  # no encryption key opens it
    KEY_READ_ONLY = auto()  # another person's, shared for reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """role: the person's. needed: the view's. choice: None where the view needs no key."""

    role: Role
    needed: Role
    choice: KeyChoice | None = None
    denial: Denial | None = None


def decide(request: Request, *, role: Role, key: Key) -> Decision:
    """Decide on role, then on key. One query where a key is needed."""
    # the role first: a person without it costs no query for keys (tests/views/test_access.py)
    own_role = role_of(request.user)
    if not own_role.includes(role):
        return Decision(role=own_role, needed=role, denial=Denial.NO_ROLE)
    if key is Key.NONE:
        return Decision(role=own_role, needed=role)
    named = named_keys(request)
    choice = choose_key(user=request.user, ref=named[0] if named else "")
    denial = _key_denial(request, key, named, choice)
    return Decision(role=own_role, needed=role, choice=choice, denial=denial)


def _key_denial(
    request: Request, need: Key, named: Sequence[str], choice: KeyChoice
) -> Denial | None:
    refs = choice.key.refs if choice.key else ()
    # another key is good enough to read with, but a write is meant for the key that its page showed
    if need is Key.WRITE and request.method == "POST" and set(named) != {*refs[:1]}:
        return _write_denial(named, refs)
    # another key would show other batches on a page that is already open, or to a program
    if (need is Key.EXACT or is_poll(request)) and named and named[0] not in refs:
        return Denial.KEY_GONE
    if choice.key is None:
        return Denial.NO_KEY
    if not choice.key.is_readable:
        return Denial.KEY_UNREADABLE
    if need is Key.WRITE and not choice.key.can_operate:
        return Denial.KEY_READ_ONLY
    return None


def _write_denial(named: Sequence[str], refs: Collection[str]) -> Denial:
    # two keys in one form may come from a switch in another tab
    if len(set(named)) != 1 or not REF.fullmatch(named[0]):
        return Denial.WRONG_KEY
    return Denial.KEY_REPLACED if named[0] in refs else Denial.KEY_GONE
