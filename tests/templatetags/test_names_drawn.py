"""How the names that others gave are drawn: one piece, exact, and what is unseen in them marked."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.template import Context, Template

from batches.templatetags.names import MARKS_MAX, name

TEMPLATES = sorted((Path(__file__).parents[2] / "templates").rglob("*.html"))
# What holds names, raw answers and code; `{% name %}` writes the first by itself.
HOLDS_NAMES = re.compile(r"<(?:bdi|pre|code|samp|var)\b[^>]*>")
# A name in a page's text by itself: attributes and the titles of tabs are no text of a page.
NO_TEXT = re.compile(
    r"{#.*?#}|{% block title %}.*?{% endblock %}|{%.*?%}|<(?:title|template)\b.*?</|<[^>]*>",
    re.DOTALL,
)
NAME_ALONE = re.compile(
    r"{{ *(?:[\w.]*(?:username|owner_name|batch_name|key_label)|"
    r"(?:\w+\.)?key\.label|(?:row|detail|batch|operation|filters)\.(?:name|project))\b[^}]*}}"
)
PLAIN = (
    "kitten-07",
    "a",
    "n" * 90,
    "two  blanks",
    "котята 07",
    "子猫",
    "👩‍🚀 kittens",
    "می‌خواهم",
    "50% <b>",
)
MARKED = {
    "trail ": "1 × space",
    "  trail": "2 × space",
    " ": "1 × space",
    "trail\xa0": "1 × no-break space",
    "\u3000trail": "1 × ideographic space",
    "a\xa0b": "1 × no-break space",
    "kit\u200bten": "1 × zero width space",
    "\ufeffkitten": "1 × zero width no-break space",
    "kit\u2060ten": "1 × word joiner",
    "kit\u00adten": "1 × soft hyphen",
    "kitten\u202egpj": "1 × right-to-left override",
    "kit\u200cten": "1 × zero width non-joiner",
    "котята\u200d": "1 × zero width joiner",
    "line\nbreak": "1 × line break",
    "bell\x07": "1 × U+0007",
    "kitten\u3164": "1 × hangul filler",
}


def text_of(drawn: str) -> str:
    return unescape(re.sub("<[^>]*>", "", drawn))


@pytest.mark.parametrize("text", PLAIN)
def test_a_usual_name_is_one_piece_of_text_that_nobody_translates(text: str):
    drawn = name(text)

    assert re.fullmatch(r'<bdi translate="no">[^<]*</bdi>', drawn)
    assert text_of(drawn) == text


@pytest.mark.parametrize(("text", "title"), MARKED.items(), ids=map(ascii, MARKED))
def test_what_cannot_be_seen_in_a_name_has_a_mark_and_stays_as_it_is(text: str, title: str):
    drawn = name(text)

    assert f'<span class="invisible" title="{title}">' in drawn
    assert text_of(drawn) == text


def test_a_name_of_nothing_but_marks_keeps_its_page_short_and_its_end_marked():
    text = "a\u200b" * 512
    drawn = name(text)

    assert drawn.count("invisible") == MARKS_MAX + 1
    assert drawn.endswith("\u200b</span></bdi>")
    assert text_of(drawn) == text


@pytest.mark.parametrize("text", ["<b>", '"><b>', "<b>" * 40, "<b> ", "\u200b<b>\u200b"])
def test_a_name_is_never_markup(text: str):
    assert "<b>" not in Template("{% name text %}").render(Context({"text": text}))


def test_a_name_may_have_classes():
    assert name("Ops", "key-label") == '<bdi class="key-label" translate="no">Ops</bdi>'


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_names_raw_answers_and_code_are_never_translated(template: Path):
    tags = HOLDS_NAMES.findall(template.read_text())

    assert [tag for tag in tags if 'translate="no"' not in tag] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_name_in_a_text_is_drawn_by_its_tag(template: Path):
    if template.name == "_key_headers.html":
        return  # all of it is an attribute
    assert NAME_ALONE.findall(NO_TEXT.sub(" ", template.read_text())) == []
