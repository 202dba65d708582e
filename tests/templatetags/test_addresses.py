"""Addresses carry the key of their page, and ids stand for any name."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template

from batches.templatetags.addresses import dom_id, is_whole, page_url

FRAME = SimpleNamespace(key=SimpleNamespace(ref="test-11111111"))


def draw(tag: str, **context: Any) -> str:
    return Template(tag).render(Context(context))


@pytest.mark.parametrize("name", ["a/b", "🐈", "\ud800", "", '"><b>'])
def test_every_name_has_an_id_of_its_own(name: str):
    made = dom_id(name)

    assert made[0] == "b"
    assert made.isalnum()
    assert made != dom_id(name + "x")


@pytest.mark.parametrize(
    ("tag", "drawn"),
    [
        ("{% keyed 'keys:list' %}", "/keys/?key=test-11111111"),
        ("{% keyed 'batches:detail' 'a b' %}", "/batches/~YSBi/?key=test-11111111"),
        ("{% keyed 'keys:list' key='live-2' %}", "/keys/?key=live-2"),
        ("{% keyed 'keys:list' key='' %}", "/keys/"),
        ("{% keyed 'batches:list' project='a&b' %}", "?key=test-11111111&amp;project=a%26b"),
        ("{% keyed 'batches:list' project='' %}", "/batches/?key=test-11111111"),
    ],
)
def test_an_address_has_the_key_of_its_page_or_the_one_given(tag: str, drawn: str):
    assert draw(tag, frame=FRAME).endswith(drawn)


@pytest.mark.parametrize("frame", [None, SimpleNamespace(key=None)], ids=["none", "no key"])
def test_a_page_without_a_key_links_without_one(frame: Any):
    assert draw("{% keyed 'keys:list' %}", frame=frame) == "/keys/"


def test_an_address_in_code_leaves_out_what_has_no_value():
    assert page_url("batches:list", key="live-2", project="") == "/batches/?key=live-2"
    assert page_url("batches:list") == "/batches/"


@pytest.mark.parametrize(("text", "whole"), [("kittens", True), ("", False), (None, False)])
def test_an_unknown_text_stands_in_no_address(text: str | None, whole: bool):
    assert is_whole(text) is whole


def test_a_query_may_have_any_name():
    assert page_url("batches:list", route="a b") == "/batches/?route=a+b"
