from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.refonte import Client, Deadline, Secret, Unaddressable, encode_name
from tests.faults.server import FaultServer

NAMES = [
    "kitten-07",
    "a/b",
    "a/status",
    "%2F",
    "%25",
    "100%",
    "a+b",
    " both ends ",
    "a?b#c",
    "../up",
    "a/../b",
    ".hidden",
    "...",
    "~user",
    "émoji 🐈",
    "a\\b",
    "a;b=c&d",
    "new\nline",
    "tab\t",
    "a:b@c",
    "[x]",
    "'\"<>",
    "\x00",
    "%",
    "//",
    "/",
    "a.b_c-d~e",
    "\u202ertl",
    "C%3A",
    "%2e%2e",
    "$*()!,|^`{}",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_reaches_the_wire_exactly_as_encoded(name: str) -> None:
    with FaultServer(answer=b'{"status": "staging"}') as vendor:
        Client(vendor.url).get_status(Secret("key"), name, deadline=Deadline(5))
    target = vendor.requests[0].target
    assert target == f"/v1/batches/{encode_name(name)}/status"
    assert unquote(target.split("/")[3]) == name


@pytest.mark.parametrize("name", ["", ".", "..", "half \ud83d of a cat"])
def test_a_name_that_no_url_can_carry_is_refused_before_sending(name: str) -> None:
    with FaultServer() as vendor:
        client, key, deadline = Client(vendor.url), Secret("key"), Deadline(5)
        with pytest.raises(Unaddressable):
            client.get_batch(key, name, deadline=deadline)
        with pytest.raises(Unaddressable):
            client.create_batch(key, project="p", name=name, deadline=deadline)
    assert vendor.requests == []


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])).filter(
        lambda t: t not in {"", ".", ".."}
    )
)
def test_encoding_keeps_every_name_apart(name: str) -> None:
    encoded = encode_name(name)
    assert unquote(encoded) == name
    assert not set(encoded) & set("/?#+ \\")
