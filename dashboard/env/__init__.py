"""Reading the environment. Strict: a missing or wrong value stops the start, with its name.

`env.bool` of django-environ reads any unknown word as False, so flags are read here. Every reader
takes the name as people write it and raises `ImproperlyConfigured` with a sentence.
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
