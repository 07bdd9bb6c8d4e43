"""Who somebody is: in open mode, whoever they choose to be."""

from quart import Response, has_request_context, request, websocket

from quart_notes.blueprints.context import core
from quart_notes.schemas import MAX_ID, UserOut

COOKIE = "quart_notes_person"
COOKIE_AGE = 365 * 24 * 3600  # seconds


async def chosen_person() -> UserOut | None:
    """The person that the browser has chosen to be; None when it has not, or they are gone."""
    cookies = request.cookies if has_request_context() else websocket.cookies
    value = cookies.get(COOKIE, "")
    if not (value.isascii() and value.isdigit()) or len(value) > 19 or not 0 < int(value) <= MAX_ID:
        return None
    found = await core().people.those([int(value)])
    return found.get(int(value))


def choose(response: Response, person_id: int | None) -> None:
    """Have the browser be a person from now on, or nobody."""
    path = request.root_path or "/"
    if person_id is None:
        response.delete_cookie(COOKIE, path=path, httponly=True, samesite="Lax")
    else:
        response.set_cookie(
            COOKIE, str(person_id), COOKIE_AGE, path=path, httponly=True, samesite="Lax", secure=request.is_secure
        )
