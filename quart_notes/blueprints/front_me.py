"""Choosing who one is."""

from quart import Blueprint, redirect, request
from quart_schema import hide
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_notes.blueprints.context import core
from quart_notes.blueprints.person import COOKIE, COOKIE_SECONDS, person_id
from quart_notes.errors import NotFoundError

blueprint = Blueprint("front_me", __name__, url_prefix="/front/me")

ELSEWHERE = "/front/users"


@blueprint.post("")
@hide
async def choose() -> WerkzeugResponse:
    """Choose who to be, or to be nobody."""
    form = await request.form
    wanted = person_id(form.get("person_id"))
    if wanted is not None:
        await core().people.get(wanted)
    elif form.get("person_id"):
        raise NotFoundError("There is no such person.")
    response = redirect(request.root_path + _path(form.get("next", "")), 303)
    path = request.root_path or "/"
    if wanted is None:
        response.delete_cookie(COOKIE, path)
    else:
        response.set_cookie(COOKIE, str(wanted), COOKIE_SECONDS, path=path, httponly=True, samesite="Lax")
    return response


def _path(wanted: str) -> str:
    """A path of our own pages; what is sent could lead anywhere."""
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted and "//" not in wanted
    return wanted if plain and wanted.startswith("/front/") else ELSEWHERE
