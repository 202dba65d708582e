"""Reads environment variables. A missing or wrong value stops the start with a message.

Every reader takes the name of its variable and raises `ImproperlyConfigured`, never with the value,
which may be a secret. Only `settings.py` calls them. Start with `values`.
"""

from dashboard.env.addresses import proxy, vendor_url
from dashboard.env.file import read_file, refuse_unknown
from dashboard.env.hosts import bind_address, callback_hosts, hosts, origins
from dashboard.env.paths import certificates, directory
from dashboard.env.servers import REDIS_OPTIONS, database, email, queue_pool, redis_url
from dashboard.env.values import (
    fernet_keys,
    flag,
    number,
    processes,
    readers,
    secret,
    text,
    whole,
    zone,
)

__all__ = [
    "REDIS_OPTIONS",
    "bind_address",
    "callback_hosts",
    "certificates",
    "database",
    "directory",
    "email",
    "fernet_keys",
    "flag",
    "hosts",
    "number",
    "origins",
    "processes",
    "proxy",
    "queue_pool",
    "read_file",
    "readers",
    "redis_url",
    "refuse_unknown",
    "secret",
    "text",
    "vendor_url",
    "whole",
    "zone",
]
