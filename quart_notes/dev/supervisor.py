"""Holds the socket and keeps a server behind it, a new one after each change to the code."""

import asyncio
import json
import logging
import secrets
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from quart_notes.dev.error_page import ErrorReport
from quart_notes.dev.error_server import error_server
from quart_notes.dev.failure import TOP
from quart_notes.dev.file_watcher import ChangeKind, WatchedFiles, watch_files
from quart_notes.dev.server_process import PROGRAM, ServerProcess
from quart_notes.server import serve
from quart_notes.server.sockets import listen
from quart_notes.settings_sources import config_file, load
from quart_notes.web.assets import folder

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, `kill`, a terminal that closes
OWN = Path(__file__).parent  # the supervisor's own code

log = logging.getLogger(__name__)


def run(flags: Mapping[str, Any]) -> None:
    """Serve and follow changes, until SIGINT or SIGTERM.

    flags    of the command line, by name; None means not given
    raises   SettingsError or ServeError when it cannot start at all
    """
    settings = load(flags)
    bind = serve.configuration(settings).bind[0]
    # The address stays; its rules (loopback, or sign-in) hold for every later server too.
    given = {name: value for name, value in flags.items() if value is not None} | {"bind": bind}
    hypercorn = {settings.server_config or Path("hypercorn.toml"), folder("static").parent / "hypercorn.toml"}
    watched = WatchedFiles(
        TOP / "quart_notes",
        folder("templates"),
        folder("static"),
        frozenset(file.absolute() for file in {config_file(flags), *hypercorn}),
    )
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    with listen(bind) as listener, asyncio.Runner() as runner:
        listener.setblocking(False)
        supervisor = ReloadSupervisor(listener, watched, json.dumps(given, default=str), settings.root_path)
        with suppress(asyncio.CancelledError):
            runner.run(_run_until_signalled(supervisor))


async def _run_until_signalled(supervisor: "ReloadSupervisor") -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - this is one
    for number in ENDINGS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` ignores it
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await supervisor.run()


class ReloadSupervisor:
    """One server after the other, on one listening socket.

    1. The socket stays open: a client that comes while there is no server waits for the next one, or gets the error.
    2. There is one server process at most, and none once `run` has ended, however it ends.
    3. A server has all changes from before its start; a later change reaches it or starts a new one.
    """

    def __init__(
        self, listener: socket.socket, watched: WatchedFiles, flags: str, root: str, program: Sequence[str] = PROGRAM
    ) -> None:
        self._listener = listener
        self._watched = watched
        self._flags = flags
        self._root = root
        self._program = program
        self._names = (f"{secrets.token_hex(4)}-{number}" for number in count(1))
        self._changed = asyncio.Event()  # a new server is needed
        self._serving: ServerProcess | None = None

    async def run(self) -> None:
        """Run until cancelled."""
        async with watch_files(self._watched, self.notice):
            log.info("Following %s", ", ".join(str(one) for group in self._watched.folders().values() for one in group))
            while True:
                self._changed.clear()
                error = await self._serve(next(self._names))
                if error is not None:
                    await self._explain(error)

    def notice(self, changes: Mapping[Path, ChangeKind]) -> None:
        """Handle changes of files."""
        names = ", ".join(file.name for file in list(changes)[:3]) + (" …" if len(changes) > 3 else "")
        if self._serving is not None and ChangeKind.CODE not in changes.values():
            log.info("Changed: %s", names)
            self._serving.send(sorted({*changes.values()}))
            return
        log.info("Restarting: %s", names)
        if any(OWN in file.parents for file in changes):
            log.warning("For changes to the supervisor itself, restart `quart-notes dev`")
        self._changed.set()

    async def _serve(self, name: str) -> ErrorReport | None:
        """Run one server until there is a change, or until it fails; returns why it failed."""
        self._serving = process = await ServerProcess.start(self._program, self._listener, name, self._flags)
        ended, changed = asyncio.ensure_future(process.ended()), asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait([ended, changed], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._serving = None
            for task in (ended, changed):
                task.cancel()
            await process.stop()
        return None if self._changed.is_set() else ended.result()

    async def _explain(self, error: ErrorReport) -> None:
        """Show the error until something changes."""
        log.error("%s: %s %s", error.title, error.what, error.where)
        async with error_server(self._listener, next(self._names), error, self._root):
            await self._changed.wait()
