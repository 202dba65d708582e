"""Digests of what a page shows. Its poll sends them back, to get only what changed."""

import hashlib


def digest(facts: object) -> str:
    return hashlib.sha256(repr(facts).encode(errors="surrogatepass")).hexdigest()[:10]
