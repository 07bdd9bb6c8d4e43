"""Static files under addresses that change with their content, so that browsers cache them for ever."""

import mimetypes

from quart import Blueprint, Response, request, send_from_directory

from quart_notes.errors import NotFoundError
from quart_notes.web import script_bundles, style_bundles
from quart_notes.web.assets import build_id, folder

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")
blueprint = Blueprint("static_files", __name__)


@blueprint.get("/static/-<build>/<path:path>")
async def versioned(build: str, path: str) -> Response:
    """A file whose content never changes under this address; a former build gets the current file, uncached."""
    current = build == build_id()
    return await _file(path, "public, max-age=31536000, immutable" if current else "no-cache")


@blueprint.get("/static/<path:path>")
async def latest(path: str) -> Response:
    """A file under its plain address."""
    return await _file(path, "no-cache")


async def _file(path: str, cache_control: str) -> Response:
    bundle = script_bundles.bundle(path) or style_bundles.bundle(path)
    if bundle is not None:
        response = Response(bundle, mimetype=mimetypes.guess_type(path)[0])
        await response.add_etag()
        await response.make_conditional(request)
    else:
        try:
            response = await send_from_directory(folder("static"), path)
        except OSError as error:  # a name that is too long for the file system
            raise NotFoundError("There is nothing at this address.") from error
    response.headers["Cache-Control"] = cache_control
    return response
