"""Lists of hosts and origins."""

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from dashboard.env.addresses import url_host
from dashboard.env.values import items, text, wrong

LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
BROADCAST = "255.255.255.255"
HOST = re.compile(rf"{LABEL}(\.{LABEL})*\.?", re.ASCII | re.IGNORECASE)


def is_host(text: str) -> bool:
    if text.startswith("[") and text.endswith("]"):
        try:
            return bool(IPv6Address(text[1:-1]))
        except ValueError:
            return False
    return HOST.fullmatch(text) is not None


def hosts(name: str, default: str) -> list[str]:
    """As in Django's `ALLOWED_HOSTS`: `.example.com` means every host in that domain."""
    found = items(name, default)
    # Django's own check accepts both: `*` matches every host, and a URL matches none
    if "*" in found:
        raise wrong(name, "* would allow every host; list those that people use")
    if not all(is_host(word.removeprefix(".")) for word in found):
        raise wrong(name, "each must be a host's name alone, such as console.example.com")
    return found


def bind_address(name: str, default: str) -> str:
    """An IPv4 or IPv6 address, the latter without brackets."""
    # not a host's name: it may stand for several addresses, and the server would listen on one
    value = text(name, default)
    try:
        found = ip_address(value)
    except ValueError as error:
        raise wrong(
            name, "it must be an IP address alone, such as 127.0.0.1, ::1 or 0.0.0.0"
        ) from error
    if found.is_multicast or value == BROADCAST or "%" in value:
        raise wrong(name, "no server can listen on this address")
    return str(found)


def in_address(host: str) -> str:
    """As it is written before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def callback_hosts(name: str) -> list[str]:
    """`example.com` for a host; `.example.com` or `*.example.com` for a domain and all in it."""
    found = items(name)
    if not all(is_host(word.removeprefix("*").removeprefix(".")) for word in found):
        raise wrong(name, "each must be a host's or domain's name alone, such as example.com")
    return found


def notify_allow(name: str) -> list[str]:
    """`scheme://host` or `scheme://host:port`, as `services/notices/addresses.py` compares them."""
    found = items(name)
    for word in found:
        url_host(name, word)
        parts = urlsplit(word)
        port = "" if parts.port is None else f":{parts.port}"
        if word != f"{parts.scheme}://{parts.hostname}{port}" or not is_host(parts.hostname or ""):
            raise wrong(
                name,
                "each must be scheme://host in small letters, such as https://hooks.example.com",
            )
    return found


def origins(name: str) -> list[str]:
    found = items(name)
    for word in found:
        if not word.startswith(("https://", "http://")):
            raise wrong(name, "each origin must begin with https:// or http://")
        url_host(name, word)
        parts = urlsplit(word)
        # Django compares the whole text with the Origin header, which has neither path nor user
        if word != f"{parts.scheme}://{parts.netloc}" or "@" in word:
            raise wrong(name, "an origin ends with its host or port: https://console.example.com")
    return found
