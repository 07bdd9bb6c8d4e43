"""A single message as a fragment, and the forms to change, delete and restore the caller's own."""

from functools import partial
from typing import Any

from pydantic import ValidationError
from quart import Blueprint, render_template

from quart_notes.blueprints.pages.rooms import message_fragment, to_message, visible_room
from quart_notes.blueprints.pages.rooms import visible_message as message_in
from quart_notes.domain.reactions.emoji import COMMON
from quart_notes.errors import ForbiddenError, NotFoundError, NotYoursError, ValidationFailedError
from quart_notes.schemas import MessageNoteCreate, MessageOut, MessageUpdate, UserOut
from quart_notes.web.context import core
from quart_notes.web.current_board import board_path, writable_board
from quart_notes.web.forms import form_context, form_key, form_values, refused
from quart_notes.web.fragments import Page, pages_address, removed, see_other
from quart_notes.web.security.authentication import caller, current_user

blueprint = Blueprint("front_room_messages", __name__, url_prefix="/front/rooms/<id:room_id>/messages/<id:message_id>")


@blueprint.get("")
async def message(room_id: int, message_id: int) -> str:
    """The message as a fragment."""
    shown = await visible_message(room_id, message_id, await current_user())
    return await message_fragment(shown)


async def visible_message(room_id: int, message_id: int, me: UserOut | None) -> MessageOut:
    """A message of a room that the caller sees; NotFoundError otherwise."""
    return await message_in(await visible_room(room_id, me), message_id)


@blueprint.get("/edit")
async def edit(room_id: int, message_id: int) -> str:
    """The form to change the caller's own message."""
    me = await _require_user()
    shown = await visible_message(room_id, message_id, me)
    if shown.author_id != me.id:
        raise NotYoursError("Only its author may change a message.")
    return await _edit(shown, form_context({"content": shown.content}))


async def _require_user() -> UserOut:
    me = await current_user()
    if me is None:
        raise NotYoursError("Choose who you are first: only its author can change a message.")
    return me


async def _edit(shown: MessageOut, form: dict[str, Any]) -> str:
    return await render_template("message_edit.html", message=shown, form=form)


@blueprint.post("")
async def save(room_id: int, message_id: int) -> Page:
    """Save a change of the caller's own message."""
    me = await _require_user()
    shown = await visible_message(room_id, message_id, me)
    sent = await form_values("content")
    try:
        changed, _ = await core().messages.change(
            await caller(), message_id, MessageUpdate(author_id=me.id, content=sent["content"])
        )
    except ValidationError as error:
        return await refused(partial(_edit, shown), sent, error)
    return await to_message(changed)


@blueprint.get("/reactions")
async def choose_reaction(room_id: int, message_id: int) -> str:
    """The form to react to a message."""
    shown = await visible_message(room_id, message_id, await _require_user())
    return await _choose_reaction(shown, form_context({"emoji": ""}))


async def _choose_reaction(shown: MessageOut, form: dict[str, Any]) -> str:
    return await render_template("message_reactions.html", message=shown, form=form, emojis=COMMON)


@blueprint.post("/reactions")
async def change_reaction(room_id: int, message_id: int) -> Page:
    """Put an emoji on a message, or remove it."""
    me = await _require_user()
    shown = await visible_message(room_id, message_id, me)
    sent = await form_values("emoji", "remove")
    change = core().reactions.remove if sent["remove"] else core().reactions.add
    try:
        changed, _ = await change(await caller(), message_id, me.id, sent["remove"] or sent["emoji"])
    except ValidationFailedError as error:
        return await refused(partial(_choose_reaction, shown), sent, error)
    return await to_message(changed)


@blueprint.post("/note")
async def make_note(room_id: int, message_id: int) -> Page:
    """Make a note of the message on the open board."""
    await visible_message(room_id, message_id, await current_user())
    board = await writable_board()
    if board is None:
        raise ForbiddenError("You may not add notes to the open board.")
    key = await form_key({"board": str(board.id), "message": str(message_id)})
    if key is None:
        raise ValidationFailedError.of_field("client_key", "is missing")
    data = MessageNoteCreate(board_id=board.id, client_key=key)
    note, _ = await core().message_notes.add(await caller(), message_id, data, pages_address())
    return see_other(f"{board_path(board.id)}/{note.id}")


@blueprint.post("/delete")
async def delete(room_id: int, message_id: int) -> Page:
    """Delete the caller's own message and offer to undo it."""
    me = await _require_user()
    try:
        await visible_message(room_id, message_id, me)
        await core().messages.delete(await caller(), message_id, me.id)
    except NotFoundError:
        await visible_room(room_id, me)
        return removed(f"/front/rooms/{room_id}#end")
    return removed(f"/front/rooms/{room_id}?deleted={message_id}#end")


@blueprint.post("/restore")
async def restore(room_id: int, message_id: int) -> Page:
    """Undo a deletion."""
    me = await _require_user()
    await visible_room(room_id, me)
    restored, _ = await core().messages.restore(await caller(), message_id, me.id)
    return await to_message(restored)
