"""Modules have no state: no variables, no mutated constants, no caches except those listed here."""

import ast
import re

from tests.support.cases import check_each
from tests.support.source_modules import MODULES, OURS

CONSTANT = re.compile(r"_?[A-Z]\w*|__all__|__version__")  # constants, types and type variables
KNOWN = {"log", "blueprint", "client_class"}  # a logger, a blueprint, and a name that Tortoise requires
CHANGING = {"append", "add", "update", "pop", "clear", "extend", "remove", "setdefault"}
CACHED = {
    "domain.notes._update",  # statements for the combinations of a note's columns
    "web.assets.build_id",  # a digest of files that do not change while a server runs
    "web.script_bundles._bundle",  # made of those files
    "web.script_bundles.bundles",  # the paths of those of a page: the templates name each page
    "web.security.client_addresses.parsed",  # the parsed URL of a text never changes
    "domain.password_rules._common",  # a list that is part of the program
    "storage.postgres.transactions._numbered",  # queries in the code
    "live.channel.wildcard_of",  # a topic's wildcard never changes
    "server.transport.fast_http1._cached_headers",  # the parsed value of bytes never changes
    "web.content_codings.accepted_codings",  # what a header says never changes
    "web.responses._list_of",  # adapters of the classes in the code
    "web.security.credentials._cached_secret",  # a header's secret, if this key signed it, never changes
}


def test_a_module_has_no_state():
    check_each(((name, MODULES[name]) for name in OURS), _has_no_state)


def _has_no_state(module: ast.Module) -> None:
    for node in module.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            for leaf in ast.walk(target):
                if isinstance(leaf, ast.Name):
                    assert CONSTANT.fullmatch(leaf.id) or leaf.id in KNOWN, leaf.id
    assert not [node for node in ast.walk(module) if isinstance(node, ast.Global)]


def test_no_constant_is_mutated():
    for name in OURS:
        for node in ast.walk(MODULES[name]):
            changed: list[ast.expr] = []
            if isinstance(node, ast.Assign | ast.Delete):
                changed = [target.value for target in node.targets if isinstance(target, ast.Subscript)]
            elif isinstance(node, ast.AugAssign):
                changed = [node.target]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
                changed = [node.func.value]
            for one in changed:
                assert not (isinstance(one, ast.Name) and one.id.isupper()), f"{name}: {ast.unparse(node)}"


def test_every_unbounded_cache_is_listed():
    # A cached property ends with its object.
    cached = {
        f"{name}.{node.name}"
        for name in OURS
        for node in ast.walk(MODULES[name])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(
            "cache" in ast.unparse(decorator) and ast.unparse(decorator) != "cached_property"
            for decorator in node.decorator_list
        )
    }

    assert cached == CACHED
