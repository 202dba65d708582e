import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.refonte import BadAnswer
from batches.refonte.strictjson import MAX_DEPTH, TOO_DEEP, decode, whole_characters


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e999",
        b"{",
        b"\xff",
        b"{'a': 1}",
        b"9" * 5000,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        '{"a": 1}'.encode("utf-16"),
        b"<html>",
    ],
)
def test_what_is_not_strict_json_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        decode(body)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_what_is_nested_too_deeply_is_cut_there_and_the_rest_is_read() -> None:
    assert decode(nested(MAX_DEPTH)) == json.loads(nested(MAX_DEPTH))
    assert len(decode(b"[" + b'{"a": [1]},' * 500 + b"{}]")) == 501

    deep = b'{"a": ' + nested(MAX_DEPTH + 100) + b', "b": [1], "c": 2}'
    value = decode(deep)

    assert (value["b"], value["c"]) == ([1], 2)
    node, depth = value["a"], 2
    while isinstance(node[0], list):
        node, depth = node[0], depth + 1
    assert (node, depth) == ([TOO_DEEP], MAX_DEPTH)


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 100])
def test_what_is_as_deep_as_may_be_can_be_drawn(depth: int) -> None:
    deepest = decode(nested(depth))
    assert json.loads(json.dumps(deepest, indent=2)) == deepest


def test_a_byte_order_mark_is_passed_over() -> None:
    assert decode(b"\xef\xbb\xbf{}") == {}


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_crash_it(body: bytes) -> None:
    with suppress(BadAnswer):
        assert json.dumps(decode(body)).encode()


@given(st.text(st.characters()))
def test_whole_characters_can_always_be_written(text: str) -> None:
    whole = whole_characters(text)
    assert whole.encode().decode() == whole


def test_ordinary_numbers_are_read() -> None:
    assert decode(b"[1.5, -0, 1e3]") == [1.5, 0, 1000.0]
