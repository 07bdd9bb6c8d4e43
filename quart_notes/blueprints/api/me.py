"""The API of the caller: the profile, the open board, preferences."""

import re
from typing import Any

from quart import Blueprint, Response, request
from quart_schema import tag_blueprint, validate_request

from quart_notes.blueprints.api.users import PERSON
from quart_notes.errors import FieldError, NicknameTakenError, NobodyChosenError, NotFoundError, ValidationFailedError
from quart_notes.schemas import PREFERENCE_KEY, MeOut, PreferenceOut, ProfileUpdate, UserOut
from quart_notes.schemas.strict_json import dump
from quart_notes.web.context import core
from quart_notes.web.current_board import open_board_id
from quart_notes.web.forms import parse_id
from quart_notes.web.openapi.document import (
    ANY_JSON_BODY,
    PERSON_ID,
    ResponseDoc,
    responds,
    sends,
    takes,
)
from quart_notes.web.responses import item_response, json_item, json_list, list_response
from quart_notes.web.security.authentication import accounts_mode, identify

blueprint = Blueprint("me", __name__, url_prefix="/api/me")
tag_blueprint(blueprint, ["me"])

PREFERENCE = item_response("preference", PreferenceOut)
KEY = re.compile(PREFERENCE_KEY)


async def _me() -> UserOut:
    """Whose preferences are meant: the caller's; in open mode, those of `person_id`."""
    named = parse_id(request.args.get("person_id")) if not accounts_mode() else None
    if named is not None:
        return (await core().users.get(named))[0]
    grant = await identify()
    if grant is None or grant.caller.user is None:
        raise NobodyChosenError("Choose who you are first, on a page or with person_id.")
    return grant.caller.user


@blueprint.get("")
@responds(ResponseDoc(200, "Who asks.", MeOut))
async def whoami() -> Response:
    """Get your profile.

    With the board that is open in your browser.
    """
    grant = await identify()
    who = None if grant is None else grant.caller
    me = MeOut(
        user=None if who is None or who.id is None else await core().profiles.get(who.id),
        admin=who is not None and who.admin,
        board_id=await open_board_id(grant),
        mode="accounts" if accounts_mode() else "open",
    )
    return json_item(me, await core().log.newest())


@blueprint.patch("")
@validate_request(ProfileUpdate)
@responds(PERSON, problems=(NotFoundError, NicknameTakenError))
async def change_profile(data: ProfileUpdate) -> Response:
    """Change your name, nickname or e-mail address.

    Only the fields that are sent change. Your notes and messages, and links to you, show the new name.
    """
    return json_item(*await core().profiles.change((await _me()).id, data))


@blueprint.get("/online")
@takes(PERSON_ID)
@responds(*list_response("Their ids.", list[int]), problems=(NotFoundError,))
async def list_online() -> Response:
    """List who is online.

    Of those with whom you have direct messages.
    """
    found, position = await core().online.partners((await _me()).id), await core().log.newest()
    return json_list(dump(found), position)


@blueprint.get("/preferences")
@takes(PERSON_ID)
@responds(*list_response("Values by key.", dict[str, Any]), problems=(NotFoundError,))
async def list_preferences() -> Response:
    """List your preferences.

    One object, with the values by key.
    """
    values, position = await core().preferences.of_user((await _me()).id)
    return json_list(dump(values), position)


@blueprint.delete("/preferences")
@takes(PERSON_ID)
@responds(ResponseDoc(200, "The values as they were, by key.", dict[str, Any]), problems=(NotFoundError,))
async def clear_preferences() -> Response:
    """Delete all your preferences."""
    values, position = await core().preferences.clear((await _me()).id)
    return Response(dump(values), 200, {"Last-Event-ID": str(position)}, content_type="application/json")


@blueprint.get("/preferences/<key>")
@takes(PERSON_ID)
@responds(PREFERENCE)
async def get_preference(key: str) -> Response:
    """Get a preference."""
    return json_item(*await core().preferences.get((await _me()).id, key))


@blueprint.put("/preferences/<key>")
@sends(ANY_JSON_BODY)
@takes(PERSON_ID)
@responds(PREFERENCE)
async def set_preference(key: str) -> Response:
    """Set a preference.

    The body is the value: any JSON of at most 8 KiB. A key has letters, digits, `_`, `.` and `-`, at most 64 of them; a
    person has at most 200.
    """
    if not KEY.fullmatch(key):
        message = "must begin with a letter or digit and have letters, digits, _ . and - only, 64 at most"
        raise ValidationFailedError(f"key: {message}", errors=[FieldError("key", message)])
    return json_item(*await core().preferences.set((await _me()).id, key, await request.get_json()))


@blueprint.delete("/preferences/<key>")
@takes(PERSON_ID)
@responds(PREFERENCE)
async def delete_preference(key: str) -> Response:
    """Delete a preference."""
    return json_item(*await core().preferences.delete((await _me()).id, key))
