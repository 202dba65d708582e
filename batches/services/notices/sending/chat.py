"""Sends to chats and webhooks, through apprise. The only module that imports it.

apprise uses requests, which obeys variables of the environment that this console does not know:
proxies and `.netrc`. Both are taken out of it here, before the first send.
"""

import logging
import os

from apprise import AppriseAsset, NotifyFormat
from apprise.exception import AppriseException
from apprise.plugins.base import NotifyBase
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.google_chat import NotifyGoogleChat
from apprise.plugins.mattermost import NotifyMattermost
from apprise.plugins.ntfy import NotifyNtfy
from apprise.plugins.slack import NotifySlack

from batches.services.notices.addresses import SERVICES, Address, NotAllowed, parse, refuse_private
from batches.services.notices.messages import Message

log = logging.getLogger(__name__)

NOT_TAKEN = "{} did not take it."
NOT_FOUND = "The name of the host was not found."
# a proxy or a password of the environment would be used for every host
os.environ.update(NO_PROXY="*", no_proxy="*", NETRC=os.devnull)
# it writes URLs, which are credentials, into its lines; a configuration of the logs that is loaded
# later takes no filter away
logging.getLogger("apprise").addFilter(lambda _: False)
PLAIN = {"https": "jsons", "http": "json"}
# By name, as apprise itself would load all of its 150 services for the first URL.
PLUGINS: dict[str, type[NotifyBase]] = {
    "https": NotifyJSON,
    "http": NotifyJSON,
    "slack": NotifySlack,
    "discord": NotifyDiscord,
    "gchat": NotifyGoogleChat,
    "mmosts": NotifyMattermost,
    "mmost": NotifyMattermost,
    "ntfys": NotifyNtfy,
    "ntfy": NotifyNtfy,
}
SECONDS = 10.0  # to connect, and then to answer


def send_chat(*, url: str, message: Message) -> str:
    """Why it was not sent; empty where the service took it. Raises NotAllowed.

    url: as it was stored; looked at again, as NOTIFY_ALLOW may be another one by now.
    """
    address = parse(url)
    try:
        refuse_private(address)
    except OSError:
        return NOT_FOUND
    plugin = _plugin(address, message)
    try:
        taken = plugin.notify(
            title=message.subject, body=message.text, body_format=NotifyFormat.TEXT
        )
    # each of its plugins may raise its own; no traceback, as its text may have the URL
    except Exception as error:  # noqa: BLE001
        log.warning("a chat could not be sent to", extra={"error": type(error).__name__})
        taken = False
    return "" if taken else NOT_TAKEN.format(address.shown)


def _plugin(address: Address, message: Message) -> NotifyBase:
    """Raises NotAllowed where apprise reads the URL in another way."""
    asset = AppriseAsset(
        app_id="Refonte console",
        app_desc="Refonte console",
        async_mode=False,
        http_redirects=False,  # a redirect leads to a host that nobody has allowed
        storage_mode="memory",
    )
    scheme = PLAIN.get(address.scheme, address.scheme)
    kind, bare = PLUGINS[address.scheme], f"{scheme}://{address.url.partition('://')[2]}"
    found = kind.parse_url(bare)
    try:
        plugin = kind(**found, asset=asset) if found else None
    except (AppriseException, TypeError):
        plugin = None
    # where the host is in the URL, apprise must have found the same one
    has_host = not SERVICES[address.scheme].host
    if plugin is None or (has_host and (plugin.host, plugin.port) != (address.host, address.port)):
        raise NotAllowed(f"The URL is not one for {address.scheme}.")
    plugin.socket_connect_timeout = plugin.socket_read_timeout = SECONDS
    plugin.request_rate_per_sec = 0  # the worker has a pace of its own
    if scheme in PLAIN.values():
        plugin.headers["Idempotency-Key"] = message.id  # type: ignore[attr-defined]  # of JSON
        plugin.payload_extras.update(message.fields)  # type: ignore[attr-defined]
    return plugin
