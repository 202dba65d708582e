"""Two hosts on PostgreSQL and a Redis of their own behind nginx, with people signed in."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from batches.sandbox import Sandbox
from dashboard.run import demo
from dashboard.run.secrets_file import new_secrets
from tests.faults.certificates import Authority
from tests.hosts.machines import Host, OwnRedis, nginx
from tests.hosts.people import HOST, Browser, Tally

VIEWERS, OPERATORS = 50, 2
PROCESSES = 4  # of both hosts, without their workers
PROJECT = "hosts"
ONLY_ON_THE_FIRST = "/static/css/of-the-first-host.0123456789ab.css"


@dataclass(slots=True)
class Estate:
    hosts: list[Host]
    redis: OwnRedis
    sandbox: Sandbox
    database: str
    port: int
    cookies: dict[str, dict[str, str]]
    tally: Tally = field(default_factory=Tally)
    browsers: list[Browser] = field(default_factory=list)

    def browser(self, name: str) -> Browser:
        self.browsers.append(Browser(self.port, self.cookies[name], self.tally))
        return self.browsers[-1]

    def ask(self, query: str) -> Any:
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def running_estate(folder: Path, database: str) -> Iterator[Estate]:
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(batches=60, seed=1))
        redis = OwnRedis(folder)
        stack.callback(redis.send, signal.SIGKILL)  # which ends one that was stopped, too
        hosts = hosts_of(folder, database, redis.url, sandbox.url)
        cookies = set_up(hosts, sandbox)
        for host in hosts:
            host.start()
            stack.callback(host.kill)
        for host in hosts:
            host.wait_until_up()
        web = folder / "nginx"
        web.mkdir()
        authority = Authority.make(web)
        authority.serve_as(HOST)
        addresses = [f"{host.address[0]}:{host.address[1]}" for host in hosts]
        port = stack.enter_context(nginx(web, addresses, web / f"{HOST}-30.pem"))
        estate = Estate(hosts, redis, sandbox, database, port, cookies)
        yield estate
        for browser in estate.browsers:
            browser.close()


def hosts_of(folder: Path, database: str, redis_url: str, vendor: str) -> list[Host]:
    kept = {name: os.environ[name] for name in demo.KEPT if name in os.environ}
    port, secrets, hosts = demo.free_port(), new_secrets(), []
    for number in (1, 2):
        home = folder / f"host{number}"
        home.mkdir()
        address = f"127.0.0.{10 + number}"
        own = {
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "ENV_FILE": "",
            "DATA_DIR": str(home),
            "DATABASE_URL": database,
            "REDIS_URL": redis_url,
            "REFONTE_API_URL": vendor,
            "ALLOWED_HOSTS": f"{HOST},{address}",
            "TRUSTED_PROXY_HOPS": "1",
            "BIND": address,
            "PORT": str(port),
            "WEB_CONCURRENCY": "2",
        }
        hosts.append(Host(f"host {number}", (address, port), kept | secrets | own, home))
    return hosts


def set_up(hosts: list[Host], sandbox: Sandbox) -> dict[str, dict[str, str]]:
    """Database, static files, people. Gives their cookies."""
    sandbox.add_project(PROJECT, kind="enterprise")
    manage(hosts[0], "manage.py", "migrate", "-v0")
    manage(hosts[0], "manage.py", "collectstatic", "--noinput", "-v0")
    first, second = (host.logs / "static" for host in hosts)
    shutil.copytree(first, second)
    (first / ONLY_ON_THE_FIRST.removeprefix("/static/")).write_text("/* newer */", "utf-8")
    names = [f"viewer-{n:02}" for n in range(VIEWERS)] + [f"maker-{n}" for n in range(OPERATORS)]
    found: dict[str, dict[str, str]] = json.loads(
        manage(hosts[0], "-m", "tests.hosts.accounts", *names)
    )
    return found


def manage(host: Host, *arguments: str) -> bytes:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=host.environment,
        cwd=demo.ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout
