"""Guests of the lobby: in open mode, visitors who write there before they have chosen a user."""

from quart import Response

from quart_notes.domain.rooms.access import LOBBY
from quart_notes.domain.sessions import LIFETIME
from quart_notes.web.context import core
from quart_notes.web.security.authentication import accounts_mode, cookie_values, set_cookie

COOKIE = "quart_notes_guest"


def may_talk(room_id: int) -> bool:
    """Whether a guest may write in a room."""
    return room_id == LOBBY and not accounts_mode()


def known_guest() -> str | None:
    """The guest name of this browser, such as Guest 1234. It is signed: nobody else can use it."""
    read = core().signing_key.verify
    return next((name for value in cookie_values(COOKIE) if (name := read("guest", value))), None)


def remember_guest(response: Response, name: str) -> None:
    """Store the name in the browser."""
    set_cookie(response, COOKIE, core().signing_key.sign("guest", name), LIFETIME.total_seconds())
