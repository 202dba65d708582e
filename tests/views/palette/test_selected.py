"""What the palette offers for the batches that are ticked on the page."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from batches.services.keys.types import KeyHandle
from tests.support.palettes import ask, lines
from tests.support.selections import SELECTION, selected, selection_address
from tests.support.vendor import KeyMaker

pytestmark = pytest.mark.usefixtures("refonte")


def test_each_action_of_the_selection_has_a_line(alice: User, key: KeyHandle, as_alice: Client):
    selected(alice, key, "kitten-1", "kitten-2")
    answer = ask(as_alice, key, selection=str(SELECTION))
    assert "With the 2 ticked" in answer.text
    found = dict(lines(answer, "selected"))
    assert found["Export"] == selection_address(key, "export")
    assert found["Due date…"] == selection_address(key, "note")


@pytest.mark.parametrize("selection", ["", "no-id", str(SELECTION)])
def test_of_no_selection_nothing_is_offered(
    alice: User, key: KeyHandle, key_for: KeyMaker, as_alice: Client, selection: str
):
    selected(alice, key_for(alice, mode="test"), "kitten-1")
    assert lines(ask(as_alice, key, selection=selection), "selected") == []
