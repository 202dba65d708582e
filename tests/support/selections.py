"""Selections, as a tab of the browser makes them."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.test import Client

from batches.models import Selection
from batches.services.keys.types import KeyHandle
from batches.services.selections.store import change_selection
from batches.templatetags.addresses import dom_id

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
            "add": ",".join(map(dom_id, names)),
            "remove": ",".join(map(dom_id, remove)),
        },
        headers={"HX-Request": "true"},
    )


def ticked_ids(answer: Any) -> list[str]:
    found = re.search(r'data-ticked="([^"]*)"', answer.content.decode())
    assert found
    return found[1].split()
