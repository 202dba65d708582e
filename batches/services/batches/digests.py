"""What a page shows, in short: its poll sends the stamps back, so that only changes travel."""

import hashlib


def digest(facts: object) -> str:
    return hashlib.sha256(repr(facts).encode(errors="surrogatepass")).hexdigest()[:10]
