"""Where templates and static files are, and the addresses of static files."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from quart import request


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


def forget() -> None:
    """Read the static files again: they have changed."""
    build_id.cache_clear()


def static_text(path: str) -> str:
    """The text of a static file; empty without one: a developer may import what is not there yet."""
    file = folder("static") / path
    return file.read_text(encoding="utf-8") if file.is_file() else ""
