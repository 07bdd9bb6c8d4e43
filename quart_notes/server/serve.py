"""Starts hypercorn from our own entry point, so that streams end first and we own the sockets."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from hypercorn.logging import Logger
from hypercorn.utils import LifespanFailureError
from quart import Quart

from quart_notes.app import create_app
from quart_notes.cluster.worker_slot import WorkerSlot
from quart_notes.core import Core
from quart_notes.server import transport
from quart_notes.server.garbage_collection import collect_rarely
from quart_notes.server.sockets import SPARE_DESCRIPTORS, ServeError, address, listen, raise_descriptor_limit
from quart_notes.server.transport.connection import Connection
from quart_notes.server.transport.logging import JsonLog, TextLog
from quart_notes.settings import Postgres, Settings, is_loopback
from quart_notes.storage.schema_version import DatabaseOpenError
from quart_notes.web.assets import folder

STREAM_SHUTDOWN_TIMEOUT = 1.0  # seconds for the streams to close at shutdown
METRICS = "quart_notes.metrics"  # extension of the application: returns its metrics, see `metrics`
SKIP_DRAIN = "quart_notes.skip_drain"  # extension: an event that makes the server skip draining

log = logging.getLogger("quart_notes")


def serve(
    settings: Settings,
    listener: socket.socket | None = None,
    configure: Callable[[Quart], None] = lambda _: None,
    worker_slot: WorkerSlot | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. Raises ServeError when the address or the database cannot be used.

    listener      an inherited socket to serve on, instead of a new one at the address of the settings
    configure     changes the application before it starts
    worker_slot   the worker's slot; None without workers
    """
    config = configuration(settings)
    listener = listener or listen(config.bind[0])
    config.bind = [f"fd://{listener.fileno()}"]
    alone = worker_slot is None  # the supervisor serves the metrics of several processes
    metrics_socket = listen(settings.metrics_bind) if alone and settings.metrics_bind is not None else None
    share = ceil(settings.max_connections / (worker_slot.workers if worker_slot else 1))
    limit = min(share, raise_descriptor_limit() - SPARE_DESCRIPTORS)
    with (
        transport.patched_hypercorn(limit, direct=settings.stream_road == "direct") as connections,
        asyncio.Runner(loop_factory=_loop_factory(config)) as runner,
    ):
        app = create_app(settings, worker_slot)
        app.extensions[METRICS] = lambda: _render_metrics(app, len(connections.open))
        app.extensions[SKIP_DRAIN] = asyncio.Event()
        configure(app)
        try:
            runner.run(_serve(app, config, address(listener, secure=config.ssl_enabled), connections, metrics_socket))
        except LifespanFailureError as failure:
            if not isinstance(failure.__context__, DatabaseOpenError):
                raise
            raise ServeError(str(failure.__context__)) from None


async def _render_metrics(app: Quart, connections: int) -> bytes:
    from quart_notes.server.metrics import render  # late: few servers are asked for their metrics

    return await render(app.extensions["quart_notes"], connections)


@contextmanager
def stops_before_it_serves() -> Iterator[None]:
    """Have SIGTERM end the process with a log line until the server handles it itself: nothing is open yet."""
    previous = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _stop(*_: object) -> None:
    log.info("Stopping")
    os._exit(0)


def configuration(settings: Settings) -> Config:
    """Hypercorn's configuration: its file, overridden by our settings."""
    file = settings.server_config or next(
        (path for path in (Path("hypercorn.toml"), folder("static").parent / "hypercorn.toml") if path.is_file()), None
    )
    try:
        config = Config() if file is None else Config.from_toml(file)
    except (OSError, ValueError) as error:
        raise ServeError(f"server_config: {file} cannot be read: {error}") from None
    if "bind" in settings.model_fields_set or file is None:
        config.bind = [settings.bind]
    elif not (settings.guarded or all(map(is_loopback, config.bind))):
        raise ServeError(
            f"{file} binds to {config.bind[0]}, beyond this machine; use --access accounts, or --open-to-network"
            " to allow it without them"
        )
    if settings.root_path:
        config.root_path = settings.root_path
    if settings.access_log:
        config.accesslog = "-"
    config.logger_class = JsonLog if settings.log_format == "json" else TextLog
    # We send heartbeats ourselves, with one task for most websockets; hypercorn's pings need no answer.
    config.websocket_ping_interval = None
    return config


