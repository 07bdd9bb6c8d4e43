"""The pages of rooms: the list, a conversation, and the message form."""

from functools import partial
from typing import Any, cast

from pydantic import ValidationError
from quart import Blueprint, Response, make_response, render_template, request

from quart_notes.domain.service import Listed
from quart_notes.errors import NotFoundError, NotYoursError, RoomNameTakenError
from quart_notes.schemas import (
    MAX_ID,
    GuestMessageCreate,
    MessageOut,
    MessageQuery,
    ReadingUpdate,
    RoomCreate,
    RoomMessageCreate,
    RoomOut,
    RoomQuery,
    UnreadOut,
    UserOut,
)
from quart_notes.web.context import core
from quart_notes.web.current_board import writable_board
from quart_notes.web.forms import INVALID, form_context, form_key, form_problem, form_values, parse_id, refused
from quart_notes.web.fragments import Page, see_other, wants_fragment
from quart_notes.web.security.authentication import caller, current_user, visible_position
from quart_notes.web.security.guests import known_guest, may_talk, remember_guest

blueprint = Blueprint("front_rooms", __name__, url_prefix="/front/rooms")

PAGE_SIZE = 50  # messages on a page; with JavaScript further ones follow on scrolling
READ = 40  # messages above the first unread one: more than a window shows
UNREAD = 100  # messages from there on


@blueprint.get("")
async def rooms() -> Page:
    """The rooms and the caller's conversations."""
    return await _rooms(form_context({"name": "", "closed": ""}))


async def _rooms(form: dict[str, Any]) -> str:
    found = await core().rooms.find(await caller(), RoomQuery(limit=1))
    return await render_template(
        "rooms.html",
        form=form,
        deleted_rooms=await core().room_upkeep.deleted(await caller()),
        deleted=parse_id(request.args.get("deleted")),
        gone="gone" in request.args,
        last_event_id=visible_position(found.position),
    )


@blueprint.post("")
async def add() -> Page:
    """The form to add a room."""
    sent = await form_values("name", "closed")
    try:
        data = RoomCreate(name=sent["name"], closed=bool(sent["closed"]), client_key=await form_key(sent))
        room, _ = await core().rooms.add(await caller(), data)
    except (ValidationError, RoomNameTakenError) as error:
        return await refused(_rooms, sent, error)
    return to_room(room.id)


@blueprint.get("/<id:room_id>")
async def room(room_id: int) -> Page:
    """A conversation."""
    me = await current_user()
    return await _conversation(await visible_room(room_id, me), me, form_context({"content": ""}))


async def visible_room(room_id: int, me: UserOut | None) -> RoomOut:
    """A room, or a conversation of the caller; NotFoundError for those of others, as if they did not exist."""
    found, _ = await core().rooms.get(await caller(), room_id)
    if found.kind != "room" and me not in found.people:
        raise NotFoundError(f"Room {room_id} not found")
    return found


async def _conversation(shown: RoomOut, me: UserOut | None, form: dict[str, Any]) -> str:
    before = parse_id(request.args.get("before_id"))
    reading = await _reading(shown.id, me)
    new_after = reading.last_read_id if reading and reading.count and before is None else None
    found, newer = await _messages(shown.id, before or MAX_ID, new_after)
    return await render_template(
        "room.html",
        room=shown,
        title=_title(shown, me),
        messages=found.items,
        older=found.items[0].id if found.more else None,
        newest=before is None,
        newer=newer,
        max_id=MAX_ID,
        guest_talks=me is None and may_talk(shown.id),
        guest=known_guest(),
        last_read_id=reading.last_read_id if reading else None,
        unread_count=reading.count if reading else 0,
        last_event_id=visible_position(found.position),
        presence=core().presence.now(shown.id),
        people=[] if me else await core().users.active(),
        model=core().assistant.model,
        note_board=await writable_board(),
        missing=core().assistant.reason() if shown.kind == "private" else None,
        deleted=await _deleted(shown.id, me),
        form=form,
    )


def _title(shown: RoomOut, me: UserOut | None) -> str:
    if shown.kind == "private":
        return "Assistant"
    return shown.name or next((one for one in shown.people if one != me), shown.people[0]).nickname


async def _reading(room_id: int, me: UserOut | None) -> UnreadOut | None:
    if me is None:
        return None
    found = await core().read_markers.of_user(await caller(), me.id)
    return next((one for one in found.items if one.room_id == room_id), None)


async def _messages(room_id: int, before_id: int, new_after: int | None) -> tuple[Listed[MessageOut], bool]:
    """The last messages before an id, or those around the first after `new_after`; whether there are newer ones."""
    who = await caller()
    if new_after is None:
        newest = MessageQuery(before_id=before_id, limit=PAGE_SIZE)
        return await core().messages.in_room(who, room_id, newest), before_id < MAX_ID
    read = await core().messages.in_room(who, room_id, MessageQuery(before_id=new_after + 1, limit=READ))
    unread = await core().messages.in_room(who, room_id, MessageQuery(after_id=new_after, limit=UNREAD))
    return read._replace(items=[*read.items, *unread.items]), unread.more


async def _deleted(room_id: int, me: UserOut | None) -> MessageOut | None:
    """The caller's own message that was just deleted and can be restored."""
    message_id = parse_id(request.args.get("deleted"))
    message = await core().messages.deleted(message_id) if message_id and me else None
    if message is None or me is None or message.room_id != room_id:
        return None
    owner_id = message.answer.asker_id if message.answer else message.author_id
    return message if owner_id == me.id else None


@blueprint.post("/<id:room_id>/messages")
async def post_message(room_id: int) -> Page:
    """The form to post a message; the author has then read the conversation."""
    me = await current_user()
    shown = await visible_room(room_id, me)
    if me is None and not may_talk(room_id):
        form_problem(NotYoursError("Choose who you are first."))
        return to_room(room_id)
    sent = await form_values("content")
    key = await form_key({"room": str(room_id), **sent})
    try:
        return await (_post_as_guest(room_id, sent, key) if me is None else _post(room_id, me, sent, key))
    except INVALID as error:
        return await refused(partial(_conversation, shown, me), sent, error)


async def _post(room_id: int, me: UserOut, sent: dict[str, str], key: str | None) -> Page:
    data = RoomMessageCreate.model_validate({"author_id": me.id, **sent, "client_key": key})
    posted, _ = await core().messages.post(await caller(), room_id, data)
    core().presence.stopped_typing(room_id, me.id)
    await core().read_markers.mark_read(
        await caller(), room_id, ReadingUpdate(reader_id=me.id, message_id=posted.message.id)
    )
    return await to_message(posted.message, "#end")


async def _post_as_guest(room_id: int, sent: dict[str, str], key: str | None) -> Page:
    data = GuestMessageCreate(**sent, client_key=key)
    guest = known_guest() or await core().messages.new_guest()
    posted, _ = await core().messages.post_as_guest(room_id, guest, data.content, data.client_key)
    response = cast(Response, await make_response(await to_message(posted, "#end")))
    remember_guest(response, guest)
    return response


async def to_message(message: MessageOut, where: str = "") -> Page:
    """Redirect to the message in its conversation, or to `where`; for a fragment, the message itself."""
    if wants_fragment():
        return await render_template("fragments/message_item.html", message=message, note_board=await writable_board())
    return to_room(message.room_id, where or f"#message-{message.id}")


def to_room(room_id: int, where: str = "") -> Page:
    """Redirect to a conversation; `where` is a query or a fragment."""
    return see_other(f"/front/rooms/{room_id}{where}")
