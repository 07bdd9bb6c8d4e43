"""Caches the slowest parts of creating an application or a client: compiled routes, models, templates, certificates.

The cache key is the rule, the model and its database's kind, the template's text and whether it is async, or the
arguments.
"""

from collections.abc import Callable
from functools import cache
from types import CodeType, MethodType
from typing import Any, cast

import httpx
import httpx._transports.default
from jinja2 import Environment
from quart import Quart
from tortoise.models import MetaInfo

from quart_notes.web.url_rules import LazyRule


def compile_once() -> None:
    """Cache compiled routes, models, templates and certificates from now on."""
    _compile_routes_once()
    _finalise_models_once()
    _compile_templates_once()
    httpx._transports.default.create_ssl_context = cache(httpx.create_ssl_context)  # type: ignore[attr-defined]


def compile_templates(app: Quart) -> None:
    """Compile all templates before a test needs one."""
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


def _compile_routes_once() -> None:
    compiled: dict[tuple[Any, ...], LazyRule] = {}
    compile_rule = LazyRule.compile

    def compiled_once(rule: LazyRule) -> None:
        key = (rule.rule, rule.host, rule.subdomain, rule.merge_slashes, repr(rule.defaults))
        first = compiled.setdefault(key, rule)
        if first is rule:
            compile_rule(rule)
            return
        rule._parts, rule._trace, rule._converters = first._parts, first._trace, first._converters
        rule.arguments |= first.arguments
        rule._build, rule._build_unknown = (
            cast(MethodType, build).__func__.__get__(rule) for build in (first._build, first._build_unknown)
        )

    LazyRule.compile = compiled_once  # type: ignore[assignment, method-assign]


def _finalise_models_once() -> None:
    finalised: dict[MetaInfo, type] = {}
    finalise_model = MetaInfo.finalise_model

    def finalised_once(meta: MetaInfo) -> None:
        if finalised.get(meta) is not meta.db.executor_class:
            finalise_model(meta)
            finalised[meta] = meta.db.executor_class

    MetaInfo.finalise_model = finalised_once  # type: ignore[assignment, method-assign]


def _compile_templates_once() -> None:
    compiled: dict[tuple[Any, ...], CodeType] = {}
    compile_template: Callable[..., CodeType] = Environment.compile

    def compiled_once(environment: Environment, *template: Any) -> CodeType:
        key = (environment.is_async, *template)
        if key not in compiled:
            compiled[key] = compile_template(environment, *template)
        return compiled[key]

    Environment.compile = compiled_once  # type: ignore[assignment, method-assign]
