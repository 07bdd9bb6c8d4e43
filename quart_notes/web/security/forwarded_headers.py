"""Applies the forwarded headers of trusted proxies: the client's address, scheme and host."""

from collections.abc import Iterable
from typing import Any

from quart_notes.web.security.client_addresses import parsed


def apply_forwarded_headers(scope: Any, hops: int) -> None:
    """Apply the values that the nearest `hops` proxies have added; anybody may have invented those further left.

    source   X-Forwarded-For, -Proto and -Host, as nginx, Caddy and others send them: each proxy adds at the right
    """
    if not hops:
        return
    client = _added(scope["headers"], b"x-forwarded-for", hops)
    scheme = _added(scope["headers"], b"x-forwarded-proto", hops)
    host = _added(scope["headers"], b"x-forwarded-host", hops)
    address = parsed(client or "")
    if address:  # an invalid address counts as the proxy's own
        scope["client"] = (address, 0)
    if scheme in {"http", "https"}:
        scope["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
    if host:
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        scope["headers"] = [*others, (b"host", host.encode("latin-1"))]


def _added(headers: Iterable[tuple[bytes, bytes]], name: bytes, hops: int) -> str | None:
    values = [part.strip() for field, value in headers if field == name for part in value.decode("latin-1").split(",")]
    return values[-hops] if len(values) >= hops else None
