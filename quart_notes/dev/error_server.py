"""Serves while there is no server: the response to every request says what is wrong."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from quart import Quart, Response, request, send_from_directory

from quart_notes.dev.error_page import FILES, HERE, ErrorReport, State
from quart_notes.server import transport
from quart_notes.server.serve import serve_app
from quart_notes.web.security import headers

BODY_TIMEOUT = 5.0  # seconds for the body of a request to arrive


@asynccontextmanager
async def error_server(listener: socket.socket, run: str, error: ErrorReport, root: str) -> AsyncGenerator[None, None]:
    """Serve on `listener` while the block runs; responses that have begun are finished.

    run    the name of this time without a server
    root   the prefix of all addresses, as in `Settings.root_path`
    """
    stopping = asyncio.Event()
    own = listener.dup()
    # With our connections: hypercorn's own are closed at the end before their first request is read.
    with transport.patched_hypercorn(transport.METRICS_LIMIT, direct=False):
        serving = asyncio.create_task(serve_app(_create_app(run, error, root, stopping), own, stopping))
        try:
            yield
        finally:
            stopping.set()
            await serving
            own.detach()  # hypercorn has closed it


def _create_app(run: str, error: ErrorReport, root: str, stopping: asyncio.Event) -> Quart:
    state = State(run, error=error)
    app = Quart("quart_notes", static_folder=None)
    app.config["BODY_TIMEOUT"] = BODY_TIMEOUT
    headers.register(app)

    async def changes() -> AsyncGenerator[bytes, None]:
        yield b"data: %s\n\n" % state.data()
        await stopping.wait()

    @app.before_request
    async def respond() -> Response:
        path = request.path.removeprefix(root)
        name = path.removeprefix("/dev/")
        if path == "/dev/changes":
            response = Response(changes(), content_type="text/event-stream; charset=utf-8")
            response.timeout = None
        elif name in FILES:
            response = await send_from_directory(HERE, name)
        else:
            await request.get_data()  # a connection that is closed with unread bytes is reset, and the response lost
            response = error.response(503, "no_server", root)
            response.headers["Retry-After"] = "1"
            if response.mimetype == "text/html":
                await state.follow(response, root)
        response.headers.update({"Cache-Control": "no-store", "Connection": "close"})
        return response

    return app
