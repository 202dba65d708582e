import base64
import copy
import json
import pickle
from collections.abc import Callable

import pytest

from batches.refonte import Secret

KEY = "live_4fQ/9zK+7bXw2mPd"


@pytest.mark.parametrize(
    "show", [repr, str, "{}".format, "{:>40}".format, "%s".__mod__, "%r".__mod__]
)
def test_a_secret_shows_nothing(show: Callable[[Secret], str]) -> None:
    assert KEY not in show(Secret(KEY))


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_neither_pickled_nor_copied(take: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError, match="neither copied nor pickled"):
        take(Secret(KEY))


def test_a_secret_reveals_its_text_when_asked() -> None:
    assert Secret(KEY).reveal() == KEY


def test_secrets_are_equal_when_their_texts_are() -> None:
    assert Secret("a" * 9) == Secret("a" * 9)
    assert Secret("a" * 9) != Secret("b" * 9)
    assert Secret(KEY) != KEY


def test_a_secret_keys_no_cache() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret(KEY))


def test_the_key_is_the_user_and_the_password_is_empty() -> None:
    assert Secret("user").basic_auth() == "Basic dXNlcjo="


@pytest.mark.parametrize(
    "spelling",
    [
        KEY,
        "live_4fQ%2F9zK%2B7bXw2mPd",
        "bGl2ZV80ZlEvOXpLKzdiWHcybVBk",
        "bGl2ZV80ZlEvOXpLKzdiWHcybVBkOg==",
        "live_4fQ/9zK%2B7bXw2mPd",
        "live_4fQ%2f9zK%2b7bXw2mPd",
        r"live_4fQ\/9zK+7bXw2mPd",
        r"live_4fQ\\\/9zK+7bXw2mPd",
        r"live_4fQ/9zK\u002b7bXw2mPd",
        "".join(f"\\u{ord(char):04X}" for char in KEY),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
    ],
)
def test_an_echoed_key_is_hidden_however_it_is_spelled(spelling: str) -> None:
    assert Secret(KEY).hide_in(f"no such key: {spelling}!") == "no such key: [key]!"


ENCODERS = [base64.b64encode, base64.urlsafe_b64encode, base64.b32encode]


@pytest.mark.parametrize("lead", range(6))
@pytest.mark.parametrize("encode", ENCODERS, ids=["base64", "urlsafe", "base32"])
def test_a_key_is_hidden_that_lies_anywhere_in_a_longer_text(
    encode: Callable[[bytes], bytes], lead: int
) -> None:
    for text in (f"{'x' * lead}{KEY}", f"{'é' * lead}{KEY}: and more"):
        coded = encode(text.encode()).decode()
        in_address = coded.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D")
        lower = coded.lower() if encode is base64.b32encode else coded
        for echo in (coded, in_address, lower):
            assert Secret(KEY).hide_in(f"for <{echo}>") == "for <[key]>"


def test_a_short_key_hides_no_other_text() -> None:
    texts = [base64.b64encode(f"{'x' * lead}another2".encode()).decode() for lead in range(3)]
    assert [Secret("key_0001").hide_in(text) for text in texts] == texts


@pytest.mark.parametrize("quote", ["&#x27;", "&#39;", "&#039;"])
def test_a_key_is_hidden_that_html_escapes(quote: str) -> None:
    assert Secret("live_a'b&c1234").hide_in(f"No live_a{quote}b&amp;c1234") == "No [key]"


@pytest.mark.parametrize("echo", ["Wrong key {}", '{{"sent": "{}"}}', '"sent=\\u0022{}\\u0022"'])
def test_a_key_is_hidden_that_json_escapes_again_and_again(echo: str) -> None:
    key, text = r'live_a&b<"c\d>/1234', ""
    for _ in range(3):
        text = json.dumps(echo.format(text or key)).replace("&", r"\u0026").replace("<", r"\u003c")
        assert r"\u0026b" in text
        hidden = Secret(key).hide_in(text)
        assert "[key]" in hidden
        assert "1234" not in hidden


def test_a_text_without_the_key_stays_as_it_is() -> None:
    text = json.dumps({"é": ["\n\\u0026", '"/"', r"C:\new"]})
    assert Secret(KEY).hide_in(text) == text
