"""Names of batches, projects, keys and people. A builtin of every template, without `{% load %}`.

A name is rendered whole, so that people can select, copy and find it; where space is short CSS cuts
it. Invisible characters get a mark by CSS, which is not copied.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

MARKS_MAX = 20  # of one name: a name of 1,024 marks would be a page of its own
TITLE_MAX = 5  # kinds of characters that one mark names
# Most names: letters, digits and signs of ASCII with plain blanks between them only.
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?")
# Controls and formats, blanks other than the usual one, and letters that draw nothing.
_UNSEEN = (
    r"\x00-\x1f\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u200b"
    r"\u200e\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff0-\ufffb"
    r"\U000e0000-\U000e0fff"
)
# The joiners shape words of some scripts and emoji, but beside ASCII and at an end they do nothing.
_JOINERS = r"(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
_MARKED = re.compile(rf"\A\s+|\s+\Z|(?:[{_UNSEEN}]|{_JOINERS})+")
_OTHER_NAMES = {"\t": "tab", "\n": "line break", "\r": "carriage return", "\xa0": "no-break space"}


@register.simple_tag
def name(text: object, css: str = "") -> SafeString:
    """A name, isolated from the words around it and never translated; `css`: its classes."""
    words = str(text)
    # most names are plain ASCII: one match is cheaper than a search for marks
    body = escape(words) if _PLAIN.fullmatch(words) else _marked(words)
    if css:
        return format_html('<bdi class="{}" translate="no">{}</bdi>', css, body)
    return format_html('<bdi translate="no">{}</bdi>', body)


def is_plain(text: str) -> bool:
    """Whether every character of it is seen."""
    return _MARKED.search(text) is None


def _marked(text: str) -> SafeString:
    pieces: list[SafeString] = []
    end = 0
    for number, found in enumerate(_MARKED.finditer(text)):
        # An invisible end is what two names that look the same differ in: it always has its mark.
        if number < MARKS_MAX or found.end() == len(text):
            pieces += [escape(text[end : found.start()]), _mark(found[0])]
            end = found.end()
    if not pieces:
        return escape(text)
    pieces.append(escape(text[end:]))
    return format_html_join("", "{}", ((piece,) for piece in pieces))


@lru_cache(maxsize=256)  # few kinds of them are ever seen
def _mark(characters: str) -> SafeString:
    counts = Counter(characters).most_common(TITLE_MAX)
    words = ", ".join(f"{count} × {_character_name(one)}" for one, count in counts)
    return format_html('<span class="invisible" title="{}">{}</span>', words, characters)


def _character_name(character: str) -> str:
    known = _OTHER_NAMES.get(character) or unicodedata.name(character, "").lower()
    return known or f"U+{ord(character):04X}"
