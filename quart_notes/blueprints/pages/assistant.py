"""The forms of the assistant: open the private room, stop an answer, ask again."""

from contextlib import suppress

from quart import Blueprint

from quart_notes.blueprints.pages.room_messages import visible_message
from quart_notes.blueprints.pages.rooms import to_message, to_room
from quart_notes.errors import NotNowError
from quart_notes.web.context import core
from quart_notes.web.fragments import Page, see_other
from quart_notes.web.security.authentication import caller, current_user

blueprint = Blueprint("front_assistant", __name__, url_prefix="/front")


@blueprint.post("/assistant")
async def open_room() -> Page:
    """Redirect to the private room; a caller without a user chooses one first."""
    me = await current_user()
    if me is None:
        return see_other("/front/users")
    (room, _), _ = await core().rooms.assistant_room(await caller(), me.id)
    return to_room(room.id, "#end")


@blueprint.post("/rooms/<id:room_id>/messages/<id:message_id>/stop")
async def stop(room_id: int, message_id: int) -> Page:
    """Stop an answer."""
    await visible_message(room_id, message_id, await current_user())
    answer, _ = await core().answers.stop(await caller(), message_id)
    return await to_message(answer)


@blueprint.post("/rooms/<id:room_id>/messages/<id:message_id>/retry")
async def retry(room_id: int, message_id: int) -> Page:
    """Ask again; a form sent twice asks once."""
    answer = await visible_message(room_id, message_id, await current_user())
    with suppress(NotNowError):  # the page shows the current state
        answer, _ = await core().answers.retry(await caller(), message_id)
    return await to_message(answer)
