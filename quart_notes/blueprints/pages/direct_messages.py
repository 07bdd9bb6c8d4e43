"""A person's direct messages as a table, and the form to send one."""

from functools import partial
from typing import Any

from quart import Blueprint, render_template, request

from quart_notes.blueprints.pages.rooms import reacting_users
from quart_notes.errors import ValidationFailedError
from quart_notes.schemas import MAX_ID, MessageCreate, MessageQuery
from quart_notes.web.context import core
from quart_notes.web.current_board import writable_board
from quart_notes.web.forms import INVALID, form_context, form_key, form_values, parse_id, refused
from quart_notes.web.fragments import Page, see_other, wants_fragment
from quart_notes.web.security.authentication import caller, visible_position

blueprint = Blueprint("front_messages", __name__, url_prefix="/front/messages")

PAGE_SIZE = 100  # messages on a page
FIELDS = ("recipient_id", "content")


@blueprint.get("/<id:user_id>")
async def messages(user_id: int) -> Page:
    """The direct messages of a person."""
    last = await core().messages.last_recipient(user_id)
    return await _messages(user_id, form_context({**dict.fromkeys(FIELDS, ""), "recipient_id": str(last or "")}))


async def _messages(user_id: int, form: dict[str, Any]) -> str:
    who = await caller()
    user, _ = await core().users.get(user_id, who)
    before = parse_id(request.args.get("before_id")) or MAX_ID
    found = await core().messages.of_user(who, user_id, MessageQuery(before_id=before, limit=PAGE_SIZE))
    return await render_template(
        "direct_messages.html",
        user=user,
        messages=found.items,
        older=found.items[0].id if found.more else None,
        newest=before == MAX_ID,
        people=[person for person in await core().users.active(who) if person.id != user_id],
        last_event_id=visible_position(found.position),
        form=form,
        note_board=await writable_board(),
        reacting=await reacting_users(found.items),
    )


@blueprint.post("/<id:user_id>")
async def send(user_id: int) -> Page:
    """The form to send a message."""
    await core().users.get(user_id, await caller())
    sent = await form_values(*FIELDS)
    try:
        if not sent["recipient_id"]:
            raise ValidationFailedError.of_field("recipient_id", "Choose a recipient.")
        data = {"author_id": user_id, **sent, "client_key": await form_key(sent)}
        posted, _ = await core().messages.send(await caller(), MessageCreate.model_validate(data))
    except INVALID as error:
        return await refused(partial(_messages, user_id), sent, error)
    if wants_fragment():
        board = await writable_board()
        return await render_template(
            "fragments/message_row.html", message=posted.message, note_board=board, reacting={}
        )
    return see_other(f"/front/messages/{user_id}#end")
