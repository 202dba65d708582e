"""Which chats and webhooks a person may name: those in NOTIFY_ALLOW, compared whole.

A URL that passes is sent to the host that was compared: nothing in it leads elsewhere. Whether the
name of the host points to a place of its own is looked at again before each send.
"""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

LONGEST = 1_000  # characters
LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
HOST = re.compile(rf"{LABEL}(\.{LABEL})*", re.ASCII)
# A last label of digits, or of hex digits: `127.1`, `2130706433`, `0x7f.1`, `0177.0.0.1`.
NUMBERS = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)", re.ASCII)
OTHER_HOST = "Not allowed here. An administrator can add {} to NOTIFY_ALLOW."


class NotAllowed(Exception):  # noqa: N818 - it says what is so
    """Nothing may be sent there. Its message is for people, and has no credential in it."""


@dataclass(frozen=True, slots=True)
class Service:
    """host: where it sends to, where its URL has tokens in place of a host; else empty.

    path: what the rest of the URL must be, so that nothing else is sent to than the host.
    """

    host: str = ""
    path: str = r"(/.*)?"
    has_user: bool = False


TOKENS = r"(/[A-Za-z0-9_-]+)"
SERVICES: Mapping[str, Service] = {
    "https": Service(),
    "http": Service(),
    "slack": Service("hooks.slack.com", TOKENS + r"{2}(/[#@A-Za-z0-9_-]+)*/?"),
    "discord": Service("discord.com", TOKENS + r"/?"),
    "gchat": Service("chat.googleapis.com", TOKENS + r"{2}/?"),
    "mmosts": Service(path=r"/.+"),
    "mmost": Service(path=r"/.+"),
    # without a topic the host itself would be taken for the topic, at another host
    "ntfys": Service(path=r"/[A-Za-z0-9_-]+/?", has_user=True),
    "ntfy": Service(path=r"/[A-Za-z0-9_-]+/?", has_user=True),
}
# Slack's first token begins so; another one would be sent to another host.
FIRST_TOKENS = {"slack": re.compile(r"[TB][A-Z0-9]{6,}"), "discord": re.compile(r"[0-9]{5,}")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """url: a credential, without a query. shown: scheme and host, which may be shown."""

    url: str
    scheme: str
    host: str
    port: int | None
    shown: str


def is_offered() -> bool:
    """Whether this console sends to any chat or webhook."""
    return bool(settings.NOTIFY_ALLOW)


def parse(text: str) -> Address:
    """The address of a URL that somebody typed. Raises NotAllowed."""
    if not (0 < len(text) <= LONGEST and text.isascii() and text.isprintable()) or " " in text:
        raise NotAllowed("Not a URL. It has plain letters, digits and signs, and no blanks.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NotAllowed("Not a URL.") from None
    service = SERVICES.get(parts.scheme)
    if service is None or "\\" in text:
        raise NotAllowed(f"Not a URL of a service that is known here: {', '.join(SERVICES)}.")
    # a query can change how and to whom is sent; a fragment is never part of an address
    bare = parts._replace(query="", fragment="")
    host = _host(parts, service)
    shown = f"{parts.scheme}://{host}{f':{port}' if port is not None else ''}"
    if shown not in settings.NOTIFY_ALLOW:
        raise NotAllowed(OTHER_HOST.format(shown))
    return Address(url=bare.geturl(), scheme=parts.scheme, host=host, port=port, shown=shown)


def refuse_private(address: Address) -> None:
    """Raises NotAllowed where the host's name points to this machine. Raises OSError.

    To be called before each send, as the name may point elsewhere by now.
    """
    if _is_number(address.host):
        return  # compared whole, as a name was
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    for *_, place in found:
        # a link-local address may have a zone behind it
        number = ip_address(str(place[0]).partition("%")[0])
        mapped = getattr(number, "ipv4_mapped", None) or number
        is_ours = mapped.is_loopback or mapped.is_link_local or mapped.is_unspecified
        if is_ours or mapped.is_multicast or mapped.is_reserved:
            _refuse_unless_named(address, str(mapped))


def _refuse_unless_named(address: Address, number: str) -> None:
    port = "" if address.port is None else f":{address.port}"
    if f"{address.scheme}://{number}{port}" not in settings.NOTIFY_ALLOW:
        raise NotAllowed(f"{address.host} points to {number}, which is not allowed.")


def _host(parts: SplitResult, service: Service) -> str:
    if "@" in parts.netloc and not service.has_user:
        raise NotAllowed("Remove the user name before the host.")
    if not re.fullmatch(service.path, parts.path, re.ASCII):
        raise NotAllowed("The part behind the host is not what this service needs.")
    if service.host:
        # in place of a host there is a token, in which capitals count
        first = FIRST_TOKENS.get(parts.scheme)
        if ":" in parts.netloc or (first and not first.fullmatch(parts.netloc)):
            raise NotAllowed("The tokens are not those of an incoming webhook.")
        return service.host
    host = parts.hostname or ""
    if not HOST.fullmatch(host) or (NUMBERS.fullmatch(host) and not _is_number(host)):
        raise NotAllowed("The host must be a name, or an IPv4 address of four plain numbers.")
    return host


def _is_number(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except AddressValueError:
        return False
