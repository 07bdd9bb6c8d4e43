"""The API of administrators: who may sign in, and who else is an administrator."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint

from quart_notes.blueprints.api.users import PERSON
from quart_notes.errors import LastAdministratorError, NotNowError
from quart_notes.web.context import core
from quart_notes.web.openapi.document import responds
from quart_notes.web.responses import json_item
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("administration", __name__, url_prefix="/api/users/<id:user_id>")
tag_blueprint(blueprint, ["people"])


@blueprint.post("/deactivate")
@responds(PERSON, problems=(LastAdministratorError,))
async def deactivate(user_id: int) -> Response:
    """Deactivate a person.

    Their sessions, tokens, links, imports and open streams end; signing in is refused as for an unknown person. Their
    notes and messages stay. What only they own gets another owner. Administrators only; the last one cannot be
    deactivated.
    """
    return json_item(*await core().profiles.deactivate(await caller(), user_id))


@blueprint.post("/activate")
@responds(PERSON, problems=(LastAdministratorError,))
async def activate(user_id: int) -> Response:
    """Reactivate a person.

    They sign in with their former password. Administrators only.
    """
    return json_item(*await core().profiles.activate(await caller(), user_id))


@blueprint.put("/admin")
@responds(PERSON, problems=(LastAdministratorError,))
async def make_admin(user_id: int) -> Response:
    """Make a person an administrator.

    Administrators only.
    """
    return json_item(*await core().profiles.set_admin(await caller(), user_id, admin=True))


@blueprint.delete("/admin")
@responds(PERSON, problems=(LastAdministratorError,))
async def unmake_admin(user_id: int) -> Response:
    """Remove a person as administrator.

    Administrators only; the last one stays.
    """
    return json_item(*await core().profiles.set_admin(await caller(), user_id, admin=False))


@blueprint.put("/member")
@responds(PERSON)
async def make_member(user_id: int) -> Response:
    """Make a guest a member of the server.

    Administrators only.
    """
    return json_item(*await core().profiles.set_guest(await caller(), user_id, guest=False))


@blueprint.delete("/member")
@responds(PERSON, problems=(NotNowError,))
async def make_guest(user_id: int) -> Response:
    """Make a person a guest.

    They keep the boards and closed rooms that they are a member of. Administrators only, and of no administrator.
    """
    return json_item(*await core().profiles.set_guest(await caller(), user_id, guest=True))
