"""Replacing a name in another library's module, for a while or for good, where that library has no setting."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def patched(module: ModuleType, name: str, value: Any) -> Iterator[None]:
    """Have a module use another value under a name; AttributeError when it has none of that name."""
    original = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, original)


def patch(module: ModuleType, name: str, value: Any) -> None:
    """The same until the process ends."""
    getattr(module, name)
    setattr(module, name, value)
