"""Outlets write past the transport: only when its buffer is empty, and never after its end."""

import asyncio
import socket
import ssl
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from quart_notes.live.outlets import EventStreamOutlet, TransportOutlet, WebsocketOutlet
from quart_notes.server.sockets import SEND_BUFFER, UNSENT_LOW_WATER, listen
from quart_notes.server.transport.client_connection import ClientConnection
from tests.support.clients.raw_connection import until
from tests.support.servers.server_process import ROOT

CERTIFICATE = ROOT / "tests" / "support" / "self_made.pem"
RECEIVE_BUFFER = 65_536  # bytes: the kernel's own choice grows, and may take all that is sent at once
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


def peer(transport: Any) -> Any:
    return SimpleNamespace(transport=transport, heard=0.0, closing=False)


async def _connected() -> tuple[asyncio.WriteTransport, socket.socket]:
    """A transport, and the other end of its connection, which does not read by itself."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    other.settimeout(5)
    ours.setblocking(False)
    transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, ours)
    return transport, other


@pytest.mark.parametrize("make_loop", LOOPS)
@pytest.mark.parametrize("kind", [WebsocketOutlet, EventStreamOutlet])
def test_immediate_and_buffered_writes_arrive_in_order(make_loop: Any, kind: type[TransportOutlet]):
    async def run() -> None:
        transport, other = await _connected()
        outlet = kind(peer(transport))
        sent = b""
        took: set[str] = set()
        for number in range(400):
            data = b"%06d" % number * 500
            taken = outlet.write_now(data)
            took.add("all" if taken == len(data) else "some" if taken else "none")
            if taken < len(data):
                outlet.write(data[taken:])
            sent += data
            assert (outlet.buffered_bytes() > 0) is (taken < len(data))
            if number % 100 == 99:  # the other end reads everything
                got = b""
                while len(got) < len(sent):
                    got += await asyncio.to_thread(other.recv, 1 << 16)
                assert got == sent
                await until(lambda: not outlet.buffered_bytes(), "all has left")
                sent = b""

        assert {"all", "none"} <= took
        transport.abort()
        other.close()
        await asyncio.sleep(0.01)

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(run())


@pytest.mark.parametrize("make_loop", LOOPS)
def test_nothing_is_written_after_the_end(make_loop: Any):
    async def run() -> None:
        transport, other = await _connected()
        shown = peer(transport)
        outlet = WebsocketOutlet(shown)
        assert outlet.write_now(b"x") == 1

        shown.closing = True  # a close frame was sent
        assert outlet.write_now(b"y") == 0
        shown.closing = False
        transport.abort()
        assert outlet.write_now(b"z") == 0
        await asyncio.sleep(0.01)
        assert outlet.write_now(b"z") == 0

        other.close()

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(run())


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_closed_connection_accepts_nothing_and_raises_nothing(make_loop: Any):
    async def run() -> None:
        transport, other = await _connected()
        outlet = WebsocketOutlet(peer(transport))
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        other.close()
        for _ in range(5):
            outlet.write_now(b"x")
        assert outlet.write_now(b"x") == 0
        transport.abort()
        await asyncio.sleep(0.01)

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(run())


@pytest.mark.parametrize("make_loop", LOOPS)
@pytest.mark.parametrize("encrypted", [False, True])
def test_an_immediate_write_is_readable_and_drained_once_it_was_read(make_loop: Any, encrypted: bool):
    """Encrypted connections have no immediate writes: the peer could not decrypt them."""
    ours = theirs = None
    if encrypted:
        ours, theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=CERTIFICATE)
        ours.load_cert_chain(CERTIFICATE)

    async def run() -> None:
        accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
        with listen("127.0.0.1:0") as listener:
            far = socket.socket()
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            far.setblocking(False)
            server = await asyncio.start_server(lambda _, writer: accepted.set_result(writer), sock=listener, ssl=ours)
            await asyncio.get_running_loop().sock_connect(far, listener.getsockname())
            name = "localhost" if encrypted else None
            reader, client = await asyncio.open_connection(sock=far, ssl=theirs, server_hostname=name, limit=1024)
            outlet = EventStreamOutlet(ClientConnection(await accepted, 0.0))
            for _ in range(3):
                await outlet.drained()  # the buffer is empty
                sent = 0
                while outlet.buffered_bytes() < 2_000_000:
                    data = b"x" * 100_000
                    outlet.write(data[outlet.write_now(data) :])
                    sent += len(data)
                    await asyncio.sleep(0)
                draining = asyncio.create_task(outlet.drained())
                await asyncio.sleep(0)
                assert not draining.done()

                assert await reader.readexactly(sent) == b"x" * sent

                await asyncio.wait_for(draining, 10)
                assert not outlet.buffered_bytes()
            outlet.abort()
            with pytest.raises(ConnectionError):
                await outlet.drained()
            client.transport.abort()
            server.close()
            await asyncio.sleep(0.01)

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(asyncio.wait_for(run(), 20))


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="the platform has no TCP_NOTSENT_LOWAT")
def test_the_kernel_buffers_little_for_a_peer_that_does_not_read():
    with listen("127.0.0.1:0") as listener, socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.connect(listener.getsockname())
        ours, _ = listener.accept()
        ours.setblocking(False)
        kept = 0

        with ours, pytest.raises(BlockingIOError):
            while True:
                kept += ours.send(b"x" * 512)

        assert UNSENT_LOW_WATER <= kept <= 2 * UNSENT_LOW_WATER < SEND_BUFFER


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_write_to_a_closed_connection_is_an_os_error(make_loop: Any):
    async def run() -> None:
        ours, other = socket.socketpair()
        with other:
            _, writer = await asyncio.open_connection(sock=ours)
            connection = ClientConnection(writer, 0.0)
            writer.transport.abort()
            await writer.wait_closed()  # uvloop raises RuntimeError for such a write
            with pytest.raises(OSError):
                await connection.write(b"late")

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(run())
