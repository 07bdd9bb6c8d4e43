"""Static files under addresses that change with their content, so that browsers may keep them for ever."""

import mimetypes
from functools import cache
from hashlib import blake2b
from pathlib import Path

from quart import Blueprint, Response, request, send_from_directory
from quart_schema import hide

from quart_notes.errors import NotFoundError

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")
blueprint = Blueprint("static_files", __name__)


def folder(name: str) -> Path:
    """`templates` or `static`: inside an installed package, else at the top of the checkout."""
    package = Path(__file__).parent.parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


@cache
def build_id() -> str:
    """A digest of all static files: a part of their address, so that relative imports between them share it."""
    digest = blake2b(digest_size=6)
    root = folder("static")
    for path in sorted(root.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def asset(path: str) -> str:
    """The address of a static file, from the server's root."""
    return f"{request.root_path}/static/-{build_id()}/{path}"


@blueprint.get("/static/-<build>/<path:path>")
@hide
async def versioned(build: str, path: str) -> Response:
    """A file that never changes under this address; one of a former build is the present one, to be asked for again."""
    response = await _file(path)
    current = build == build_id()
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    return response


@blueprint.get("/static/<path:path>")
@hide
async def latest(path: str) -> Response:
    """A file under its plain address."""
    response = await _file(path)
    response.headers["Cache-Control"] = "no-cache"
    return response


async def _file(path: str) -> Response:
    try:
        return await send_from_directory(folder("static"), path)
    except OSError as error:  # a name longer than the file system takes
        raise NotFoundError("There is nothing at this address.") from error
