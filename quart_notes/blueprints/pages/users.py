"""The people page: all users, and the form to add one."""

from typing import Any

from pydantic import ValidationError
from quart import Blueprint, redirect, render_template, request
from quart_schema import hide
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_notes.errors import NicknameTakenError
from quart_notes.schemas import PAGE_MAX, PageQuery, UserCreate, UserOut
from quart_notes.web.context import core
from quart_notes.web.forms import filled, form_key, refused, typed
from quart_notes.web.fragments import wants_fragment
from quart_notes.web.security.authentication import caller, chosen_person, heard

blueprint = Blueprint("front_users", __name__, url_prefix="/front/users")

FIELDS = ("name", "email", "nickname")
Page = str | tuple[str, int] | WerkzeugResponse


@blueprint.get("")
@hide
async def users() -> Page:
    """All users."""
    return await people_page()


async def people_page(form: dict[str, Any] | None = None, problem: str = "") -> str:
    """The page; `form` was refused, or `problem` explains why something cannot be done."""
    found = await core().people.find(PageQuery(limit=PAGE_MAX), await caller())
    return await render_template(
        "users.html",
        users=found.items,
        last_event_id=heard(found.position),
        form=form or filled(dict.fromkeys(FIELDS, "")),
        problem=problem,
    )


@blueprint.post("")
@hide
async def add() -> Page:
    """The form to add a user."""
    who = await caller()
    who.must_administer()
    sent = await typed(*FIELDS)
    try:
        wanted = {**sent, "email": sent["email"].strip() or None, "client_key": await form_key(sent)}
        added, _ = await core().people.add(UserCreate.model_validate(wanted), who.id)
    except (ValidationError, NicknameTakenError) as error:
        return await refused(people_page, sent, error)
    return await to_user(added)


async def to_user(user: UserOut, where: str = "") -> Page:
    """Redirect to the people page; for a fragment, the card of `user`."""
    if wants_fragment():
        return await render_template("fragments/user_card.html", user=user)
    return redirect(f"{request.root_path}/front/users{where}", 303)


@blueprint.post("/<id:user_id>/talk")
@hide
async def talk(user_id: int) -> WerkzeugResponse:
    """Open the conversation with a user; a caller without a user chooses one first."""
    me = await chosen_person()
    await core().people.get(user_id)
    if me is None:
        return redirect(f"{request.root_path}/front/users", 303)
    room, _ = await core().rooms.between(await caller(), me.id, user_id)
    return redirect(f"{request.root_path}/front/rooms/{room.id}", 303)
