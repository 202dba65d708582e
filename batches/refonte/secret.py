"""An API key that does not tell itself.

Whatever prints, logs, formats, copies or pickles a `Secret` gets nothing. Only `reveal` opens it,
so one can grep for every place that does.
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

MUTE = "[key]"
# How JSON may write the characters that a key is made of. Go does so with & < and >.
_ESCAPED = re.compile(r'\\(?:u00([2-7][0-9a-f])|(["\\/]))', re.IGNORECASE)
# What base64 and base32 are written with, in a URL too: the key may lie in the middle of it.
_CODED = r"(?:[A-Za-z0-9+/_-]|%2[bBfF])*"
_PADDING = r"(?:=|%3[dD])*"
_NESTED = 3  # JSON in a text of JSON, in a text of JSON: each writes the escapes of the other again

# Keys the marks below. Made anew in a forked child, which must not use its parent's connections.
_process_key = secrets.token_bytes(32)


def _renew_process_key() -> None:
    global _process_key  # noqa: PLW0603 - one a process
    _process_key = secrets.token_bytes(32)


os.register_at_fork(after_in_child=_renew_process_key)


class Secret:
    """Holds one API key. Compares in constant time; has no hash, so it keys no dict or cache."""

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

    def pool_mark(self) -> bytes:
        """Stands for the key where connections are kept; of no use outside this process."""
        return hmac.digest(_process_key, self.__text.encode(), "sha256")

    def hide_in(self, text: str) -> str:
        """`text` without this key, should the vendor echo it plainly or in a common encoding.

        Where the key is told by JSON's escapes, the whole text comes back without these.
        """
        if len(text) < len(self.__text):
            return text  # no way of writing the key is shorter
        hidden = read = self.__without_spellings(text)
        for _ in range(_NESTED):
            written, read = read, _ESCAPED.sub(_character, read)
            if read == written:
                break
            if (without := self.__without_spellings(read)) != read:
                hidden = read = without
        return hidden

    def __without_spellings(self, text: str) -> str:
        for spelling in self.__spellings:
            text = text.replace(spelling, MUTE)
        for core in self.__cores:
            if core in text:  # with what surrounds it, which holds the key's first and last bits
                text = re.sub(_CODED + re.escape(core) + _CODED + _PADDING, MUTE, text)
        return text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    __hash__ = None  # type: ignore[assignment]  # the way Python spells "not hashable"

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A Secret is neither copied nor pickled")

    __reduce__ = __reduce_ex__  # type: ignore[assignment]  # refused whichever way it is asked


def _character(escaped: re.Match[str]) -> str:
    digits, itself = escaped.groups()
    return chr(int(digits, 16)) if digits else itself


def _spellings_of(key: str) -> tuple[str, ...]:
    """The longest first, as one may hold another."""
    raw, in_html = key.encode(), escape(key)
    quoted = [quote(key, safe=""), quote(key)]
    lower = [re.sub("%..", lambda code: code[0].lower(), text) for text in quoted]
    html = [in_html, *(in_html.replace("&#x27;", mark) for mark in ("&#39;", "&#039;"))]
    written = {key, *quoted, *lower, *html, raw.hex(), raw.hex().upper()}
    return tuple(sorted(filter(None, written), key=len, reverse=True))


def _coded_cores_of(key: str) -> tuple[str, ...]:
    """The middle of the key in base64 and base32, wherever in a longer text it lies.

    Base64 writes 3 bytes as 4 characters and base32 writes 5 as 8, so there are 3 and 5 ways. The
    characters at either end hold bits of what stands beside the key, and are left out.
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
    """As in a header, as in an address, and percent-encoded in either case."""
    yield core
    yield core.replace("+", "-").replace("/", "_")
    if "+" in core or "/" in core:
        yield core.replace("+", "%2B").replace("/", "%2F")
        yield core.replace("+", "%2b").replace("/", "%2f")
