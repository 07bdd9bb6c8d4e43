"""Starts hypercorn from our own entry point, so that streams end first and we own the sockets."""

import asyncio
import gc
import logging
import os
import resource
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
from quart_notes.cluster.worker_slot import Place
from quart_notes.core import Core
from quart_notes.server import logs, transport
from quart_notes.server.metrics import exposition
from quart_notes.server.metrics_app import create_metrics_app
from quart_notes.settings import Postgres, Settings, host_of, is_loopback
from quart_notes.storage.database import CannotOpenError
from quart_notes.web.assets import folder

SEND_BUFFER = 64 * 1024  # bytes that the kernel buffers for a client that does not read
UNSENT = 16 * 1024  # bytes of these that may be unsent
USER_TIMEOUT_MS = 20_000  # milliseconds that sent bytes may stay unacknowledged before the kernel drops the connection
STREAMS_END = 1.0  # seconds for the streams to close at shutdown
BACKLOG = 1024  # connections that wait to be accepted
COLLECTIONS = (10_000, 20, 100)  # thresholds of the garbage collector: objects, young and middle collections
FIGURES = "quart_notes.figures"  # extension of the application: returns its metrics, see `metrics`
HURRY = "quart_notes.hurry"  # extension: an event that makes the server skip draining
SPARE_DESCRIPTORS = 64  # descriptors for the database, logs and static files

log = logging.getLogger("quart_notes")


class ServeError(Exception):
    """The server cannot start; the message says why."""


def serve(
    settings: Settings,
    listener: socket.socket | None = None,
    furnish: Callable[[Quart], None] = lambda _: None,
    place: Place | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. Raises ServeError when the address or the database cannot be used.

    listener   an inherited socket to serve on, instead of a new one at the address of the settings
    furnish    configures the application before it starts
    place      the worker's slot; None without workers
    """
    config = configuration(settings)
    listener = listener or listen(config.bind[0])
    config.bind = [f"fd://{listener.fileno()}"]
    alone = place is None  # the supervisor serves the metrics of several processes
    monitored = listen(settings.metrics_bind) if alone and settings.metrics_bind is not None else None
    theirs = ceil(settings.max_connections / (place.of if place else 1))
    limit = min(theirs, raise_descriptor_limit() - SPARE_DESCRIPTORS)
    with (
        transport.installed(limit, direct=settings.stream_road == "direct") as connections,
        asyncio.Runner(loop_factory=_loop_factory(config)) as runner,
    ):
        app = create_app(settings, place)
        app.extensions[FIGURES] = lambda: exposition(app.extensions["quart_notes"], len(connections.open))
        app.extensions[HURRY] = asyncio.Event()
        furnish(app)
        try:
            runner.run(_serve(app, config, address(listener, secure=config.ssl_enabled), connections, monitored))
        except LifespanFailureError as failure:
            if not isinstance(failure.__context__, CannotOpenError):
                raise
            raise ServeError(str(failure.__context__)) from None


@contextmanager
def stops_before_it_serves() -> Iterator[None]:
    """Have SIGTERM end the process with a log line until the server handles it itself: nothing is open yet."""
    former = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


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
    config.logger_class = transport.JsonLog if settings.log_format == "json" else transport.TextLog
    # We send heartbeats ourselves, with one task for most websockets; hypercorn's pings need no answer.
    config.websocket_ping_interval = None
    return config


def listen(bind: str, *, shared: bool = False, at_once: bool = True) -> socket.socket:
    """A listening socket with limited connections: small send buffers, and the kernel drops dead clients.

    shared    several of our sockets listen at the same address, and the kernel distributes the connections
    at_once   listen now; otherwise the server that uses it starts to
    source   tcp(7): TCP_USER_TIMEOUT; Linux, ip-sysctl: tcp_notsent_lowat; accepted sockets inherit these options
    """
    if bind.startswith("unix:"):
        return _listen_unix(Path(bind.removeprefix("unix:")))
    host, port = host_of(bind), int(bind.rpartition(":")[2])
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        listener.bind(where)
        if at_once:
            listener.listen(BACKLOG)
    except OSError as error:
        raise ServeError(f"cannot listen on {bind}: {error.strerror or error}") from None
    return listener


def _listen_unix(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket():
            if _answers(path):
                raise OSError(None, "another process listens there")
            path.unlink()  # left by a process that was killed
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except OSError as error:
        raise ServeError(f"cannot listen on unix:{path}: {error.strerror or error}") from None
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def address(listener: socket.socket, *, secure: bool = False) -> str:
    """The server's URL; secure: over TLS."""
    name = listener.getsockname()
    if isinstance(name, str):
        return f"unix:{name}"
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"{'https' if secure else 'http'}://{host}:{name[1]}"


def raise_descriptor_limit() -> int:
    """Raise the limit of descriptors as far as allowed; returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (OSError, ValueError):
            log.debug("The descriptor limit stays at %d", soft)
    return soft


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
    app: Quart, config: Config, where: str, connections: type[transport.Connection], monitored: socket.socket | None
) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    beside: list[asyncio.Task[None]] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    core: Core = app.extensions["quart_notes"]

    async def shutdown() -> None:
        """Wait until the server is told to stop and every stream has ended.

        With a stream open, hypercorn on Python 3.12 and later waits for ever in `Server.wait_closed`; on 3.11 it closes
        the database under the streams. https://github.com/python/cpython/issues/123720
        """
        _spare_collections()
        if monitored is not None:
            metrics = create_metrics_app(app.extensions[FIGURES])
            beside.append(loop.create_task(serve_beside(metrics, monitored, stopping, config.logger_class)))
        if core.place is None:  # hypercorn calls this after everything has started
            log.info("Quart Notes on %s", where)
        if core.settings.access == "accounts" and (core.place is None or core.place.first):
            await _offer_first_links(core, core.settings.public_base or where + core.settings.root_path)
        await stopping.wait()
        if core.settings.drain:
            log.info("Stopping in %d s; not ready from now on", core.settings.drain)
            core.leaving.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(core.settings.drain):
                    await app.extensions[HURRY].wait()
        log.info("Stopping")
        core.broadcaster.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(STREAMS_END):
                await core.broadcaster.emptied()
                await connections.flushed()
        connections.drop_stuck()

    trigger: Callable[..., Awaitable[Any]] = shutdown
    await hypercorn_serve(app, config, shutdown_trigger=trigger)
    await asyncio.gather(*beside)


async def serve_beside(
    app: Quart, listener: socket.socket, stopping: asyncio.Event, logger_class: type[Logger]
) -> None:
    """Serve an application on its own listener, until the server stops or this one fails."""
    config = transport.BesideConfig()
    config.bind = [f"fd://{listener.fileno()}"]
    config.logger_class = logger_class
    where = address(listener)
    log.info("Metrics on %s", f"{where}, path /metrics" if where.startswith("unix:") else f"{where}/metrics")
    try:
        await hypercorn_serve(app, config, shutdown_trigger=stopping.wait)
    except Exception:
        log.exception("Figures are no longer shown; everything else goes on")


async def _offer_first_links(core: Core, base: str) -> None:
    """Print the setup links of the first administrator, and of the users from before accounts mode.

    They go to standard output, for the person who starts the server, and never to a log. Each link works once.
    """
    links = await core.invitations.first()
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


def _spare_collections() -> None:
    """Collect garbage rarely: with many subscribers, a full collection delays all of them for 10 to 30 ms.

    Objects that live as long as the process are excluded; reference counts free short-lived objects as usual.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)


def configure_logging(log_format: str = "text") -> None:
    """Log one line an event on standard error: text or json."""
    logs.configure(log_format)
