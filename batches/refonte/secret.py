"""An API key that does not tell itself.

Whatever prints, logs, formats, copies or pickles a `Secret` gets nothing. Only `reveal` opens it,
so one can grep for every place that does.
"""

import base64
import hmac
import json
from html import escape
from typing import NoReturn
from urllib.parse import quote

MUTE = "[key]"


class Secret:
    """Holds one API key. Compares in constant time; has no hash, so it keys no dict or cache."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        return self.__text

    def basic_auth(self) -> str:
        """The value of an `Authorization` header: the key is the user, the password is empty."""
        return "Basic " + base64.b64encode(f"{self.__text}:".encode()).decode("ascii")

    def hide_in(self, text: str) -> str:
        """`text` without this key, should the vendor echo it plainly or in a common encoding."""
        for spelling in self.__spellings():
            text = text.replace(spelling, MUTE)
        return text

    def __spellings(self) -> list[str]:
        key, raw = self.__text, self.__text.encode()
        coded = [base64.b64encode(raw + b":").decode(), base64.b64encode(raw).decode(), raw.hex()]
        plain = [key, quote(key, safe=""), escape(key), json.dumps(key)[1:-1]]
        written = [*plain, *coded, *(text.rstrip("=") for text in coded)]
        slashed = [text.replace("/", "\\/") for text in written]  # as PHP writes JSON
        return sorted(filter(None, {*written, *slashed}), key=len, reverse=True)

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
