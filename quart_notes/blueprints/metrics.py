"""Figures for a monitoring system, at an address of their own: an application beside the other."""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST
from quart import Quart, Response
from werkzeug.exceptions import HTTPException

from quart_notes.blueprints import headers
from quart_notes.core import Core
from quart_notes.metrics import exposition


def create_metrics_app(core: Core, connections: Callable[[], int]) -> Quart:
    """The application that answers `/metrics` for a running one.

    connections   says how many are open
    """
    app = Quart("quart_notes", static_folder=None)
    headers.register(app)

    @app.get("/metrics")
    async def metrics() -> Response:
        """Get the figures of this process."""
        return Response(await exposition(core, connections()), content_type=CONTENT_TYPE_LATEST)

    @app.errorhandler(HTTPException)
    async def refuse(error: HTTPException) -> tuple[str, int, dict[str, str]]:
        return f"{error.name}; /metrics is all that is here.\n", error.code or 500, {"Content-Type": "text/plain"}

    return app
