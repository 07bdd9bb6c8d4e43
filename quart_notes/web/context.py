"""Gives routes the services of the application."""

from quart import current_app

from quart_notes.core import Core


def core() -> Core:
    """The services of the running application."""
    parts: Core = current_app.extensions["quart_notes"]
    return parts
