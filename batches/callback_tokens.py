"""The secret part of the addresses that Refonte calls, and how a text is freed of it.

`https://console.example.com/callbacks/<token>/`: who knows the token can make this console read the
batch. Without Django, as the client and the log use it too.
"""

import re

LENGTH = 40
HIDDEN = "[hidden]"
TOKEN = re.compile(rf"[0-9a-f]{{{LENGTH}}}")
# Behind the path that every such address has, also where its slash is escaped: 40 hex digits
# elsewhere are no token.
_IN_ADDRESS = re.compile(r"(callbacks(?:\\?/|%2f))[0-9a-f]{40,}", re.IGNORECASE)


def hide_tokens(text: str) -> str:
    """The text without the tokens of addresses in it."""
    return _IN_ADDRESS.sub(rf"\1{HIDDEN}", text)


def has_hidden_token(text: str) -> bool:
    """Whether a text is an address whose token was hidden."""
    return f"callbacks/{HIDDEN}" in text
