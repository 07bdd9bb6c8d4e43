"""A plain push app: python-socketio on ASGI, as its documentation teaches.

Readers join the room that is named in their address; a posted note is emitted to the room.
python-socketio.readthedocs.io: "The Socket.IO Server" (rooms, emitting), "Deployment" (ASGIApp with another ASGI app
beside it). Nothing is stored; the note is in memory until it has been emitted.

Run:  uvicorn bench.peers.socketio_app:app --no-access-log
"""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import socketio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

sio = socketio.AsyncServer(async_mode="asgi")
ids = count(1)


@sio.event  # type: ignore[untyped-decorator]
async def connect(sid: str, environ: dict[str, Any]) -> None:
    """Add a new reader to its room."""
    board = parse_qs(environ["QUERY_STRING"])["board"][0]
    await sio.enter_room(sid, f"board:{board}")


async def create_note(request: Request) -> JSONResponse:
    """Emit a note to the board's room."""
    at = datetime.now(UTC).isoformat()
    note = {"id": next(ids), **await request.json(), "done": False, "created_at": at, "updated_at": at}
    board = request.path_params.get("board", "all")
    await sio.emit("note", {"action": "create", "note": note}, room=f"board:{board}")
    return JSONResponse(note, 201)


async def here(_request: Request) -> PlainTextResponse:
    """Health check."""
    return PlainTextResponse("here")


routes = [
    Route("/", here),
    Route("/api/notes", create_note, methods=["POST"]),
    Route("/api/boards/{board}/notes", create_note, methods=["POST"]),
]
app = socketio.ASGIApp(sio, other_asgi_app=Starlette(routes=routes))
