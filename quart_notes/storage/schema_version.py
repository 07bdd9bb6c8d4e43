"""The versions of the tables that this program can work with."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from pkgutil import iter_modules

APPS = {"quart_notes": {"models": ["quart_notes.models"], "migrations": "quart_notes.migrations"}}  # Tortoise's format


class DatabaseOpenError(Exception):
    """The database cannot be opened; the message says which and why."""


def check(target: object, applied: Iterable[str]) -> None:
    """DatabaseOpenError naming the migrations that were applied there and that this program does not know."""
    if unknown := sorted({*applied} - _known_migrations()):
        names = ", ".join(unknown)
        raise DatabaseOpenError(f"{target} is of a newer version, with migration {names}: use that version")


def pending(applied: Iterable[str]) -> list[str]:
    """The migrations that are not applied yet, oldest first."""
    return sorted(_known_migrations() - {*applied})


def require_current(target: object, pending: Sequence[str]) -> None:
    """DatabaseOpenError unless all migrations are applied there."""
    if pending:
        raise DatabaseOpenError(f"{target} is of an older version ({pending[0]}): run quart-notes migrate")


def _known_migrations() -> set[str]:
    package = import_module(str(APPS["quart_notes"]["migrations"]))
    return {module.name for module in iter_modules(package.__path__)}
