"""The token of a callback's address is hidden in any text, however the text spells the address."""

import pytest

from batches.callback_tokens import has_hidden_token, hide_tokens

TOKEN = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    "text",
    [
        f"https://hooks.example.com/callbacks/{TOKEN}/",
        f"/callbacks/{TOKEN}",
        f'{{"callback": "https:\\/\\/hooks.example.com\\/callbacks\\/{TOKEN}\\/"}}',
        f"next=%2Fcallbacks%2F{TOKEN}%2f",
        f"HTTPS://HOOKS.EXAMPLE.COM/CALLBACKS/{TOKEN.upper()}/",
        f"first /callbacks/{TOKEN}/, then /callbacks/{TOKEN}/",
        f"/callbacks/{TOKEN}{TOKEN}/",
    ],
)
def test_it_is_hidden_and_the_rest_stays(text: str) -> None:
    found = hide_tokens(text)
    assert TOKEN not in found.lower()
    assert "[hidden]" in found
    assert len(found) < len(text)


@pytest.mark.parametrize(
    "text",
    ["", f"sha1 {TOKEN}", "/callbacks/12/", "https://hooks.example.com/callbacks/orders/7", "a/b"],
)
def test_what_is_no_such_address_stays_as_it_is(text: str) -> None:
    assert hide_tokens(text) == text
    assert not has_hidden_token(text)


def test_an_address_shows_that_its_token_was_hidden() -> None:
    hidden = hide_tokens(f"https://hooks.example.com/callbacks/{TOKEN}/")
    assert hidden == "https://hooks.example.com/callbacks/[hidden]/"
    assert has_hidden_token(hidden)
