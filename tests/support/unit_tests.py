"""Which tests are unit tests: those that start neither a process nor the application.

That is found in their code, in that of their fixtures and in all of the tests' own code that these use.
"""

import inspect
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from quart_notes import create_app
from tests.support.servers import empty_database, postgres, server_fork

COSTLY = (create_app, subprocess, server_fork.Child, server_fork.run, postgres.Databases, postgres.Server)
# These make an empty database, once for all tests, or do nothing where there is no server.
CHEAP = (empty_database.settings_for, postgres.chosen, postgres.close, postgres.forget)


def is_unit_test(item: pytest.Item) -> bool:
    """Whether a test takes nothing but our modules."""
    assert isinstance(item, pytest.Function)
    return not any(map(_is_costly, [item.function, *_fixtures_of(item)]))


def _fixtures_of(item: pytest.Function) -> Iterator[Callable[..., Any]]:
    """Its fixtures, with those that a fixture chooses between."""
    waiting = list(item._fixtureinfo.name2fixturedefs)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        for fixture in item.session._fixturemanager.getfixturedefs(name, item) or () if name not in found else ():
            yield fixture.func
            waiting += fixture.argnames
            if "getfixturevalue" in fixture.func.__code__.co_names:
                waiting += [each for each in fixture.func.__code__.co_consts if isinstance(each, str)]
        found.add(name)


@cache
def _is_costly(function: Callable[..., Any]) -> bool:
    found: set[int] = set()
    waiting: list[Any] = [function]
    while waiting:
        one = waiting.pop()
        one = inspect.unwrap(one) if isinstance(one, FunctionType) else one
        if any(one is other for other in COSTLY):
            return True
        if id(one) not in found and not any(one is other for other in CHEAP):
            found.add(id(one))
            waiting += _used_by(one)
    return False


def _used_by(one: Any) -> Iterator[Any]:
    """What a function of the tests names, or the methods of a class of theirs."""
    if not getattr(one, "__module__", "").startswith("tests."):
        return
    if isinstance(one, type):
        for method in vars(one).values():
            yield getattr(method, "fget", None) or getattr(method, "__func__", method)
        yield from one.__bases__
    elif isinstance(one, FunctionType):
        names = set(_names(one.__code__))
        for name in names & one.__globals__.keys():
            value = one.__globals__[name]
            yield value
            if isinstance(value, ModuleType) and value.__name__.startswith("tests."):
                yield from (vars(value)[each] for each in names & vars(value).keys())
        yield from (cell.cell_contents for cell in one.__closure__ or ())


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
