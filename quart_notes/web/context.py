"""The application's parts, for a route."""

from quart import current_app

from quart_notes.core import Core


def core() -> Core:
    """The parts of the running application."""
    parts: Core = current_app.extensions["quart_notes"]
    return parts
