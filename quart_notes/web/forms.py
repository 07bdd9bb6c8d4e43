"""Reads the forms of the pages, and prepares them to be shown again."""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from pydantic import ValidationError
from quart import render_template, request

from quart_notes.errors import FieldError, ProblemError, ValidationFailedError
from quart_notes.schemas import MAX_ID
from quart_notes.web.error_handlers import validation_problem
from quart_notes.web.fragments import wants_fragment

KEY_BYTES = 12
INVALID = (ValidationError, ValidationFailedError)  # what is wrong with the fields of a form


async def form_values(*names: str) -> dict[str, str]:
    """The fields of the form; a browser ends lines with CRLF, our texts with LF."""
    form = await request.form
    return {name: form.get(name, "").replace("\r\n", "\n") for name in names}


async def form_key(sent: Mapping[str, str]) -> str | None:
    """The client key of a form: a hash of the form's own key and of all that was typed.

    The same form sent again creates nothing twice; with another text, as after the browser's Back, it is another
    request.
    """
    own = (await request.form).get("client_key")
    whole = "\0".join((own or "", *sent.values()))
    return sha256(whole.encode("utf-8", "surrogatepass")).hexdigest() if own else None


def new_form_key() -> str:
    """A key for a form, new whenever the form is rendered."""
    return secrets.token_hex(KEY_BYTES)


def form_context(typed: Mapping[str, Any], errors: Iterable[FieldError] = ()) -> dict[str, Any]:
    """A form for the templates: what was typed, and the first error of each field."""
    return {**typed, "errors": {error.field: error.message for error in reversed([*errors])}}


def form_problem(error: ValidationError | ProblemError) -> ProblemError:
    """The error of a form, for the page that shows the form again. A fragment has no such page: there it is raised."""
    found = validation_problem(error) if isinstance(error, ValidationError) else error
    if wants_fragment():
        raise found
    return found


async def refused(
    page: Callable[[dict[str, Any]], Awaitable[str]], sent: dict[str, str], error: ValidationError | ProblemError
) -> tuple[str, int]:
    """The page with a form that was refused: what was typed, and the errors of its fields; for a fragment see above."""
    found = form_problem(error)
    return await page(form_context(sent, found.errors)), found.status


async def confirmation(question: str, consequences: str, *, verb: str, back: str) -> str | None:
    """The page that asks for confirmation, if the form wants it; None once it is confirmed.

    verb   the button to go on
    back   address of Cancel
    """
    if not (await request.form).get("ask"):
        return None
    return await render_template("confirm.html", question=question, words=consequences, verb=verb, back=back)


def parse_id(text: str | None) -> int | None:
    """The id in `text`, in digits, or None."""
    found = _digits(text)
    return found if found is not None and 1 <= found <= MAX_ID else None


def number(text: str | None, default: int, largest: int) -> int:
    """The number that `text` spells in digits, between 1 and `largest`, or the default."""
    found = _digits(text)
    return default if found is None else min(max(found, 1), largest)


def _digits(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 19 else None


def safe_next_path(path: str, otherwise: str) -> str:
    """The path, if it is one of our own pages, else `otherwise`: a sent path could lead anywhere."""
    plain = path.isascii() and path.isprintable() and "\\" not in path and "//" not in path
    return path if plain and path.startswith("/front/") else otherwise
