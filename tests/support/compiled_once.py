"""Caches the slowest parts of creating an application or a client: compiled routes, templates, certificates.

The cache key is the rule, the template's text and whether it is async, or the arguments.
"""

from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any

import httpx
import httpx._transports.default
from jinja2 import Environment
from quart import Quart
from werkzeug.routing import Rule

Build = Callable[..., tuple[str, str]]


def compile_once() -> None:
    """Cache compiled routes, templates and certificates from now on."""
    _compile_routes_once()
    _compile_templates_once()
    httpx._transports.default.create_ssl_context = cache(httpx.create_ssl_context)  # type: ignore[attr-defined]


def compile_templates(app: Quart) -> None:
    """Compile all templates before a test needs one."""
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


def _compile_routes_once() -> None:
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


def _compile_templates_once() -> None:
    compiled: dict[tuple[Any, ...], CodeType] = {}
    compile_template: Callable[..., CodeType] = Environment.compile

    def compiled_once(environment: Environment, *template: Any) -> CodeType:
        key = (environment.is_async, *template)
        if key not in compiled:
            compiled[key] = compile_template(environment, *template)
        return compiled[key]

    Environment.compile = compiled_once  # type: ignore[assignment, method-assign]
