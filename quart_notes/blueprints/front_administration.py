"""The forms on the people's page by which administrators say who may come in, and who else administers."""

from quart import Blueprint, redirect, request
from quart_schema import hide
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_notes.blueprints.context import core

blueprint = Blueprint("front_administration", __name__, url_prefix="/front/users/<id:user_id>")


@blueprint.post("/deactivate")
@hide
async def deactivate(user_id: int) -> WerkzeugResponse:
    """Deactivate a person by the form."""
    await core().profiles.deactivate(user_id)
    return _back(user_id)


@blueprint.post("/activate")
@hide
async def activate(user_id: int) -> WerkzeugResponse:
    """Activate a person by the form."""
    await core().profiles.activate(user_id)
    return _back(user_id)


@blueprint.post("/make-admin")
@hide
async def make_admin(user_id: int) -> WerkzeugResponse:
    """Make a person an administrator by the form."""
    await core().profiles.set_admin(user_id, admin=True)
    return _back(user_id)


@blueprint.post("/unmake-admin")
@hide
async def unmake_admin(user_id: int) -> WerkzeugResponse:
    """Have a person administer no more by the form."""
    await core().profiles.set_admin(user_id, admin=False)
    return _back(user_id)


def _back(user_id: int) -> WerkzeugResponse:
    return redirect(f"{request.root_path}/front/users#user-{user_id}", 303)
