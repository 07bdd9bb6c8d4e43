"""The server of `quart-notes dev`: the one that `quart-notes serve` is, and what open pages need to follow it."""

import socket
from collections.abc import Mapping
from typing import Any

from quart import Quart

from quart_notes.dev.file_watcher import ChangeKind
from quart_notes.dev.reload import ReloadBlueprint
from quart_notes.server import serve as server
from quart_notes.server.sockets import ServeError
from quart_notes.server.workers.control_channel import ControlChannel
from quart_notes.settings import SettingsError
from quart_notes.settings_sources import load
from quart_notes.storage.database import DatabaseOpenError


class StartRefused(Exception):
    """The settings or the database do not let it start; the message says why."""


def serve(flags: Mapping[str, Any], listener: socket.socket, supervisor: socket.socket, run: str) -> None:
    """Serve on `listener` until SIGTERM, SIGINT or the end of the supervisor. Raises StartRefused."""

    def furnish(app: Quart) -> None:
        pages = ReloadBlueprint(app, run)

        async def change(kinds: list[str]) -> None:
            pages.change({ChangeKind(kind) for kind in kinds})

        line = ControlChannel(supervisor, change)
        app.before_serving(line.open)
        app.after_serving(line.close)

    try:
        settings = load(flags)
        server.configure_logging(settings.log_format)
        server.serve(settings, listener, furnish)
    except (SettingsError, ServeError, DatabaseOpenError) as error:
        raise StartRefused(str(error)) from None
