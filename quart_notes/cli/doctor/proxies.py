"""Checks of proxies: whether their headers are trusted, and whether others could forge them."""

import socket
from collections.abc import Iterator
from contextlib import suppress

from quart_notes.cli.doctor.host import Finding
from quart_notes.settings import Settings, host_of, is_loopback

TIMEOUT = 2.0  # seconds to reach a running server
MARK = "doctor-asks"
MAX_HEAD = 64 * 1024  # bytes


def proxies(settings: Settings) -> Iterator[Finding]:
    """Whether the settings fit each other, and the running server."""
    reason = _mismatch(settings)
    if reason:
        yield Finding("warn", "Proxies", reason)
    elif settings.proxy_hops:
        yield Finding("ok", "Proxies", f"the headers of {settings.proxy_hops} in front count")
    else:
        yield Finding("ok", "Proxies", "nobody's X-Forwarded headers count")
    believes = believes_headers(settings)
    if believes is not None and believes != bool(settings.proxy_hops):
        yield Finding(
            "warn",
            "Proxies",
            f"the server that runs {'believes' if believes else 'ignores'} X-Forwarded headers, unlike these settings:"
            " it was started with others",
        )


def _mismatch(settings: Settings) -> str:
    reached = not is_loopback(settings.bind)
    if settings.proxy_hops:
        return (
            f"clients that reach {settings.bind} past the proxy can claim any address in X-Forwarded-For; bind to"
            " 127.0.0.1 or a unix socket, or let only the proxy reach it"
            if reached
            else ""
        )
    if settings.access == "open":
        return ""
    if settings.root_path or settings.bind.startswith("unix:"):
        return (
            f"there is a proxy in front ({'root_path' if settings.root_path else settings.bind}), but proxy_hops is 0:"
            " all people have its address, so one who guesses passwords locks out everybody, and cookies are not Secure"
        )
    if reached:
        return (
            f"people reach {settings.bind} without https, so passwords can be read on their way; with a proxy in front,"
            " say so in proxy_hops, or all people have its address"
        )
    return ""


def believes_headers(settings: Settings) -> bool | None:
    """Whether the server at the address of the settings trusts our X-Forwarded headers; None when it does not run.

    It accepts a request's id from the clients whose X-Forwarded headers it trusts.
    """
    head = probe(settings, f"x-request-id: {MARK}\r\n").lower()
    if not head.startswith(b"http/1.1 200") or b"\r\nx-request-id:" not in head:
        return None
    return f"\r\nx-request-id: {MARK}".encode() in head


def probe(settings: Settings, headers: str = "") -> bytes:
    """The head of the server's response to a request for its version; empty without a response."""
    request = f"GET {settings.root_path}/api/version HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n"
    head = b""
    with suppress(OSError), _connection(settings.bind) as connection:
        connection.sendall(request.encode())
        while b"\r\n\r\n" not in head and len(head) < MAX_HEAD and (more := connection.recv(4096)):
            head += more
    return head.partition(b"\r\n\r\n")[0]


def _connection(bind: str) -> socket.socket:
    if bind.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        connection.connect(bind.removeprefix("unix:"))
        return connection
    return socket.create_connection((host_of(bind), int(bind.rpartition(":")[2])), TIMEOUT)
