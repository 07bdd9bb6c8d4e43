"""The scripts of a page in two files: what all pages run, and the rest.

They are written as many small modules, and a browser needs a request for each. There is no build step: the server joins
them when a page is first requested. `quart-notes dev` serves the modules themselves.

The modules keep to a part of the language (tests/web/test_script_bundles.py): they import names or everything under a
name, export functions, classes and constants where these are declared, and never import each other in a circle.
"""

import re
from collections.abc import Iterable
from functools import cache
from posixpath import dirname, join, normpath
from typing import NamedTuple

from quart_notes.web.assets import static_text

ENTRY = "js/main.js"
SHARED, PAGELESS = "shared", "main"  # bundles: of all pages, of pages that the entry does not know
SINGLE = {  # scripts that are no modules, by name
    "before_paint": "js/before_paint.js",
    "masonry": "js/masonry.js",
    "scroll_to_unread": "js/rooms/scroll_to_unread.js",
}
FOLDER = "js/bundles/"
PAGE = re.compile(r'(\w+): \(\) => import\("([^"]+)"\)')  # in the entry: the name of a page, and its own script
IMPORT = re.compile(r'^import (?:\* as (\w+)|(\{[^}]*\})) from "(\.[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?function\*?|class|const) (\w+)", re.MULTILINE)
# Comments that begin a line, end one without quotes, or give a type: so they are in no string, which has one line.
COMMENTS = re.compile(
    r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/[ \t]*(?:\n|(?=\S))|//[^\n]*\n|\n)| // [^\"`\n]*$|/\*\* @type [^*\n]*\*/ ?",
    re.MULTILINE | re.DOTALL,
)
INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


class PageScripts(NamedTuple):
    """What a page loads: paths of static files."""

    entry: str
    preloaded: list[str]


@cache
def bundles(page: str) -> PageScripts:
    """The bundles of a page, by the name that its template gives."""
    return PageScripts(f"{FOLDER}{page if page in _pages() else PAGELESS}.js", [f"{FOLDER}{SHARED}.js"])


def modules(page: str) -> PageScripts:
    """The modules of a page. All are named for preloading: the browser would find them one after another."""
    return PageScripts(ENTRY, sorted({*_shared(), *_ordered([_pages()[page]] if page in _pages() else [])}))


def single(name: str) -> str:
    """The path of a script that runs by itself, before the page is painted."""
    return f"{FOLDER}{name}.js"


def single_as_written(name: str) -> str:
    """The path of the same script as it is written."""
    return SINGLE[name]


def bundle(path: str) -> str | None:
    """The text of a bundle by its path; None when there is none of this path."""
    if not path.startswith(FOLDER):
        return None
    name = path.removeprefix(FOLDER).removesuffix(".js")
    exists = path == f"{FOLDER}{name}.js" and name in {SHARED, PAGELESS, *SINGLE, *_pages()}
    return _bundle(name) if exists else None


@cache
def _bundle(name: str) -> str:
    return INDENTATION.sub("", COMMENTS.sub("", _whole(name)))


def _whole(name: str) -> str:
    if name in SINGLE:
        return static_text(single_as_written(name))
    shared = _shared()
    if name == SHARED:
        return f"{_joined(shared)}export {{ {', '.join(map(_name, shared))} }};\n"
    own = [module for module in _ordered([_pages()[name]] if name in _pages() else []) if module not in shared]
    entry = PAGE.sub(lambda found: _page_of_entry(found[1], of=name), _with_constants(ENTRY))
    return f'import {{ {", ".join(map(_name, shared))} }} from "./{SHARED}.js";\n{_joined(own)}{entry}'


def _page_of_entry(page: str, *, of: str) -> str:
    return f"{page}: async () => {_name(_pages()[page])}" if page == of else f"{page}: undefined"


def _pages() -> dict[str, str]:
    return {page: _resolved(ENTRY, path) for page, path in PAGE.findall(static_text(ENTRY))}


def _shared() -> list[str]:
    return _ordered(_imports(ENTRY))


def _ordered(paths: Iterable[str]) -> list[str]:
    """These modules and all that they import, in the order in which a browser runs them."""
    found: dict[str, None] = {}

    def add(module: str, importers: tuple[str, ...]) -> None:
        if module in importers:
            raise ValueError(f"{module} imports itself by {', '.join(importers)}")
        if module not in found:
            for other in _imports(module):
                add(other, (*importers, module))
            found[module] = None

    for path in paths:
        add(path, ())
    return list(found)


def _imports(module: str) -> list[str]:
    return [_resolved(module, path) for _, _, path in IMPORT.findall(static_text(module))]


def _resolved(importer: str, path: str) -> str:
    return normpath(join(dirname(importer), path))


def _joined(paths: Iterable[str]) -> str:
    """Each module as a constant: an object of what it exports."""
    return "".join(f"const {_name(module)} = (() => {{\n{_returning(module)}}})();\n" for module in paths)


def _returning(module: str) -> str:
    exported = [name for _, name in EXPORT.findall(static_text(module))]
    source = EXPORT.sub(r"\1 \2", _with_constants(module))
    return f"{source}return {{ {', '.join(exported)} }};\n"


def _with_constants(module: str) -> str:
    """The source of a module, with constants in place of its imports."""

    def constant(found: re.Match[str]) -> str:
        names = found[1] or found[2].replace(" as ", ": ")
        return f"const {names} = {_name(_resolved(module, found[3]))};"

    return IMPORT.sub(constant, static_text(module))


def _name(module: str) -> str:
    return module.removeprefix("js/").removesuffix(".js").replace("/", "$")
