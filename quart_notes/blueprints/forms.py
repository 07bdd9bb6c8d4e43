"""What the forms of the pages send, and how they are shown again."""

from collections.abc import Iterable
from typing import Any

from quart import request

from quart_notes.errors import FieldError
from quart_notes.schemas import MAX_ID


async def typed(*names: str) -> dict[str, str]:
    """The fields of the form that was sent; a browser ends lines with CRLF, our texts with LF."""
    form = await request.form
    return {name: form.get(name, "").replace("\r\n", "\n") for name in names}


def filled(typed: dict[str, str], errors: Iterable[FieldError] = ()) -> dict[str, Any]:
    """A form as the templates take it: what was typed, and the first error of each field."""
    return {**typed, "errors": {error.field: error.message for error in reversed([*errors])}}


def digits(text: str | None) -> int | None:
    """The id that `text` spells in digits, or None."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    number = int(text)
    return number if 1 <= number <= MAX_ID else None


def own_page(path: str, otherwise: str) -> str:
    """The path, if it is one of our own pages: what is sent could lead anywhere."""
    plain = path.isascii() and path.isprintable() and "\\" not in path and "//" not in path
    return path if plain and path.startswith("/front/") else otherwise
