"""What a test requires: found in its code, its fixtures and all helpers of the tests that these use."""

import inspect
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from quart_notes import create_app
from tests.support.servers import empty_database, postgres, server_fork

POSTGRES = (postgres.Databases, postgres.Server, postgres.databases)
PROCESSES = (subprocess, server_fork.Child, server_fork.run, *POSTGRES)
# These use the database of the test run, created once for all tests.
OF_THE_RUN = (empty_database.settings_for, empty_database.flags_for, empty_database.stored, postgres.chosen)
ON_ANY_DATABASE = (*OF_THE_RUN, postgres.close, postgres.forget)


def is_unit_test(item: pytest.Item) -> bool:
    """Whether a test needs neither a process nor the application."""
    return not _requires(item, (create_app, *PROCESSES))


def is_about_postgres(item: pytest.Item) -> bool:
    """Whether a test needs PostgreSQL, whatever database the test run uses."""
    return _requires(item, POSTGRES)


def uses_the_database(item: pytest.Item) -> bool:
    """Whether a test uses the database of the test run."""
    return _requires(item, OF_THE_RUN)


def _requires(item: pytest.Item, wanted: tuple[object, ...]) -> bool:
    assert isinstance(item, pytest.Function)
    return any(
        one is other for used in [item.function, *_fixtures_of(item)] for one in _all_used(used) for other in wanted
    )


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
def _all_used(function: Callable[..., Any]) -> list[object]:
    """A function with everything that it uses, directly or indirectly."""
    found: dict[int, object] = {}
    waiting: list[Any] = [function]
    while waiting:
        one = waiting.pop()
        one = _unwrapped(one) if isinstance(one, FunctionType) else one
        if id(one) not in found:
            found[id(one)] = one
            waiting += [] if any(one is other for other in ON_ANY_DATABASE) else _used_by(one)
    return list(found.values())


def _unwrapped(function: Any) -> Any:
    inner = inspect.unwrap(function)
    return inner.hypothesis.inner_test if hasattr(inner, "hypothesis") else inner


def _used_by(one: Any) -> Iterator[Any]:
    """Names used by a function of the tests, or methods of one of their classes."""
    if not (getattr(one, "__module__", None) or "").startswith("tests."):
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
