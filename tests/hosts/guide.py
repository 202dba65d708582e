"""nginx's configuration, taken out of the operations guide, so that what it says is what was tried.

Only what differs between machines is put in: addresses, ports, and where the certificate lies.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from dashboard.run.demo import ROOT

GUIDE = ROOT / "docs/operations.md"
ONE_HOST = "location / { proxy_pass http://127.0.0.1:8000; }"
# Beside the guide's: how it is run for a test, and what it answered on whose behalf.
AROUND = """daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 1024; }}
http {{
    log_format hosts '$status $request_method $uri $upstream_addr $upstream_status $request_time';
    access_log {folder}/access.log hosts;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{servers}
}}
"""


def block_after(heading: str, beginning: str) -> str:
    """The indented lines below a heading of the guide, from the one that begins so."""
    text = GUIDE.read_text("utf-8")
    section = re.split(rf"^#+ {re.escape(heading)}$", text, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.search(rf"^    {re.escape(beginning)}.*(?:\n(?:    .*)?)*", section, re.MULTILINE)
    assert found, f"{heading} has no {beginning}"
    return "\n".join(line.removeprefix("    ") for line in found[0].rstrip().split("\n"))


def configuration(
    folder: Path, *, port: int, plain_port: int, addresses: Sequence[str], certificate: Path
) -> str:
    """Of the whole nginx; what it includes is written beside it."""
    headers = block_after("nginx", "default_type")
    (folder / "console-headers.conf").write_text(headers, "utf-8")
    servers = block_after("nginx", "server {")
    upstream = block_after("nginx in front of several hosts", "upstream console {")
    locations = block_after("nginx in front of several hosts", "proxy_connect_timeout")
    assert ONE_HOST in servers
    text = f"{upstream.split(chr(10) + '}')[0]}\n}}\n{servers.replace(ONE_HOST, locations)}"
    for found, own in (
        (r"listen 80;", f"listen 127.0.0.1:{plain_port};"),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        (r"ssl_certificate .*;", f"ssl_certificate {certificate};"),
        (r"ssl_certificate_key .*;", f"ssl_certificate_key {certificate};"),
    ):
        text, count = re.subn(found, own, text)
        assert count == 1, found
    own_servers = iter(addresses)
    text = re.sub(r"(?<=server )192\.0\.2\.\d+:8000", lambda _: next(own_servers), text)
    assert next(own_servers, None) is None, "the guide names fewer hosts"
    return AROUND.format(folder=folder, servers=text)
