"""What a person copies from a page: Refonte's raw answer, and the command that asks again."""

import json
import shlex
from typing import Any

from django import template
from django.conf import settings

from batches.callback_tokens import has_hidden_token
from batches.refonte import CUT, encode_name

register = template.Library()

SHOWN_MAX = 100_000  # characters of a raw answer


@register.filter
def pretty(payload: Any) -> str:
    """Indented JSON, cut after SHOWN_MAX characters."""
    # in pieces: a large answer is not rendered whole to be cut then
    pieces, room = [], SHOWN_MAX
    for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(payload):
        pieces.append(piece[:room])
        room -= len(piece)
        if room <= 0:
            return f"{''.join(pieces)}\n{CUT}"
    return "".join(pieces)


@register.filter
def is_console_callback(callback: str) -> bool:
    """Whether Refonte calls this console, or another one of its kind. The token is hidden."""
    return has_hidden_token(callback)


@register.filter
def as_curl(name: str) -> str:
    """A shell command for a batch's status."""
    # the key as a variable: commands are pasted into tickets and kept in the shell's history
    return f'curl -u "$REFONTE_API_KEY:" {shlex.quote(_status_url(name))}'


@register.filter
def as_python(name: str) -> str:
    """The same from Python."""
    return (
        "import os, requests\n\n"
        f"answer = requests.get({_status_url(name)!r},"
        " auth=(os.environ['REFONTE_API_KEY'], ''), timeout=10)\n"
        "answer.raise_for_status()\n"
        "print(answer.json())\n"
    )


def _status_url(name: str) -> str:
    return f"{settings.REFONTE_API_URL}/batches/{encode_name(name)}/status"
