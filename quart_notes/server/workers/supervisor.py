"""Owns the sockets and keeps workers behind them: restarts those that die, ends all of them together."""

import asyncio
import logging
import signal
import socket
from contextlib import ExitStack, suppress
from typing import Any

from quart_notes.cluster.worker_slot import SharedMemory
from quart_notes.server import serve, transport
from quart_notes.server.metrics import combined, create_metrics_app
from quart_notes.server.sockets import ServeError, address, listen
from quart_notes.server.workers.worker_process import WorkerProcess
from quart_notes.settings import Settings
from quart_notes.storage.database import exclusive_lock

STOP_TIMEOUT = 10.0  # seconds that the workers have to end; then they are killed
PREDECESSOR_TIMEOUT = 5.0  # seconds for the workers of a killed supervisor to end
STABLE_AFTER = 5.0  # seconds that a worker which could start has to live for the next one to be started at once
RESTART_DELAYS = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before a worker that keeps dying early is restarted
RETRY_DELAY = 5.0  # seconds before a worker that could not be started is tried again

log = logging.getLogger("quart_notes")


def run(settings: Settings) -> None:
    """Serve with `settings.workers` processes until SIGINT or SIGTERM.

    raises   ServeError or DatabaseOpenError when the address or the database cannot be used
    """
    config = serve.configuration(settings)
    with (
        exclusive_lock(settings.database, PREDECESSOR_TIMEOUT) as lock,
        ExitStack() as sockets,
        asyncio.Runner() as runner,
    ):
        supervisor = Supervisor(settings, _listeners(config.bind[0], settings.workers), lock)
        metrics_socket = None
        if settings.metrics_bind is not None:
            metrics_socket = sockets.enter_context(listen(settings.metrics_bind))
        with transport.patched_hypercorn(0, direct=False):
            runner.run(supervisor.run(metrics_socket, config.logger_class))


def _listeners(bind: str, workers: int) -> list[socket.socket]:
    """A socket for each worker, at one address.

    One for each, so that the kernel distributes the connections evenly; with one for all, the worker that is awake
    accepts all. They are open here too: a client that connects while a worker is away waits for its successor.
    """
    if bind.startswith("unix:"):
        return [listen(bind)]
    listen(bind).close()  # nobody else listens there: another server of ours would share the sockets silently
    first = listen(bind, shared=True)
    host = bind.rpartition(":")[0]
    port = first.getsockname()[1]
    return [first, *(listen(f"{host}:{port}", shared=True) for _ in range(1, workers))]


class Supervisor:
    """The workers.

    1. The first one is started alone: it prepares the database, or reports why it cannot.
    2. A worker that dies is replaced, immediately unless it dies repeatedly; one that hangs is killed first.
    3. They end when the supervisor is asked to stop, and by themselves when it is killed: its channel is closed then.
    """

    def __init__(self, settings: Settings, listeners: list[socket.socket], lock: int | None) -> None:
        self._settings = settings
        self._listeners = listeners
        self._lock = lock
        self._shared = SharedMemory(settings.workers)
        self._stopping = asyncio.Event()
        self._workers: dict[int, WorkerProcess] = {}
        self._replaced = 0

    async def run(self, metrics_socket: socket.socket | None, logger_class: type[Any]) -> None:
        """Run until SIGINT or SIGTERM; `metrics_socket` is the listener of the metrics of all workers."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        tasks: list[asyncio.Task[None]] = []
        try:
            first = await self._start_worker(0, first=True)
            ready = asyncio.create_task(first.started())
            await self._unless_stopping(ready)
            if self._stopping.is_set():
                return
            workers = [first, *[await self._start_worker(slot) for slot in range(1, self._settings.workers)]]
            await self._unless_stopping(asyncio.gather(*(each.started() for each in workers)))
            if self._stopping.is_set():
                return
            tasks += [asyncio.create_task(self._keep_running(slot, each)) for slot, each in enumerate(workers)]
            where = address(self._listeners[0], secure=serve.configuration(self._settings).ssl_enabled)
            log.info("Quart Notes on %s, with %d workers", where, len(workers))
            if metrics_socket is not None:
                metrics = create_metrics_app(self.metrics)
                tasks.append(
                    loop.create_task(serve.serve_metrics(metrics, metrics_socket, self._stopping, logger_class))
                )
            await self._stopping.wait()
        finally:
            log.info("Stopping")
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, *(worker.stop() for worker in self._workers.values()), return_exceptions=True)
            for listener in self._listeners:
                listener.close()

    async def metrics(self) -> bytes:
        """The metrics of all workers that respond, as one text."""
        workers = list(self._workers.items())
        answers = await asyncio.gather(*(worker.metrics() for _, worker in workers))
        texts = {slot: text for (slot, _), text in zip(workers, answers, strict=True) if text}
        return combined(dict(sorted(texts.items())), self._settings.workers, self._replaced)

    async def _unless_stopping(self, ready: "asyncio.Future[Any]") -> None:
        """Wait for a future, or for the end; raises its exception."""
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([ready, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ready.done():
            ready.cancel()
            await asyncio.wait([ready])
        if not (ready.cancelled() or (ready.exception() and self._stopping.is_set())):
            ready.result()

    async def _start_worker(self, slot: int, *, first: bool = False) -> WorkerProcess:
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
        worker = self._workers[slot] = await WorkerProcess.start(order, inherited, STOP_TIMEOUT + self._settings.drain)
        return worker

    async def _keep_running(self, slot: int, worker: WorkerProcess) -> None:
        """Replace a worker whenever it ends."""
        loop = asyncio.get_running_loop()
        early_deaths = 0  # early deaths in a row
        while True:
            began = loop.time()
            how = await self._end_of(worker)
            is_early = not worker.ready.is_set() or loop.time() - began < STABLE_AFTER
            early_deaths = early_deaths + 1 if is_early else 0
            if early_deaths > 1:
                self._close_listener(slot)
            pause = RESTART_DELAYS[min(early_deaths, len(RESTART_DELAYS) - 1)]
            log.error("Worker %d has ended (%s); another one is started in %g s", slot, how, pause)
            self._replaced += 1
            await asyncio.sleep(pause)
            worker = await self._restart_worker(slot)

    async def _end_of(self, worker: WorkerProcess) -> str:
        """The reason of its end; one that hangs is killed: its connections would wait for ever."""
        ended = asyncio.ensure_future(worker.ended())
        unresponsive = asyncio.ensure_future(worker.wait_unresponsive(self._settings.worker_timeout))
        try:
            await asyncio.wait([ended, unresponsive], return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                worker.kill()
            how = await ended
            return f"{how}; {unresponsive.result()}" if unresponsive.done() else how
        finally:
            ended.cancel()
            unresponsive.cancel()

    def _close_listener(self, slot: int) -> None:
        """Close the socket of a worker that cannot start, so that others get its connections; waiting ones are cut off.

        When it can start, it listens itself.
        """
        if len(self._listeners) > 1:
            former = self._listeners[slot]
            with suppress(ServeError):
                where = address(former).removeprefix("http://")
                self._listeners[slot] = listen(where, shared=True, at_once=False)
                former.close()

    async def _restart_worker(self, slot: int) -> WorkerProcess:
        """Start another worker, as soon as the machine allows."""
        while True:
            try:
                return await self._start_worker(slot)
            except OSError as error:
                log.error("Worker %d cannot be started: %s; it is tried again in %g s", slot, error, RETRY_DELAY)
            await asyncio.sleep(RETRY_DELAY)