def _loop_factory(config: Config) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if config.worker_class == "uvloop":
        try:
            import uvloop  # not on every platform
        except ImportError:
            log.info("uvloop is not installed; using asyncio")
        else:
            return uvloop.new_event_loop
    return None


async def _serve(
    app: Quart,
    config: Config,
    where: str,
    connections: type[Connection],
    metrics_socket: socket.socket | None,
) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    core: Core = app.extensions["quart_notes"]

    async def shutdown() -> None:
        """Wait until the server is told to stop and every stream has ended.

        With a stream open, hypercorn on Python 3.12 and later waits for ever in `Server.wait_closed`; on 3.11 it closes
        the database under the streams. https://github.com/python/cpython/issues/123720
        """
        collect_rarely()
        if metrics_socket is not None:
            from quart_notes.server.metrics import create_metrics_app  # late, as above

            metrics = create_metrics_app(app.extensions[METRICS])
            tasks.append(loop.create_task(serve_metrics(metrics, metrics_socket, stopping, config.logger_class)))
        if core.worker_slot is None:  # hypercorn calls this after everything has started
            log.info("Quart Notes on %s", where)
        if core.settings.access == "accounts" and (core.worker_slot is None or core.worker_slot.first):
            await _print_setup_links(core, core.settings.public_base or where + core.settings.root_path)
        await stopping.wait()
        if core.settings.drain:
            log.info("Stopping in %d s; not ready from now on", core.settings.drain)
            core.draining.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(core.settings.drain):
                    await app.extensions[SKIP_DRAIN].wait()
        log.info("Stopping")
        core.broadcaster.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(STREAM_SHUTDOWN_TIMEOUT):
                await core.broadcaster.wait_empty()
                await connections.flushed()
        connections.drop_stuck()

    trigger: Callable[..., Awaitable[Any]] = shutdown
    await hypercorn_serve(app, config, shutdown_trigger=trigger)
    await asyncio.gather(*tasks)


async def serve_metrics(
    app: Quart, listener: socket.socket, stopping: asyncio.Event, logger_class: type[Logger]
) -> None:
    """Serve the metrics on their own listener, until the server stops or this one fails."""
    where = address(listener)
    log.info("Metrics on %s", f"{where}, path /metrics" if where.startswith("unix:") else f"{where}/metrics")
    try:
        await serve_app(app, listener, stopping, logger_class)
    except Exception:
        log.exception("Figures are no longer shown; everything else goes on")


async def serve_app(
    app: Quart, listener: socket.socket, stopping: asyncio.Event, logger_class: type[Logger] = TextLog
) -> None:
    """Serve a small application on `listener`, and close it when it is told to stop."""
    config = transport.MetricsConfig()
    config.bind = [f"fd://{listener.fileno()}"]
    config.logger_class = logger_class
    await hypercorn_serve(app, config, shutdown_trigger=stopping.wait)


async def _print_setup_links(core: Core, base: str) -> None:
    """Print the setup links of the first administrator, and of the users from before accounts mode.

    They go to standard output, for the person who starts the server, and never to a log. Each link works once.
    """
    links, _ = await core.invitations.setup_links()
    if links is not None:
        lines = [f"Set up this server, once: {base}/front/join/{links.setup}"]
        lines += [
            f"{nickname} sets a password: {base}/front/join/{secret}" for nickname, secret in links.claims.items()
        ]
        if isinstance(core.settings.database, Postgres):
            lines.append(
                "If another server starts on this database first, use the links that it prints: these end then."
            )
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
