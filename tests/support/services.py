"""A PostgreSQL database and a Redis database for each test marked `services`."""

import os
from collections.abc import Iterator
from secrets import token_hex

import psycopg
import pytest
import redis
from psycopg import sql

from tests.support.requirements import POSTGRES, REDIS

SERVER = f"postgresql://postgres@{POSTGRES[0]}:{POSTGRES[1]}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    name = f"console_{token_hex(6)}"
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{SERVER}/{name}"
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def redis_url() -> Iterator[str]:
    """Database 9 to 15, by the number of the xdist worker; emptied before and after."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = f"redis://{REDIS[0]}:{REDIS[1]}/{9 + worker % 7}"
    with redis.Redis.from_url(url) as server:
        server.flushdb()
        yield url
        server.flushdb()
