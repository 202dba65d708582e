"""An API key that cannot be printed, logged, formatted, copied or pickled by accident.

Only `reveal` and `basic_auth` return it, so every use can be found with grep.
"""

import base64
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterator
from html import escape
from typing import NoReturn
from urllib.parse import quote

PLACEHOLDER = "[key]"
# JSON escapes of the characters of a key. Go writes & < and > so.
_ESCAPED = re.compile(r'\\(?:u00([2-7][0-9a-f])|(["\\/]))', re.IGNORECASE)
# Characters of base64 and base32, also in a URL: the key may be in the middle of a longer text.
_CODED = r"(?:[A-Za-z0-9+/_-]|%2[bBfF])*"
_PADDING = r"(?:=|%3[dD])*"
_NESTED = 3  # levels of JSON in a string of JSON, each of which escapes the escapes of the other

# For `pool_id`. Renewed in a forked child, which must not use the connections of its parent.
_process_key = secrets.token_bytes(32)


def _renew_process_key() -> None:
    global _process_key  # noqa: PLW0603 - one a process
    _process_key = secrets.token_bytes(32)


os.register_at_fork(after_in_child=_renew_process_key)


class Secret:
    """One API key. Compares in constant time; has no hash, so that no dict or cache keeps it."""

    __slots__ = ("__cores", "__spellings", "__text")

    def __init__(self, text: str) -> None:
        self.__text = text
        self.__spellings = _spellings_of(text)
        self.__cores = _coded_cores_of(text)

    def reveal(self) -> str:
        return self.__text

    def basic_auth(self) -> str:
        """The value of an `Authorization` header: the key is the user, the password is empty."""
        return "Basic " + base64.b64encode(f"{self.__text}:".encode()).decode("ascii")

    def pool_id(self) -> bytes:
        """Identifies the key in a pool of connections, in this process only."""
        return hmac.digest(_process_key, self.__text.encode(), "sha256")

    def hide_in(self, text: str) -> str:
        """`text` without this key, plain or in a common encoding.

        Where the key was written with JSON escapes, the whole result is without escapes.
        """
        if len(text) < len(self.__text):
            return text  # no encoding of the key is shorter
        hidden = unescaped = self.__without_spellings(text)
        for _ in range(_NESTED):
            before, unescaped = unescaped, _ESCAPED.sub(_character, unescaped)
            if unescaped == before:
                break
            if (without := self.__without_spellings(unescaped)) != unescaped:
                hidden = unescaped = without
        return hidden

    def __without_spellings(self, text: str) -> str:
        for spelling in self.__spellings:
            text = text.replace(spelling, PLACEHOLDER)
        for core in self.__cores:
            if (
                core in text
            ):  # with the characters around it, which have the first and last bits of the key
                text = re.sub(_CODED + re.escape(core) + _CODED + _PADDING, PLACEHOLDER, text)
        return text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    __hash__ = None  # type: ignore[assignment]  # how Python marks a class as not hashable

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A Secret is neither copied nor pickled")

    __reduce__ = __reduce_ex__  # type: ignore[assignment]  # pickle may call either


def _character(escaped: re.Match[str]) -> str:
    digits, itself = escaped.groups()
    return chr(int(digits, 16)) if digits else itself


def _spellings_of(key: str) -> tuple[str, ...]:
    raw, in_html = key.encode(), escape(key)
    quoted = [quote(key, safe=""), quote(key)]
    lower = [re.sub("%..", lambda code: code[0].lower(), text) for text in quoted]
    html = [in_html, *(in_html.replace("&#x27;", mark) for mark in ("&#39;", "&#039;"))]
    written = {key, *quoted, *lower, *html, raw.hex(), raw.hex().upper()}
    # the longest first, as one may be part of another
    return tuple(sorted(filter(None, written), key=len, reverse=True))


def _coded_cores_of(key: str) -> tuple[str, ...]:
    """The middle of the key in base64 and base32, at any offset in a longer text.

    Base64 writes 3 bytes as 4 characters and base32 writes 5 as 8, so there are 3 and 5 forms. The
    first and last characters also have bits of the text around the key, and are left out.
    """
    raw = key.encode()
    in_64 = (_core(base64.b64encode, raw, lead, bits=6) for lead in range(3))
    in_32 = (_core(base64.b32encode, raw, lead, bits=5) for lead in range(5))
    cores = [form for core in in_64 for form in _forms_of_64(core)]
    cores += [form for core in in_32 for form in (core, core.lower())]
    return tuple(dict.fromkeys(filter(None, cores)))


def _core(encode: Callable[[bytes], bytes], raw: bytes, lead: int, *, bits: int) -> str:
    coded = encode(bytes(lead) + raw).decode()
    first = -(-lead * 8 // bits)  # rounded up
    return coded[first : (lead + len(raw)) * 8 // bits]


def _forms_of_64(core: str) -> Iterator[str]:
    """Standard, URL-safe, and percent-encoded in upper and lower case."""
    yield core
    yield core.replace("+", "-").replace("/", "_")
    if "+" in core or "/" in core:
        yield core.replace("+", "%2B").replace("/", "%2F")
        yield core.replace("+", "%2b").replace("/", "%2f")
