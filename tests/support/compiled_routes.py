"""Addresses of routes, compiled once for all applications of a process: most of the time that one takes to be made.

What is compiled depends on nothing but the rule.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Build = Callable[..., tuple[str, str]]


def compile_routes_once() -> None:
    """From now on."""
    compiled: dict[tuple[Any, ...], Build] = {}
    compile_builder = Rule._compile_builder

    def compiled_once(rule: Rule, append_unknown: bool = True) -> Build:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, *rule._trace, append_unknown)
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = compiled_once  # type: ignore[assignment, method-assign]
