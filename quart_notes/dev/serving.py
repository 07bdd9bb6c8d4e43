"""The server of `quart-notes dev`: the one that `quart-notes serve` is, and what open pages need to follow it."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from quart import Quart

from quart_notes import server
from quart_notes.database import CannotOpenError
from quart_notes.dev.pages import Pages
from quart_notes.dev.watching import Kind
from quart_notes.settings import SettingsError, load


class Refused(Exception):
    """The settings or the database do not let it start; the message says why."""


def serve(flags: Mapping[str, Any], listener: socket.socket, supervisor: socket.socket, run: str) -> None:
    """Serve on `listener` until SIGTERM, SIGINT or the end of the supervisor. Raises Refused."""

    def furnish(app: Quart) -> None:
        line = Line(supervisor, Pages(app, run))
        app.before_serving(line.open)
        app.after_serving(line.close)

    try:
        settings = load(flags)
        server.configure_logging(settings.log_format)
        server.serve(settings, listener, furnish)
    except (SettingsError, server.ServeError, CannotOpenError) as error:
        raise Refused(str(error)) from None


class Line:
    """The line to the supervisor: says that the server is ready, hears of changes."""

    def __init__(self, supervisor: socket.socket, pages: Pages) -> None:
        self._socket = supervisor
        self._pages = pages
        self._hearing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Everything has been opened; requests come next."""
        reader, writer = await asyncio.open_connection(sock=self._socket)
        writer.write(json.dumps({"ready": True}).encode() + b"\n")
        self._hearing = asyncio.create_task(self._hear(reader, writer))

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                async for line in reader:
                    self._pages.change({Kind(kind) for kind in json.loads(line)})
        finally:
            writer.close()
        os.kill(os.getpid(), signal.SIGTERM)  # the supervisor has gone: nobody would end this process

    async def close(self) -> None:
        """The server is ending."""
        if self._hearing is not None:
            self._hearing.cancel()
