"""A live notes board that people run themselves.

A change flows one way: a blueprint (HTTP or websocket) passes validated input to the domain, the domain records rows
and events on one change, the writer commits both together, the follower publishes the events, the broadcaster sends
them encoded to every subscriber, and each page fills its cards from them.

docs/architecture.md describes the packages and their layers, docs/glossary.md the terms.
"""

from typing import TYPE_CHECKING, Any

from quart_notes.version import __version__

if TYPE_CHECKING:
    from quart_notes.app import create_app

__all__ = ["__version__", "create_app"]


def __getattr__(name: str) -> Any:
    """Import the application when it is asked for: most commands do without it."""
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from quart_notes.app import create_app

    return create_app
