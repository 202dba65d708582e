"""The address that Refonte is given for one form: the token in it, and what is kept of that."""

import hashlib
from uuid import UUID

from django.conf import settings

from batches.callback_tokens import LENGTH, TOKEN
from batches.models import CallbackAddress, Operation
from batches.services.keys import fingerprints

PATH = "/callbacks/"


def is_offered() -> bool:
    """Whether Refonte can reach this console."""
    return bool(settings.CALLBACK_BASE_URL)


def address_of(*, form_id: UUID) -> str:
    """The same for the same form, so that a repeated post is the same request.

    Raises vault.KeyUnreadable where no encryption key opens what the token is made with.
    """
    return f"{settings.CALLBACK_BASE_URL}{PATH}{_token_of(form_id)}/"


def is_address_here(url: str) -> bool:
    """Whether a URL that somebody typed is an address of this kind."""
    base = f"{settings.CALLBACK_BASE_URL}{PATH}".lower()
    return is_offered() and url.lower().startswith(base)


def add_address(operation: Operation) -> None:
    """Within the transaction that records the create. Raises as `address_of`."""
    CallbackAddress.objects.create(
        operation=operation,
        token_digest=digest_of(_token_of(operation.form_id)),
        fingerprint=operation.fingerprint,
    )


def is_token(text: str) -> bool:
    return TOKEN.fullmatch(text) is not None


def digest_of(token: str) -> str:
    # a copy of the database tells nobody an address to call
    return hashlib.sha256(token.encode()).hexdigest()


def _token_of(form_id: UUID) -> str:
    return fingerprints.keyed_digest(purpose="callback", text=form_id.hex)[:LENGTH]
