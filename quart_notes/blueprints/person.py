"""Who somebody says they are: in open mode a person chooses, and a cookie keeps it."""

from collections.abc import Mapping

from quart_notes.schemas import MAX_ID

COOKIE = "quart_notes_person"
COOKIE_SECONDS = 365 * 24 * 3600


def chosen(cookies: Mapping[str, str]) -> int | None:
    """The id of the person that a browser chose to be, who may not exist any more; None for nobody."""
    return person_id(cookies.get(COOKIE))


def person_id(text: str | None) -> int | None:
    """The id that `text` spells in digits, or None."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    number = int(text)
    return number if 1 <= number <= MAX_ID else None
