"""Version, health and API documents."""

import asyncio
from urllib.parse import urlsplit

from quart import Blueprint, Response, current_app, redirect, render_template, request
from quart_schema import tag_blueprint, validate_response
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_notes.errors import DatabaseUnavailableError
from quart_notes.schemas import HealthOut, VersionOut
from quart_notes.schemas.strict_json import dump
from quart_notes.version import __version__
from quart_notes.web.context import core
from quart_notes.web.openapi.asyncapi import asyncapi_document
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.security.allowed_hosts import base_url

blueprint = Blueprint("system", __name__)
tag_blueprint(blueprint, ["system"])

HEALTH_TIMEOUT = 3.0  # seconds for the database to respond


def _health_doc(status: int, description: str) -> ResponseDoc:
    return ResponseDoc(status, description, HealthOut, headers={})


@blueprint.get("/")
async def home() -> WerkzeugResponse:
    """Go to the board."""
    return redirect(f"{request.root_path}/front/notes")


@blueprint.get("/api/version")
@validate_response(VersionOut)
@responds(ResponseDoc(200, "The version.", VersionOut, headers={}))
async def version() -> VersionOut:
    """Get the version."""
    return VersionOut(version=__version__)


@blueprint.get("/db/alive")
@validate_response(HealthOut, 200)
@validate_response(HealthOut, 503)
@responds(_health_doc(200, "It answers."), _health_doc(503, "It does not answer."))
async def database_alive() -> tuple[HealthOut, int]:
    """Check the database with a real query."""
    return await _health("The database answers.")


@blueprint.get("/healthz")
@validate_response(HealthOut)
@responds(_health_doc(200, "It runs."))
async def process_alive() -> HealthOut:
    """Check the process."""
    return HealthOut(status="healthy", message="The process runs.")


@blueprint.get("/readyz")
@validate_response(HealthOut, 200)
@validate_response(HealthOut, 503)
@responds(_health_doc(200, "It is ready."), _health_doc(503, "It is not ready, or about to stop."))
async def ready() -> tuple[HealthOut, int]:
    """Check whether requests can be served: the database, its event log, and room on the disk."""
    if core().draining.is_set():
        return HealthOut(status="unhealthy", message="The server is about to stop."), 503
    if not core().follower.is_following():
        return HealthOut(status="unhealthy", message="What other servers change cannot be heard."), 503
    health = await _health("Ready.")
    if health[1] == 200 and not (await asyncio.to_thread(core().has_disk_space) and await core().writer.has_room()):
        return HealthOut(status="unhealthy", message="Nothing can be written: there is no room left on the disk."), 503
    return health


async def _health(message: str) -> tuple[HealthOut, int]:
    asking = asyncio.create_task(core().database.answers())
    try:
        # Closing a lost connection may take long: the caller does not wait for it.
        await asyncio.wait([asking], timeout=HEALTH_TIMEOUT)
        answers = asking.done() and asking.result()
    finally:
        asking.cancel()
    if answers:
        return HealthOut(status="healthy", message=message), 200
    return HealthOut(status="unhealthy", message=str(DatabaseUnavailableError.__doc__).partition(";")[0] + "."), 503


@blueprint.get("/openapi.json")
async def openapi() -> Response:
    """The OpenAPI document."""
    document = current_app.extensions["QUART_SCHEMA"].openapi_provider.schema()
    servers = {"servers": [{"url": request.root_path}]} if request.root_path else {}
    return Response(dump({**document, **servers}), content_type="application/json")


@blueprint.get("/asyncapi.json")
async def asyncapi() -> Response:
    """The AsyncAPI document of the feed."""
    where = urlsplit(base_url())
    document = asyncapi_document(where.netloc, request.root_path, secure=where.scheme == "https")
    return Response(dump(document), content_type="application/json")


@blueprint.get("/docs")
async def docs() -> str:
    """The interactive API documents."""
    return await render_template("docs.html")
