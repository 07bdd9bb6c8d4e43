"""The administrators' forms on the people page."""

from collections.abc import Awaitable

from quart import Blueprint

from quart_notes.blueprints.pages.users import people_page, to_user
from quart_notes.errors import LastAdministratorError, NotNowError
from quart_notes.live.writer import Committed
from quart_notes.schemas import UserOut
from quart_notes.web.context import core
from quart_notes.web.error_handlers import wants_html
from quart_notes.web.forms import confirmation
from quart_notes.web.fragments import Page, wants_fragment
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("front_administration", __name__, url_prefix="/front/users/<id:user_id>")


@blueprint.post("/deactivate")
async def deactivate(user_id: int) -> Page:
    """The form to deactivate a person."""
    user = await core().profiles.get(user_id)
    words = (
        "They are signed out everywhere at once, and their tokens and links end. What they wrote stays. "
        "Of boards and closed rooms that only they own, another member becomes the owner."
    )
    if page := await confirmation(
        f"Deactivate {user.nickname}?", words, verb="Deactivate", back=f"/front/users#user-{user_id}"
    ):
        return page
    return await _changed(core().profiles.deactivate(await caller(), user_id))


@blueprint.post("/activate")
async def activate(user_id: int) -> Page:
    """The form to reactivate a person."""
    return await _changed(core().profiles.activate(await caller(), user_id))


@blueprint.post("/make-admin")
async def make_admin(user_id: int) -> Page:
    """The form to make a person an administrator."""
    return await _changed(core().profiles.set_admin(await caller(), user_id, admin=True))


@blueprint.post("/unmake-admin")
async def unmake_admin(user_id: int) -> Page:
    """The form to remove a person as administrator."""
    return await _changed(core().profiles.set_admin(await caller(), user_id, admin=False))


@blueprint.post("/make-member")
async def make_member(user_id: int) -> Page:
    """The form to make a guest a member of the server."""
    return await _changed(core().profiles.set_guest(await caller(), user_id, guest=False))


@blueprint.post("/make-guest")
async def make_guest(user_id: int) -> Page:
    """The form to make a person a guest."""
    user = await core().profiles.get(user_id)
    words = "They will see only the boards and closed rooms that they are a member of, and the people there."
    if page := await confirmation(
        f"Make {user.nickname} a guest?", words, verb="Make a guest", back=f"/front/users#user-{user_id}"
    ):
        return page
    return await _changed(core().profiles.set_guest(await caller(), user_id, guest=True))


async def _changed(change: Awaitable[Committed[UserOut]]) -> Page:
    """Redirect to the person; the people page shows why an administrator stays one."""
    try:
        user, _ = await change
    except (LastAdministratorError, NotNowError) as error:
        if wants_fragment() or not wants_html():
            raise
        return await people_page(problem=error.detail), error.status
    return await to_user(user, f"#user-{user.id}")
