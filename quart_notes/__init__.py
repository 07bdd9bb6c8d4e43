"""A live notes board that people run themselves.

A change flows one way: a blueprint (HTTP or websocket) passes validated input to the domain, the domain records rows
and events on one change, the writer commits both together, the follower publishes the events, the broadcaster sends
them encoded to every subscriber, and each page fills its cards from them.

docs/architecture.md describes the packages and their layers, docs/glossary.md the terms.
"""

import gc

# What an import makes stays: to look for garbage in between takes a sixth of its time.
_COLLECTING = gc.isenabled()
gc.disable()

from quart_notes.app import create_app  # noqa: E402
from quart_notes.version import __version__  # noqa: E402

if _COLLECTING:
    gc.enable()

__all__ = ["__version__", "create_app"]
