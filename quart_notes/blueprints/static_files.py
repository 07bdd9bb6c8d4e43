"""Static files under addresses that change with their content, so that browsers cache them for ever."""

import asyncio
import mimetypes
from functools import partial
from pathlib import Path

from quart import Blueprint, Response, request, send_from_directory
from werkzeug.security import safe_join

from quart_notes.errors import NotFoundError
from quart_notes.live.response_cache import CachedResponse
from quart_notes.web import script_bundles, style_bundles
from quart_notes.web.assets import build_id, folder
from quart_notes.web.compression import TYPES, VARY, codings_of, compressed
from quart_notes.web.content_codings import IDENTITY
from quart_notes.web.context import core
from quart_notes.web.etags import etag_of
from quart_notes.web.raw_headers import fields_in

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
    try:
        text = await _text(path)
        response = await send_from_directory(folder("static"), path) if text is None else await _response(path, text)
    except OSError as error:  # a name that is too long for the file system
        raise NotFoundError("There is nothing at this address.") from error
    response.headers["Cache-Control"] = cache_control
    return response


async def _text(path: str) -> CachedResponse | None:
    """A text in memory, with its codings: a bundle, or a file; None for any other path."""
    key = _key(path)
    text = core().file_cache.get(key, b"")
    if text is None and _type(path) in TYPES and (body := await asyncio.to_thread(_read, path)) is not None:
        etag = etag_of(body)
        own = ((b"content-type", f"{_type(path)}; charset=utf-8".encode()), (b"etag", etag.encode()), VARY)
        text = CachedResponse("", body, etag, own)
        core().file_cache.put(key, b"", 0, text)
    return text


def _key(path: str) -> str:
    return f"{build_id()}/{path}"


def _type(path: str) -> str:
    return mimetypes.guess_type(path)[0] or ""


def _read(path: str) -> bytes | None:
    bundle = script_bundles.bundle(path) or style_bundles.bundle(path)
    if bundle is not None:
        return bundle.encode()
    safe = safe_join(str(folder("static")), path)
    return Path(safe).read_bytes() if safe is not None and Path(safe).is_file() else None


async def _response(path: str, text: CachedResponse) -> Response:
    # A range is one of the bytes as they are: a client may ask for it with what it has of an uncompressed response.
    coding = IDENTITY if "Range" in request.headers else codings_of(fields_in(request.scope)).for_length(len(text.body))
    if coding != IDENTITY:
        smallest = partial(compressed, keep=True)
        text = await core().file_cache.in_coding(_key(path), b"", text, coding, smallest)
    response = Response(text.body, headers={name.decode(): value.decode() for name, value in text.headers})
    return await response.make_conditional(request, accept_ranges=True, complete_length=len(text.body))
