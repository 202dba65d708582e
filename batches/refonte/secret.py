"""An API key that does not tell itself.

Whatever prints, logs, formats, copies or pickles a `Secret` gets nothing. Only `reveal` opens it,
so one can grep for every place that does.
"""

import base64
import hmac
import re
from html import escape
from typing import NoReturn
from urllib.parse import quote

MUTE = "[key]"
# How JSON may write the characters that a key is made of. Go does so with & < and >.
_ESCAPED = re.compile(r'\\(?:u00([2-7][0-9a-f])|(["\\/]))', re.IGNORECASE)
_NESTED = 3  # JSON in a text of JSON, in a text of JSON: each writes the escapes of the other again


class Secret:
    """Holds one API key. Compares in constant time; has no hash, so it keys no dict or cache."""

    __slots__ = ("__spellings", "__text")

    def __init__(self, text: str) -> None:
        self.__text = text
        self.__spellings = _spellings_of(text)

    def reveal(self) -> str:
        return self.__text

    def basic_auth(self) -> str:
        """The value of an `Authorization` header: the key is the user, the password is empty."""
        return "Basic " + base64.b64encode(f"{self.__text}:".encode()).decode("ascii")

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
    plain = [key, *quoted, *lower, *html, raw.hex(), raw.hex().upper()]
    coded = [
        encode(text).decode()
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
        for text in (raw + b":", raw)
    ]
    written = {*plain, *coded, *(text.rstrip("=") for text in coded)}
    return tuple(sorted(filter(None, written), key=len, reverse=True))
