"""A live notes board that people run themselves.

A change flows one way: a blueprint (HTTP or websocket) passes validated input to the domain, the domain records rows
and events on one change, the writer commits both together, the follower publishes the events, the broadcaster sends
them encoded to every subscriber, and each page fills its cards from them.

docs/architecture.md describes the packages and their layers, docs/glossary.md the terms.
"""

from quart_notes.app import create_app
from quart_notes.version import __version__

__all__ = ["__version__", "create_app"]
