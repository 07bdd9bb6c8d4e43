"""Disconnected clients: their requests are cancelled; a half-closed one still gets its response, up to a limit."""

import asyncio
from typing import Any

from quart_notes.server.transport.connection import MAX_DOUBTED
from tests.support.clients.raw_connection import RawConnection, until
from tests.support.servers.served import served

ASK = b"GET /%d HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Waiting:
    """An application whose responses wait until the test allows them."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.may_leave = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Respond."""
        if scope["type"] == "lifespan":
            for stage in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{stage}.complete"})
            return
        self.begun.append(scope["path"])
        try:
            await self.may_leave.wait()
        except asyncio.CancelledError:
            self.ended.append(scope["path"])
            raise
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


async def ask(app: Waiting, port: int, number: int) -> RawConnection:
    """Send a request; returns once the application handles it."""
    connection = await RawConnection(port).connect()
    await connection.send(ASK % number)
    await until(lambda: f"/{number}" in app.begun, "it is begun")
    return connection


async def test_a_request_is_cancelled_when_its_client_resets_the_connection(unused_tcp_port: int):
    app = Waiting()
    async with served(app, unused_tcp_port):  # type: ignore[arg-type]
        one, other = [await ask(app, unused_tcp_port, number) for number in (1, 2)]

        one.cut()

        await until(lambda: app.ended == ["/1"], "it ends")
        app.may_leave.set()
        assert (await other.rest()).startswith(b"HTTP/1.1 204")
        other.close()


async def test_half_closed_clients_get_their_responses_up_to_a_limit(unused_tcp_port: int):
    app = Waiting()
    async with served(app, unused_tcp_port):  # type: ignore[arg-type]
        silent = [await ask(app, unused_tcp_port, number) for number in range(MAX_DOUBTED + 1)]
        for connection in silent[:-1]:
            connection.socket.shutdown(1)
        await asyncio.gather(*(ask_nothing(unused_tcp_port) for _ in range(2)))  # the server has noticed their ends

        silent[-1].socket.shutdown(1)

        await until(lambda: app.ended, "one ends")
        app.may_leave.set()
        answers = [await connection.rest() for connection in silent]
        assert [answer[:12] for answer in answers].count(b"HTTP/1.1 204") == MAX_DOUBTED
        assert len(app.ended) == 1
        for connection in silent:
            connection.close()


async def ask_nothing(port: int) -> None:
    """Connect and disconnect."""
    (await RawConnection(port).connect()).close()


async def test_requests_of_clients_that_disconnect_at_once_rarely_start(unused_tcp_port: int):
    app = Waiting()
    async with served(app, unused_tcp_port):  # type: ignore[arg-type]
        for number in range(60):
            connection = await RawConnection(unused_tcp_port).connect()
            await connection.send(ASK % number)
            connection.close()
        staying = await ask(app, unused_tcp_port, 1000)

        await until(lambda: len(app.begun) - len(app.ended) <= MAX_DOUBTED + 1, "few of them go on")
        app.may_leave.set()
        staying.close()
