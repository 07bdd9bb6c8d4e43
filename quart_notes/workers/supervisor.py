"""Holds the sockets and keeps workers behind them: starts those anew that die, ends all of them together."""

import asyncio
import json
import logging
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any

from quart_notes import server, transport
from quart_notes.blueprints.metrics import create_metrics_app
from quart_notes.database import exclusive
from quart_notes.metrics import combined
from quart_notes.settings import Settings
from quart_notes.workers.place import Shared

PROGRAM = (sys.executable, "-m", "quart_notes.workers.worker")
STARTS = 60.0  # seconds a worker has to start: its database may have to be migrated
STOPS = 10.0  # seconds the workers have to end by themselves; then they are killed
FORMER = 5.0  # seconds for the workers of a supervisor that was killed to end
STEADY = 5.0  # seconds a worker has to live for the next one to be started at once
PAUSES = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before a worker that dies young again and again is started anew

AGAIN = 5.0  # seconds before a worker that could not be started is tried again
ANSWERS = 2.0  # seconds a worker has to give its figures
LONGEST = 1 << 20  # bytes of what a worker says at once

log = logging.getLogger("quart_notes")


def run(settings: Settings) -> None:
    """Serve with `settings.workers` processes until SIGINT or SIGTERM.

    raises   ServeError or CannotOpenError when the address or the database cannot be used
    """
    config = server.configuration(settings)
    with exclusive(settings.database, FORMER) as lock, ExitStack() as sockets, asyncio.Runner() as runner:
        listeners = [sockets.enter_context(listener) for listener in _listeners(config.bind[0], settings.workers)]
        supervisor = Supervisor(settings, listeners, lock)
        monitored = None
        if settings.metrics_bind is not None:
            monitored = sockets.enter_context(server.listen(settings.metrics_bind))
        with transport.installed(0, direct=False):
            runner.run(supervisor.run(monitored, config.logger_class))


def _listeners(bind: str, workers: int) -> list[socket.socket]:
    """A socket for each worker, at one address.

    One for each, so that the kernel deals out the connections evenly; with one for all, whoever is awake takes all that
    wait. They are open here too: who comes while a worker is away waits for the next one in its place.
    """
    if bind.startswith("unix:"):
        return [server.listen(bind)]
    server.listen(bind).close()  # nobody else is there: with another one of ours the sockets would be shared silently
    first = server.listen(bind, shared=True)
    host = bind.rpartition(":")[0]
    port = first.getsockname()[1]
    return [first, *(server.listen(f"{host}:{port}", shared=True) for _ in range(1, workers))]


