"""The sandbox behind byte-level faults: it acts as usual, and its answers are broken.

    with SpoiledVendor(sandbox) as vendor:
        vendor.spoil(api_key, "body_dripped", "POST /v1/batches")

A fault is for the calls of one API key that match a pattern, so that many can be tried side by
side. All other calls are answered as the sandbox answers them.
"""

import ssl
from fnmatch import fnmatchcase

from batches.sandbox import Sandbox
from batches.sandbox.demo_keys import key_of
from batches.sandbox.server import Incoming
from tests.faults.exchange import Exchange, Received
from tests.faults.faults import FAULTS, REFUSING
from tests.faults.server import FaultServer

LATENCIES = {"ok": 0.0, "slow": 0.2}


class SpoiledVendor(FaultServer):
    """`tls`, `host`: as in FaultServer."""

    def __init__(
        self, sandbox: Sandbox, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        super().__init__(tls=tls, host=host)
        self.sandbox = sandbox
        self._spoilt: dict[str, tuple[str, str]] = {}

    def spoil(self, api_key: str, fault: str, match: str = "*") -> None:
        """Answer with this fault where `METHOD /v1/path` matches."""
        self._spoilt[api_key] = (fault, match)

    def heal(self) -> None:
        self._spoilt.clear()

    def _answer_one(self, exchange: Exchange) -> bool:
        received = exchange.receive()
        self.requests.append(received)
        fault = self._fault_for(received)
        if fault in REFUSING:
            return FAULTS[fault](exchange)
        whole = self._carry_out(received)
        if fault in LATENCIES:
            exchange.wait(LATENCIES[fault])
            exchange.send(whole)
            return True
        exchange.status = whole.partition(b"\r\n")[0].decode().partition(" ")[2]
        exchange.answer = whole.partition(b"\r\n\r\n")[2]
        return FAULTS[fault](exchange)

    def _fault_for(self, received: Received) -> str:
        api_key = key_of(received.headers.get("authorization")) or ""
        fault, match = self._spoilt.get(api_key, ("ok", ""))
        line = f"{received.method} {received.target.partition('?')[0]}"
        return fault if fnmatchcase(line, match) else "ok"

    def _carry_out(self, received: Received) -> bytes:
        path, _, query = received.target.partition("?")
        incoming = Incoming(
            method=received.method,
            path=path,
            query=query,
            headers=received.headers,
            body=received.body,
            peer="127.0.0.1",
        )
        parts = self.sandbox.respond(incoming)
        return b"".join(part for part in parts if isinstance(part, bytes))
