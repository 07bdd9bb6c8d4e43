"""TLS in hypercorn.toml: https links, HTTP/2, and a shutdown with open connections."""

import re
import signal
import socket
import ssl
import time
from contextlib import ExitStack
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest

from tests.support.servers.server_fork import Child
from tests.support.servers.server_process import ROOT, wait_for

CERTIFICATE = ROOT / "tests" / "support" / "self_made.pem"  # for localhost, with its key, valid for a hundred years
ENDS = 5.0  # seconds; the default is half a minute


def connect(port: int, *protocols: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    context.set_alpn_protocols(protocols)
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10), server_hostname="localhost")


STRICT = b"max-age=3600"  # in each response's Strict-Transport-Security


def ask_over_h2(port: int) -> dict[bytes, bytes]:
    """The headers of a response over HTTP/2."""
    with connect(port, "h2") as line:
        assert line.selected_alpn_protocol() == "h2"
        client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        client.initiate_connection()
        host = (":authority", f"localhost:{port}")
        client.send_headers(1, [(":method", "GET"), (":scheme", "https"), (":path", "/healthz"), host], end_stream=True)
        line.sendall(client.data_to_send())
        while data := line.recv(65536):
            for event in client.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    return dict(event.headers)
    raise AssertionError("no answer")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_with_a_certificate_serves_everything(tmp_path: Path, workers: str):
    settings = (ROOT / "hypercorn.toml").read_text()
    own = f'certfile = "{CERTIFICATE}"\nkeyfile = "{CERTIFICATE}"\n'
    (tmp_path / "hypercorn.toml").write_text(settings + own)
    log = tmp_path / "log"
    flags = ("--bind", "127.0.0.1:0", "--access", "accounts", "--workers", workers, "--hsts", "3600")
    with log.open("wb") as out, ExitStack() as stack:
        process = Child("serve", *flags, folder=tmp_path, env={}, out=out.fileno(), err=out.fileno(), earnest=False)
        try:
            wait_for(lambda: "Quart Notes on" in log.read_text(), "it serves", 30)
            found = re.search(r"Quart Notes on https://127\.0\.0\.1:(\d+)", log.read_text())
            assert found, log.read_text()
            wait_for(lambda: "Set up this server" in log.read_text(), "it offers the first link")
            assert re.search(r"once: https://127\.0\.0\.1:\d+/front/join/", log.read_text())
            port = int(found[1])
            answer = ask_over_h2(port)
            assert (answer[b":status"], answer[b"strict-transport-security"]) == (b"200", STRICT)
            for request in (b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"):
                staying = stack.enter_context(connect(port, "http/1.1"))
                staying.sendall(request)
                if request:
                    received = staying.recv(65536)
                    assert received.startswith(b"HTTP/1.1 200")
                    assert b"strict-transport-security: " + STRICT in received

            process.send_signal(signal.SIGTERM)

            began = time.monotonic()
            assert process.wait(30) == 0
            assert time.monotonic() - began < ENDS
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait(10)
    assert "Traceback" not in log.read_text()
