"""The people page: all users, and the form to add one."""

from typing import Any

from pydantic import ValidationError
from quart import Blueprint, render_template

from quart_notes.errors import NicknameTakenError
from quart_notes.schemas import PAGE_MAX, PageQuery, UserCreate, UserOut
from quart_notes.web.context import core
from quart_notes.web.forms import form_context, form_key, form_values, refused
from quart_notes.web.fragments import Page, see_other, wants_fragment
from quart_notes.web.security.authentication import caller, current_user, visible_position

blueprint = Blueprint("front_users", __name__, url_prefix="/front/users")

FIELDS = ("name", "email", "nickname")


@blueprint.get("")
async def users() -> Page:
    """All users."""
    return await people_page()


async def people_page(form: dict[str, Any] | None = None, problem: str = "") -> str:
    """The page; `form` was refused, or `problem` explains why something cannot be done."""
    found = await core().users.find(PageQuery(limit=PAGE_MAX), await caller())
    return await render_template(
        "users.html",
        users=found.items,
        last_event_id=visible_position(found.position),
        form=form or form_context(dict.fromkeys(FIELDS, "")),
        problem=problem,
    )


@blueprint.post("")
async def add() -> Page:
    """The form to add a user."""
    who = await caller()
    who.require_admin()
    sent = await form_values(*FIELDS)
    try:
        values = {**sent, "email": sent["email"].strip() or None, "client_key": await form_key(sent)}
        added, _ = await core().users.add(UserCreate.model_validate(values), who.id)
    except (ValidationError, NicknameTakenError) as error:
        return await refused(people_page, sent, error)
    return await to_user(added)


async def to_user(user: UserOut, where: str = "") -> Page:
    """Redirect to the people page; for a fragment, the card of `user`."""
    if wants_fragment():
        return await render_template("fragments/user_card.html", user=user)
    return see_other(f"/front/users{where}")


@blueprint.post("/<id:user_id>/talk")
async def talk(user_id: int) -> Page:
    """Open the conversation with a user; a caller without a user chooses one first."""
    me = await current_user()
    await core().users.get(user_id, await caller())
    if me is None:
        return see_other("/front/users")
    room, _ = await core().rooms.direct_conversation(await caller(), me.id, user_id)
    return see_other(f"/front/rooms/{room.id}")
