"""Digests of what a page shows. Its poll sends them back, so that the answer holds changes only."""

import hashlib


def digest(facts: object) -> str:
    return hashlib.sha256(repr(facts).encode(errors="surrogatepass")).hexdigest()[:10]
