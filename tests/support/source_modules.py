"""The modules of the package, parsed but not executed."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import quart_notes

PACKAGE = Path(quart_notes.__file__).parent


def read_modules() -> dict[str, ast.Module]:
    """Every module of the package by its name within it."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(file.relative_to(PACKAGE).with_suffix("").parts)
        found[name.removesuffix("__init__").rstrip(".")] = ast.parse(file.read_text(encoding="utf-8"))
    return found


MODULES = read_modules()
OURS = [name for name in MODULES if not name.startswith("migrations")]


@cache
def imports(tree: ast.Module) -> frozenset[str]:
    """The imports of a module, at its top or later, as full names of modules."""
    return frozenset(_imports(tree))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            assert node.module
            if node.module.split(".")[0] == "quart_notes":
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield inner if inner.removeprefix("quart_notes.") in MODULES else node.module
            else:
                yield node.module
