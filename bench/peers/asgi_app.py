"""The yardstick of an ASGI server: canned bytes through `send`, no framework, no database.

Its responses are those of the notes apps. The notes are in a list, already encoded, and each event is sent to each
reader in turn. No ASGI app can be faster on this server. It has no durability, no validation, no resume.

Run:  hypercorn bench.peers.asgi_app:app
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

NOTES: list[bytes] = []
WEBSOCKETS: set[Send] = set()
STREAMS: set[Send] = set()
JSON = [(b"content-type", b"application/json")]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Handle one request, or one stream."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await listen(WEBSOCKETS, receive, send)
    elif scope["path"] == "/events":
        await send(start(200, [(b"content-type", b"text/event-stream")]))
        await listen(STREAMS, receive, send)
    elif scope["method"] == "POST":
        note = create(await body(receive))
        await reply(send, 201, note)
        await publish(b'{"action":"create","note":' + note + b"}")
    elif scope["path"] == "/api/notes":
        await reply(send, 200, b"[" + b",".join(NOTES[-100:]) + b"]")
    else:
        await reply(send, 200, NOTES[int(scope["path"].rpartition("/")[2]) - 1])


async def lifespan(receive: Receive, send: Send) -> None:
    """Acknowledge startup and shutdown."""
    for step in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{step}.complete"})


async def listen(readers: set[Send], receive: Receive, send: Send) -> None:
    """Stream events until the client disconnects."""
    readers.add(send)
    try:
        while (await receive())["type"] not in {"http.disconnect", "websocket.disconnect"}:
            pass
    finally:
        readers.discard(send)


def start(status: int, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    """The head of a response."""
    return {"type": "http.response.start", "status": status, "headers": headers}


async def reply(send: Send, status: int, content: bytes) -> None:
    """Send a complete JSON response."""
    await send(start(status, [*JSON, (b"content-length", b"%d" % len(content))]))
    await send({"type": "http.response.body", "body": content})


async def body(receive: Receive) -> bytes:
    """The complete body of a request."""
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def create(content: bytes) -> bytes:
    """Store a note; returns it encoded."""
    at = datetime.now(UTC).isoformat()
    note = {"id": len(NOTES) + 1, **json.loads(content), "created_at": at, "updated_at": at}
    NOTES.append(json.dumps(note, separators=(",", ":")).encode())
    return NOTES[-1]


lock = asyncio.Lock()  # every reader gets the events in one order


async def publish(event: bytes) -> None:
    """Send an event to every reader."""
    text = event.decode()
    chunk = b"data: " + event + b"\n\n"
    async with lock:
        for send in list(WEBSOCKETS):
            await send({"type": "websocket.send", "text": text})
        for send in list(STREAMS):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
