"""Choosing who one is."""

from quart import Blueprint, Response, request
from quart_schema import hide

from quart_notes.blueprints.context import core
from quart_notes.blueprints.forms import digits
from quart_notes.blueprints.identity import choose
from quart_notes.errors import NotFoundError

blueprint = Blueprint("front_me", __name__, url_prefix="/front/me")

ELSEWHERE = "/front/users"


@blueprint.post("")
@hide
async def be() -> Response:
    """Be a person from now on, or nobody."""
    form = await request.form
    wanted = digits(form.get("person_id"))
    if wanted is not None:
        await core().people.get(wanted)
    elif form.get("person_id"):
        raise NotFoundError("There is no such person.")
    response = Response(b"", 303, {"Location": request.root_path + _own(form.get("next", ""))})
    choose(response, wanted)
    return response


def _own(path: str) -> str:
    """The path, if it is one of our own pages: what is sent could lead anywhere."""
    plain = path.isascii() and path.isprintable() and "\\" not in path and "//" not in path
    return path if plain and path.startswith("/front/") else ELSEWHERE
