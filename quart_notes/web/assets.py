"""Where templates and static files are, the addresses of static files, and which scripts a page loads."""

import re
from functools import cache
from hashlib import blake2b
from pathlib import Path
from posixpath import dirname, join, normpath

from quart import request

ENTRY = "js/main.js"
IMPORT = re.compile(r'\bfrom "(\.[^"]+)"')
PAGE = re.compile(r'(\w+): \(\) => import\("([^"]+)"\)')  # in the entry: the name of a page, and its own script


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


@cache
def page_modules(page: str) -> list[str]:
    """The modules that a page imports. It names them all for preloading: the browser would find them one after another.

    page     a name that the entry knows; any other page runs the entry alone
    returns  paths of static files, without the entry
    """
    own = [path for name, path in PAGE.findall(_source(ENTRY)) if name == page]
    found = {ENTRY}
    waiting = [(ENTRY, path) for path in own + IMPORT.findall(_source(ENTRY))]
    while waiting:
        importer, path = waiting.pop()
        module = normpath(join(dirname(importer), path))
        if module not in found:
            found.add(module)
            waiting += [(module, other) for other in IMPORT.findall(_source(module))]
    return sorted(found - {ENTRY})


def forget() -> None:
    """Read the static files again: they have changed."""
    build_id.cache_clear()
    page_modules.cache_clear()


def _source(path: str) -> str:
    file = folder("static") / path
    return file.read_text(encoding="utf-8") if file.is_file() else ""  # a developer may import what is not there yet
