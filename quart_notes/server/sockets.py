"""Listening sockets, and how many descriptors there are for connections."""

import logging
import resource
import socket
from pathlib import Path

from quart_notes.settings import host_of

log = logging.getLogger("quart_notes")
SEND_BUFFER = 64 * 1024  # bytes that the kernel buffers for a client that does not read
UNSENT_LOW_WATER = 16 * 1024  # bytes of these that may be unsent
USER_TIMEOUT_MS = 20_000  # milliseconds that sent bytes may stay unacknowledged before the kernel drops the connection
BACKLOG = 1024  # connections that wait to be accepted
SPARE_DESCRIPTORS = 64  # descriptors for the database, logs and static files


class ServeError(Exception):
    """The server cannot start; the message says why."""


def listen(bind: str, *, shared: bool = False, at_once: bool = True) -> socket.socket:
    """A listening socket with limited connections: small send buffers, and the kernel drops dead clients.

    shared    several of our sockets listen at the same address, and the kernel distributes the connections
    at_once   listen now; otherwise the server that uses it starts to
    source   tcp(7): TCP_USER_TIMEOUT; Linux, ip-sysctl: tcp_notsent_lowat; accepted sockets inherit these options
    """
    try:
        if bind.startswith("unix:"):
            return _listen_unix(Path(bind.removeprefix("unix:")))
        host, port = host_of(bind), int(bind.rpartition(":")[2])
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_LOW_WATER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        listener.bind(where)
        if at_once:
            listener.listen(BACKLOG)
    except OSError as error:
        raise ServeError(f"cannot listen on {bind}: {error.strerror or error}") from None
    return listener


def _listen_unix(path: Path) -> socket.socket:
    if path.is_socket():
        if _is_listening(path):
            raise OSError(None, "another process listens there")
        path.unlink()  # left by a process that was killed
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(BACKLOG)
    return listener


def _is_listening(path: Path) -> bool:
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
