"""Bytes past a transport: only when nothing waits in it, and never after its end."""

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from quart_notes.outlets import EventStreamOutlet, TransportOutlet, WebsocketOutlet
from tests.raw_connection import until

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


def peer(transport: Any) -> Any:
    return SimpleNamespace(transport=transport, heard=0.0, closing=False)


async def _connected() -> tuple[asyncio.WriteTransport, socket.socket]:
    """A transport, and the other end of its connection, which reads nothing by itself."""
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
def test_what_is_offered_and_what_is_written_arrive_in_order(make_loop: Any, kind: type[TransportOutlet]):
    async def run() -> None:
        transport, other = await _connected()
        outlet = kind(peer(transport))
        sent = b""
        took: set[str] = set()
        for number in range(400):
            data = b"%06d" % number * 500
            taken = outlet.offer(data)
            took.add("all" if taken == len(data) else "some" if taken else "none")
            if taken < len(data):
                outlet.write(data[taken:])
            sent += data
            assert (outlet.waiting() > 0) is (taken < len(data))
            if number % 100 == 99:  # the other end reads it all
                got = b""
                while len(got) < len(sent):
                    got += await asyncio.to_thread(other.recv, 1 << 16)
                assert got == sent
                await until(lambda: not outlet.waiting(), "all has left")
                sent = b""

        assert {"all", "none"} <= took
        transport.abort()
        other.close()
        await asyncio.sleep(0.01)

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(run())


@pytest.mark.parametrize("make_loop", LOOPS)
def test_nothing_is_taken_behind_the_end(make_loop: Any):
    async def run() -> None:
        transport, other = await _connected()
        shown = peer(transport)
        outlet = WebsocketOutlet(shown)
        assert outlet.offer(b"x") == 1

        shown.closing = True  # a close frame was sent
        assert outlet.offer(b"y") == 0
        shown.closing = False
        transport.abort()
        assert outlet.offer(b"z") == 0
        await asyncio.sleep(0.01)
        assert outlet.offer(b"z") == 0

        other.close()

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(run())


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_connection_that_is_gone_takes_nothing_and_raises_nothing(make_loop: Any):
    async def run() -> None:
        transport, other = await _connected()
        outlet = WebsocketOutlet(peer(transport))
        other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        other.close()
        for _ in range(5):
            outlet.offer(b"x")
        assert outlet.offer(b"x") == 0
        transport.abort()
        await asyncio.sleep(0.01)

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(run())


def test_nothing_goes_past_what_encrypts():
    transport = SimpleNamespace(
        write=lambda data: None,
        get_write_buffer_size=lambda: 0,
        is_closing=lambda: False,
        get_extra_info=lambda name: object(),
    )

    assert WebsocketOutlet(peer(transport)).offer(b"secret") == 0
