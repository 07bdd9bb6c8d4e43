"""Metrics at an address of their own: a second application beside the main one."""

from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST
from quart import Quart, Response
from werkzeug.exceptions import HTTPException

from quart_notes.web.security import headers


def create_metrics_app(figures: Callable[[], Awaitable[bytes]]) -> Quart:
    """The application that serves these metrics at `/metrics`."""
    app = Quart("quart_notes", static_folder=None)
    headers.register(app)

    @app.get("/metrics")
    async def metrics() -> Response:
        """Get the metrics."""
        return Response(await figures(), content_type=CONTENT_TYPE_LATEST)

    @app.errorhandler(HTTPException)
    async def refuse(error: HTTPException) -> tuple[str, int, dict[str, str]]:
        return f"{error.name}; /metrics is all that is here.\n", error.code or 500, {"Content-Type": "text/plain"}

    return app
