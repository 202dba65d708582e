"""Selections, as a tab of the browser makes them."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.test import Client

from batches.models import Selection
from batches.models.names import name_digests
from batches.services.keys.types import KeyHandle
from batches.services.selections.store import change_selection

SELECTION = UUID("12345678-1234-4234-8234-123456789012")


def selected(user: User, key: KeyHandle, *names: str) -> Selection:
    """The selection of this id, with these names."""
    ticked = change_selection(user=user, key=key, selection_id=SELECTION, add=names)
    return ticked.selection


def selection_address(key: KeyHandle, piece: str = "", query: str = "") -> str:
    more = f"&{query}" if query else ""
    return f"/selections/{SELECTION}/{f'{piece}/' if piece else ''}?key={key.ref}{more}"


def tick(client: Client, key: KeyHandle, *names: str, remove: tuple[str, ...] = ()) -> Any:
    """As the script of a page does it."""
    return client.post(
        f"/selections/tick/?key={key.ref}",
        {
            "key": key.ref,
            "selection": str(SELECTION),
            "add": ",".join(name_digests(names)),
            "remove": ",".join(name_digests(remove)),
        },
        headers={"HX-Request": "true"},
    )


def ticked_digests(answer: Any) -> list[str]:
    """The beginnings of them, which the page gets."""
    found = re.search(r'data-ticked="([^"]*)"', answer.content.decode())
    assert found
    return found[1].split()
