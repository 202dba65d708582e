import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.refonte import Secret
from batches.refonte.error_text import MESSAGE_MAX, find_message

KEY = Secret("live_4fQ/9zK+7bXw2mPd")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"status_code": 400, "error": "name is taken"}', "name is taken"),
        (b'{"error": {"message": "name is taken", "code": 7}}', "name is taken"),
        (b'{"error": {"error": {"message": "deep"}}}', "deep"),
        (b'{"message": "name is taken"}', "name is taken"),
        (b'{"error": {"name": ["too long"]}}', '{"name": ["too long"]}'),
        (b'{"error": 7}', "7"),
        (b'{"status_code": 400}', ""),
        (b'{"error": null, "detail": "gone"}', "gone"),
        (b'"just text"', "just text"),
        (b"plain  text\r\n", "plain text"),
        (b"[1, 2]", "[1, 2]"),
        (b"", ""),
        (b"caf\xe9", "caf�"),
        (b"<h1>502 Bad&nbsp;Gateway</h1>\n<p>nginx", "502 Bad Gateway nginx"),
        (b"<style>b{}</style><script>alert(1)</script><b>Sorry</b>", "Sorry"),
        (b"<!-- <b>not</b> read --><![endif]--><p>Sorry</p><!-- nor this", "Sorry"),
        (b"<p>502</p><script>var a = '<b>'", "502"),
        (b"<SCRIPT>a</script ><![CDATA[x]]><p title='&lt;'>Sorry &amp;c.", "Sorry &c."),
        (b"a name is <256 long, and <= 1 > 0", "a name is <256 long, and <= 1 > 0"),
        (b"<![foo[", "<![foo["),
        (b"<![-", "<![-"),
        (b'{"error": "a\\u0000b\\u202ec\\u0085d\\ud83d"}', "abc d�"),
        (b'{"error": "<b>bold</b>"}', "<b>bold</b>"),
    ],
)
def test_words_are_found_in_every_body(body: bytes, words: str) -> None:
    assert find_message(body, KEY)[0] == words


@pytest.mark.parametrize(
    ("body", "about"),
    [
        (b'{"error": {"field": "name", "message": "taken"}}', "name"),
        (b'{"error": "taken", "param": "callback"}', "callback"),
        (b'{"error": "taken", "field": ["name"]}', None),
        (b'{"error": "taken"}', None),
        (b"taken", None),
    ],
)
def test_the_field_is_told_where_the_vendor_names_it(body: bytes, about: str | None) -> None:
    assert find_message(body, KEY)[1] == about


def test_long_words_are_cut() -> None:
    words, _ = find_message(b"x" * 1000, KEY)
    assert (len(words), words[-1]) == (MESSAGE_MAX, "…")


@pytest.mark.parametrize("before", [b"", b"<p>", b"x " * 145, b"<p>" + b"x " * 145])
def test_an_echoed_key_is_not_told_not_even_in_part(before: bytes) -> None:
    words, _ = find_message(before + b"live_4fQ/9zK+7bXw2mPd is wrong", KEY)
    assert "live_" not in words


def test_a_key_spelled_with_invisible_characters_is_not_told() -> None:
    assert find_message("live_4fQ\u200b/9zK+7bXw2mPd".encode(), KEY)[0] == "[key]"


@pytest.mark.parametrize("piece", [b"<a ", b"<!--", b"<script>", b"</script", b"<", b"&lt", b"<!["])
def test_a_page_of_open_ends_does_not_cost_the_square_of_its_length(piece: bytes) -> None:
    began = time.thread_time()
    find_message(piece * 100_000, KEY)
    assert time.thread_time() - began < 20  # of the processor; it takes 0.1, its square minutes


@given(st.binary() | st.text().map(lambda text: f"<{text}".encode()))
def test_no_body_crashes_the_finding_of_words(body: bytes) -> None:
    words, _ = find_message(body, KEY)
    assert len(words) <= MESSAGE_MAX
    assert words.isprintable() or not words.isascii()
