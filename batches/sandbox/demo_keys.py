"""The two demo keys, and reading a key from a request."""

import base64
import binascii

# Pages show the last four characters of a key, so the two must end differently.
LIVE_KEY = "live_demo_key_of_the_sandbox_4821"
TEST_KEY = "test_demo_key_of_the_sandbox_9036"


def key_of(authorization: str | None) -> str | None:
    """The key in an Authorization header (HTTP Basic, key as user, no password), else None."""
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    # the vendor wants the key as user with an empty password: "key:"
    return key if colon and not password else None
