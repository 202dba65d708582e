"""Where the vendor is to send results: an http(s) URL or an e-mail address.

The vendor calls it from its own network, with the customer's data. So a host that is not public is
refused in every spelling, and so is a URL that two parsers may read as two hosts.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from batches.services.callbacks import addresses

LONGEST = 2_000
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.ASCII)
PRIVATE_NAMES = (
    *("localhost", "localdomain", "local", "internal", "intranet", "lan"),
    *("home", "home.arpa", "corp", "svc"),
)
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")  # as in the demo: nothing leaves it
# IPv6 that holds an IPv4 address in its last 32 bits: compatible, translated (SIIT) and NAT64.
HOLDS_IPV4 = tuple(
    bytes.fromhex(start.ljust(24, "0")) for start in ("", f"{0:016x}ffff", "0064ff9b")
)
LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")  # which networks give out as they like
OWN_ADDRESS = "This is an address of this console, for another batch. Choose “Tell this console”."
PLAIN_HTTP = "The callback is plain http: others on the network can read and change the results."


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A callback that may be used. `warning` is what its owner should still know."""

    text: str
    warning: str = ""


def check_callback(text: str) -> Callback:
    """Raises ValidationError with a message for the field."""
    if len(text) > LONGEST:
        raise ValidationError(f"At most {LONGEST:,} characters.")
    if " " in text or "\\" in text:
        raise ValidationError("Remove spaces and backslashes.")
    if not text.isprintable():
        raise ValidationError("Remove invisible characters.")
    # a colon makes it a URL, whose user name may hold an @
    if "@" in text and ":" not in text:
        return Callback(text=_email(text))
    parts = _split(text)
    if addresses.is_address_here(text):
        raise ValidationError(OWN_ADDRESS)
    _check_host(parts.hostname or "")
    warning = PLAIN_HTTP if parts.scheme == "http" else ""
    return Callback(text=text, warning=warning)


def own_address_warning() -> str:
    """What to know of the console's own address, which needs no check: the admin has set it."""
    parts = urlsplit(settings.CALLBACK_BASE_URL)
    is_exposed = parts.scheme == "http" and parts.hostname not in THIS_MACHINE
    return PLAIN_HTTP if is_exposed else ""


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValidationError("This is neither an e-mail address nor a full URL.") from error
    _check_host(text.rpartition("@")[2].lower())
    return text


def _split(text: str) -> SplitResult:
    """The parts of a URL that every parser splits alike."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValidationError("This URL has an invalid host or port.") from error
    # `urlsplit` also takes `https:host`, without a host
    if parts.scheme not in ("http", "https") or not text.lower().startswith(f"{parts.scheme}://"):
        raise ValidationError("Write a full URL beginning with https://, or an e-mail address.")
    if "@" in parts.netloc:
        raise ValidationError("Remove the user name and password.")
    is_odd = "[" in parts.netloc and ":" not in (parts.hostname or "")  # [v1.a] is no IPv6
    if port == 0 or parts.netloc.endswith(":") or is_odd:
        raise ValidationError("This URL has an invalid host or port.")
    return parts


def _check_host(host: str) -> None:
    if not host.isascii():
        raise ValidationError(_as_sent(host))
    # a dot at the end is the root of the DNS: the same host
    name = host.removesuffix(".")
    if _is_address(name):
        return _check_address(name)
    if "." not in name or len(name) > 253 or not all(map(LABEL.fullmatch, name.split("."))):
        raise ValidationError("The host must be a full name, such as hooks.example.com.")
    if any(name == private or name.endswith(f".{private}") for private in PRIVATE_NAMES):
        raise ValidationError("Refonte cannot reach hosts on this machine or this network.")
    return _check_allowed(name)


def _as_sent(host: str) -> str:
    """The message for a host with other letters than ASCII."""
    # in ASCII a person sees that a letter is from another alphabet than it seems
    try:
        ascii_host = host.encode("idna").decode()
    except UnicodeError:
        return "The host has invalid characters."
    return f"Write the host in ASCII: {ascii_host}. Is it the one you mean?"


def _is_address(host: str) -> bool:
    """Anything that some resolver reads as an IP address: 2130706433, 0x7f.1, 127.1, ::1."""
    return ":" in host or NUMBER.fullmatch(host.rpartition(".")[2]) is not None


def _check_address(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise ValidationError("Write an IP address in its usual form.") from error
    inner = [address]
    if isinstance(address, ipaddress.IPv6Address):
        tunnels = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
        inner += [tunnel for tunnel in tunnels if tunnel]
        if address.packed[:12] in HOLDS_IPV4:
            inner.append(ipaddress.IPv4Address(address.packed[12:]))
    if not all(map(_is_public, inner)):
        raise ValidationError("Refonte cannot reach addresses on this machine or this network.")
    _check_allowed(str(address))


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (
        address.is_site_local or address in LOCAL_NAT64
    ):
        return False
    # Python calls some multicast addresses global, such as 224.0.1.1
    return address.is_global and not address.is_multicast


def _check_allowed(host: str) -> None:
    """`CALLBACK_HOSTS`, where it is set: each entry a host, or a domain with all in it."""
    allowed = [entry.lower().removeprefix("*").strip(".") for entry in settings.CALLBACK_HOSTS]
    if allowed and not any(host == entry or host.endswith(f".{entry}") for entry in allowed):
        raise ValidationError(f"Callbacks may only go to {', '.join(allowed)}.")
