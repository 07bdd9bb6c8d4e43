"""The choice of a user, in open mode."""

from quart import Blueprint, Response, request

from quart_notes.errors import NotFoundError
from quart_notes.web.context import core
from quart_notes.web.forms import parse_id, safe_next_path
from quart_notes.web.security.authentication import accounts_mode, begin_session, end_session

blueprint = Blueprint("front_me", __name__, url_prefix="/front/me")

USERS_PAGE = "/front/users"


@blueprint.post("")
async def choose_user() -> Response:
    """Choose a user for this browser, or none; in accounts mode people sign in instead."""
    if accounts_mode():
        raise NotFoundError("You are signed in. Sign out to use another person.")
    form = await request.form
    user_id = parse_id(form.get("person_id"))
    if user_id is not None:
        user, _ = await core().users.get(user_id)
        if user.deactivated:
            raise NotFoundError(f"{user.nickname} is deactivated.")
    elif form.get("person_id"):
        raise NotFoundError("There is no such person.")
    response = Response(b"", 303, {"Location": request.root_path + safe_next_path(form.get("next", ""), USERS_PAGE)})
    if user_id is None:
        await end_session(response)
    else:
        await begin_session(response, user_id, proven=False)
    return response
