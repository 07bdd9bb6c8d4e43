"""The forms on the people's page by which administrators say who may come in, and who else administers."""

from quart import Blueprint
from quart_schema import hide

from quart_notes.blueprints.context import core
from quart_notes.blueprints.front_users import Page, to_user
from quart_notes.schemas import UserOut

blueprint = Blueprint("front_administration", __name__, url_prefix="/front/users/<id:user_id>")


@blueprint.post("/deactivate")
@hide
async def deactivate(user_id: int) -> Page:
    """Deactivate a person by the form."""
    changed, _ = await core().profiles.deactivate(user_id)
    return await _back(changed)


@blueprint.post("/activate")
@hide
async def activate(user_id: int) -> Page:
    """Activate a person by the form."""
    changed, _ = await core().profiles.activate(user_id)
    return await _back(changed)


@blueprint.post("/make-admin")
@hide
async def make_admin(user_id: int) -> Page:
    """Make a person an administrator by the form."""
    changed, _ = await core().profiles.set_admin(user_id, admin=True)
    return await _back(changed)


@blueprint.post("/unmake-admin")
@hide
async def unmake_admin(user_id: int) -> Page:
    """Have a person administer no more by the form."""
    changed, _ = await core().profiles.set_admin(user_id, admin=False)
    return await _back(changed)


async def _back(changed: UserOut) -> Page:
    return await to_user(changed, f"#user-{changed.id}")
