"""HTTP itself: kept connections, bodies too large, callers who leave."""

import socket

from batches.sandbox import Sandbox

from .conftest import Caller


def talk(sandbox: Sandbox, *requests: bytes) -> bytes:
    """Send raw bytes over one connection and read until it ends."""
    port = int(sandbox.url.rsplit(":", 1)[1].removesuffix("/v1"))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(b"".join(requests))
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_a_connection_serves_several_requests(sandbox: Sandbox):
    request = b"GET /v1/batches HTTP/1.1\r\nHost: x\r\n\r\n"
    assert talk(sandbox, request, request).count(b"HTTP/1.1 401") == 2


def test_a_body_that_is_too_large_or_of_unknown_length_is_refused(sandbox: Sandbox):
    for header in (
        b"Content-Length: 9999999999",
        b"Content-Length: x",
        b"Transfer-Encoding: chunked",
    ):
        request = b"POST /v1/batches HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n"
        assert talk(sandbox, request).startswith(b"HTTP/1.1 413")


def test_an_unknown_method_is_refused(sandbox: Sandbox):
    assert talk(sandbox, b"BREW /v1/batches HTTP/1.1\r\nHost: x\r\n\r\n").startswith(
        b"HTTP/1.1 501"
    )


def test_a_caller_who_leaves_in_mid_answer_harms_nobody(sandbox: Sandbox, alice: Caller):
    sandbox.fault("drip_body", seconds=0.001, times=1)
    port = int(sandbox.url.rsplit(":", 1)[1].removesuffix("/v1"))
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"GET /v1/batches HTTP/1.1\r\nHost: x\r\n\r\n")
        line.recv(20)
    assert alice.get("/batches").status_code == 200


def test_stopping_ends_a_dripping_answer():
    with Sandbox(batches=0) as sandbox:
        sandbox.fault("drip_body", seconds=0.05)
        port = int(sandbox.url.rsplit(":", 1)[1].removesuffix("/v1"))
        line = socket.create_connection(("127.0.0.1", port), timeout=60)
        line.sendall(b"GET /v1/batches HTTP/1.1\r\nHost: x\r\n\r\n")
        line.recv(20)
    with line:
        assert b"Invalid API key" not in b"".join(iter(lambda: line.recv(65536), b""))