class Supervisor:
    """The workers.

    1. The first one is started alone: it makes the database ready, or says why it cannot.
    2. A worker that dies is replaced, at once unless it dies again and again.
    3. They end when the supervisor is told to, and by themselves when it is killed: the line to each is its life.
    """

    def __init__(self, settings: Settings, listeners: Sequence[socket.socket], lock: int | None) -> None:
        self._settings = settings
        self._listeners = listeners
        self._lock = lock
        self._shared = Shared(settings.workers)
        self._stopping = asyncio.Event()
        self._workers: dict[int, _Worker] = {}
        self._replaced = 0

    async def run(self, monitored: socket.socket | None, logger_class: type[Any]) -> None:
        """Go on until SIGINT or SIGTERM.

        monitored      where figures of all workers are asked for
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        keeping: list[asyncio.Task[None]] = []
        try:
            first = await self._begin(0, first=True)
            ready = asyncio.create_task(first.ready())
            await self._unless_stopping(ready)
            if self._stopping.is_set():
                return
            keeping.append(asyncio.create_task(self._keep(0, first)))
            others = [await self._begin(slot) for slot in range(1, self._settings.workers)]
            keeping += [asyncio.create_task(self._keep(slot, each)) for slot, each in enumerate(others, 1)]
            await self._unless_stopping(asyncio.gather(*(each.ready() for each in others), return_exceptions=True))
            if not self._stopping.is_set():
                log.info("Quart Notes on %s, with %d workers", server.address(self._listeners[0]), len(keeping))
            if monitored is not None:
                metrics = create_metrics_app(self.figures)
                keeping.append(loop.create_task(server.serve_beside(metrics, monitored, self._stopping, logger_class)))
            await self._stopping.wait()
        finally:
            log.info("Stopping")
            for task in keeping:
                task.cancel()
            await asyncio.gather(
                *keeping, *(worker.stop() for worker in self._workers.values()), return_exceptions=True
            )

    async def figures(self) -> bytes:
        """The figures of all workers that answer, as one text."""
        workers = list(self._workers.items())
        told = await asyncio.gather(*(worker.figures() for _, worker in workers))
        texts = {slot: text for (slot, _), text in zip(workers, told, strict=True) if text}
        return combined(dict(sorted(texts.items())), self._settings.workers, self._replaced)

    async def _unless_stopping(self, ready: "asyncio.Future[Any]") -> None:
        """Wait for something, or for the end; raises what it raises."""
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([ready, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if ready.done():
            ready.result()
        else:
            ready.cancel()

    async def _begin(self, slot: int, *, first: bool = False) -> "_Worker":
        listener = self._listeners[slot % len(self._listeners)].fileno()
        shared = self._shared.descriptors(slot)
        order = {
            "settings": self._settings.model_dump(mode="json", exclude_unset=True),
            "slot": slot,
            "first": first,
            "listener": listener,
            "shared": shared,
        }
        inherited = [listener, *shared, *([] if self._lock is None else [self._lock])]
        worker = self._workers[slot] = await _Worker.start(order, inherited, STOPS + self._settings.drain)
        return worker

    async def _keep(self, slot: int, worker: "_Worker") -> None:
        """Replace a worker whenever it ends."""
        loop = asyncio.get_running_loop()
        young = 0  # deaths in a row
        while True:
            began = loop.time()
            how = await worker.ended()
            young = young + 1 if loop.time() - began < STEADY else 0
            pause = PAUSES[min(young, len(PAUSES) - 1)]
            log.error("Worker %d has ended (%s); another one is started in %g s", slot, how, pause)
            self._replaced += 1
            await asyncio.sleep(pause)
            worker = await self._begin_again(slot)

    async def _begin_again(self, slot: int) -> "_Worker":
        """Start another one, as soon as the machine lets us."""
        while True:
            try:
                return await self._begin(slot)
            except OSError as error:
                log.error("Worker %d cannot be started: %s; it is tried again in %g s", slot, error, AGAIN)
            await asyncio.sleep(AGAIN)


class _Worker:
    """A worker's process, seen from here."""

    def __init__(
        self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stops: float
    ) -> None:
        self._stops = stops
        self._process = process
        self._reader = reader
        self._writer = writer
        self._asking = asyncio.Lock()
        self._asked = 0

    @classmethod
    async def start(cls, order: object, descriptors: Sequence[int], stops: float) -> "_Worker":
        """Start one with an order, and the descriptors that it is to inherit.

        stops   seconds it has to end by itself when it is told to
        """
        ours, theirs = socket.socketpair()
        with theirs:
            # In a session of its own: Ctrl-C in a terminal is for the supervisor.
            process = await asyncio.create_subprocess_exec(
                *PROGRAM, str(theirs.fileno()), pass_fds=[theirs.fileno(), *descriptors], start_new_session=True
            )
        reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST)
        writer.write(json.dumps(order).encode() + b"\n")
        return cls(process, reader, writer, stops)

    async def ready(self) -> None:
        """Return once it serves. Raises ServeError when it cannot."""
        said = b""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(STARTS):
                said = await self._reader.readline()
        told = json.loads(said or b"{}")
        if "ready" not in told:
            raise server.ServeError(told.get("cannot", "A worker did not start; what it said stands above."))

    async def figures(self) -> str:
        """Its figures; nothing when it does not answer."""
        self._asked += 1
        asked = self._asked
        try:
            async with asyncio.timeout(ANSWERS), self._asking:
                self._writer.write(json.dumps({"asked": asked}).encode() + b"\n")
                while line := await self._reader.readline():
                    answer = json.loads(line)
                    if answer.get("asked") == asked:
                        return str(answer["figures"])
        except (OSError, TimeoutError, ValueError):
            pass
        return ""

    async def ended(self) -> str:
        """Return how it ended, once it has, and why if it has said it."""
        code = await self._process.wait()
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        with suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(ANSWERS), self._asking:
                said = [json.loads(line) async for line in self._reader]
                how += "".join(f": {one['cannot']}" for one in said if "cannot" in one)
        self._writer.close()
        return how

    async def stop(self) -> None:
        """End it: politely, then by force."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._stops):
                await self._process.wait()
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._writer.close()
