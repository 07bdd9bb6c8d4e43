"""A live notes board that people run themselves.

A change flows one way: a blueprint (HTTP or websocket) passes validated input to the domain, the domain records rows
and events on one change, the writer commits both together, the follower publishes the events, the broadcaster sends
them encoded to every subscriber, and each page fills its cards from them.

docs/architecture.md describes the packages and their layers, docs/glossary.md the terms.
"""

from typing import TYPE_CHECKING, Any

from quart_notes.version import __version__

__all__ = ["__version__", "create_app"]

if TYPE_CHECKING:
    from quart_notes.app import create_app
else:

    def create_app(settings: Any = None) -> Any:
        """The application, as `hypercorn "quart_notes:create_app()"` calls it: hypercorn looks in this module alone."""
        from quart_notes import app  # late: most commands do without it

        return app.create_app(settings)
