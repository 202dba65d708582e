"""How a personal token is written, and how a text is freed of one.

`rc_` and 43 characters of random text. Without Django, as the log uses it too.
"""

import re

START = "rc_"
SHOWN = 11  # its first characters, by which people tell tokens apart
HIDDEN = "[token]"
TOKEN = re.compile(r"rc_[A-Za-z0-9_-]{43}", re.ASCII)
# Also a longer text of the same characters, as where a token is part of another one.
_ANYWHERE = re.compile(r"rc_[A-Za-z0-9_-]{43,}", re.ASCII)


def hide_tokens(text: str) -> str:
    """The text without the tokens in it."""
    return _ANYWHERE.sub(HIDDEN, text)
