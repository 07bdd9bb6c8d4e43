"""Responds to every request with the error while there is no server."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from quart_notes.dev.error_page import FILES, HERE, State
from quart_notes.errors import problem
from quart_notes.schemas.strict_json import dump
from quart_notes.web.security.headers import SECURITY

PATIENCE = 5.0  # seconds for the head of a request
LINGER = 1.0  # seconds for a client to read the response although it is still sending
MAX_HEAD = 64 * 1024  # bytes
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
STREAM = "text/event-stream; charset=utf-8"


@asynccontextmanager
async def standing_in(listener: socket.socket, state: State, root: str) -> AsyncGenerator[None, None]:
    """Respond on `listener` while the block runs; responses in progress at the end are completed.

    root   the prefix of all addresses, as in `Settings.root_path`
    """
    stand_in = StandIn(state, root)
    server = await asyncio.start_server(stand_in.answer, sock=listener.dup(), limit=MAX_HEAD)
    try:
        yield
    finally:
        server.close()
        await stand_in.leave()


class StandIn:
    """A server with one response."""

    def __init__(self, state: State, root: str) -> None:
        self._state = state
        self._root = root
        self._leaving = asyncio.Event()
        self._answering: set[asyncio.Task[None]] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, then close."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio calls this in a task
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        try:
            with suppress(OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
                async with asyncio.timeout(PATIENCE):
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                await self._answer(head, reader, writer)
        finally:
            writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, _, rest = head.partition(" ")
        target, _, _ = rest.partition(" ")
        path = target.partition("?")[0].removeprefix(self._root)
        if path == "/dev/changes":
            writer.write(_head(HTTPStatus.OK, STREAM) + b"data: %s\n\n" % self._state.data())
            await writer.drain()
            gone = asyncio.ensure_future(reader.read())
            left = asyncio.ensure_future(self._leaving.wait())
            await asyncio.wait([gone, left], return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            left.cancel()
            return
        if path.removeprefix("/dev/") in FILES:
            file = HERE / path.removeprefix("/dev/")
            body, status, kind = file.read_bytes(), HTTPStatus.OK, TYPES[Path(path).suffix]
        else:
            body, kind = self._trouble(head)
            status = HTTPStatus.SERVICE_UNAVAILABLE
        writer.write(_head(status, kind, len(body)) + (b"" if head.startswith("HEAD ") else body))
        await writer.drain()
        # Closing with unread bytes would reset the connection, and the response might be lost.
        writer.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while await reader.read(MAX_HEAD):
                    pass

    def _trouble(self, head: str) -> tuple[bytes, str]:
        trouble = self._state.trouble
        assert trouble is not None  # noqa: S101 - else there would be a server
        if "text/html" in head.lower():
            page = trouble.page(self._root).encode()
            return self._state.followed(page, self._root), "text/html; charset=utf-8"
        detail = ", at ".join(filter(None, (f"{trouble.title}: {trouble.what}", trouble.where)))
        return dump(problem(503, "no_server", detail)), "application/problem+json"

    async def leave(self) -> None:
        """Wait, for a short time, until all responses are sent."""
        self._leaving.set()
        answering = list(self._answering)
        if answering:
            _, late = await asyncio.wait(answering, timeout=LINGER)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def _head(status: HTTPStatus, kind: str, length: int | None = None) -> bytes:
    headers = {**SECURITY, "Content-Type": kind, "Cache-Control": "no-store", "Connection": "close"}
    if length is not None:
        headers["Content-Length"] = str(length)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
