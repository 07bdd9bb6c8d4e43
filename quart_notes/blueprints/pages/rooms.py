"""The pages of rooms: the list, a conversation, and the message form."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any, cast

from pydantic import ValidationError
from quart import Blueprint, Response, make_response, render_template, request

from quart_notes.domain.reactions.emoji import COMMON
from quart_notes.domain.service import Listed
from quart_notes.errors import NotFoundError, NotYoursError, RoomNameTakenError
from quart_notes.schemas import (
    MAX_ID,
    GuestMessageCreate,
    LevelUpdate,
    MessageOut,
    MessageQuery,
    MyRoomOut,
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
NAMED = 10  # users named for each emoji on a message


@blueprint.get("")
async def rooms() -> Page:
    """The rooms and the caller's conversations."""
    return await _rooms(form_context({"name": "", "closed": ""}))


async def _rooms(form: dict[str, Any]) -> str:
    found = await core().rooms.find(await caller(), RoomQuery(limit=1))
    return await render_template(
        "rooms.html",
        form=form,
        deleted_rooms=(await core().room_upkeep.deleted(await caller())).items,
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


@blueprint.get("/<id:room_id>/<id:message_id>")
async def room_at(room_id: int, message_id: int) -> Page:
    """A conversation, opened at a message, which is marked; with `reply`, in a reply to it."""
    me = await current_user()
    shown = await visible_room(room_id, me)
    marked = await visible_message(shown, message_id)
    form = form_context(
        {"content": "", "reply_to": str(message_id)} if me and "reply" in request.args else {"content": ""}
    )
    return await _conversation(shown, me, form, marked)


async def visible_message(shown: RoomOut, message_id: int) -> MessageOut:
    """A message of a room that the caller sees; NotFoundError when it is not there."""
    found, _ = await core().messages.get(await caller(), message_id)
    if found.room_id != shown.id:
        raise NotFoundError(f"There is no message {message_id} in room {shown.id}")
    return found


async def visible_room(room_id: int, me: UserOut | None) -> MyRoomOut:
    """A room, or a conversation of the caller; NotFoundError for those of others, as if they did not exist."""
    found, _ = await core().rooms.get(await caller(), room_id)
    if found.kind not in {"room", "note"} and me not in found.people:
        raise NotFoundError(f"Room {room_id} not found")
    return found


async def _conversation(
    shown: MyRoomOut, me: UserOut | None, form: dict[str, Any], marked: MessageOut | None = None
) -> str:
    before = parse_id(request.args.get("before_id"))
    reading = await _reading(shown, me)
    new_after = reading.last_read_id if reading and reading.count and before is None else None
    around = marked.id if marked else new_after
    found, newer = await _messages(shown.id, before or MAX_ID, around)
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
        level=reading.level if reading else None,
        last_event_id=visible_position(found.position),
        presence=core().presence.now(shown.id),
        people=[] if me else await core().users.active(await caller()),
        model=core().assistant.model,
        note_board=await writable_board(),
        missing=core().assistant.reason() if shown.kind == "private" else None,
        deleted=await _deleted(shown, me),
        marked=marked,
        replying_to=await _replying_to(shown, form),
        reacting=await reacting_users(found.items),
        emojis=COMMON,
        form=form,
    )


async def _replying_to(shown: RoomOut, form: dict[str, Any]) -> MessageOut | None:
    """The message that the one in the form replies to, if it is still there."""
    message_id = parse_id(form.get("reply_to"))
    try:
        return await visible_message(shown, message_id) if message_id else None
    except NotFoundError:
        return None


async def reacting_users(messages: Sequence[MessageOut]) -> dict[int, UserOut]:
    """Those of the users who reacted whose names are shown."""
    shown = (reaction["user_ids"][:NAMED] for message in messages for reaction in message.reactions)
    ids = set(chain.from_iterable(shown))
    return await core().users.existing_users(ids) if ids else {}


def _title(shown: RoomOut, me: UserOut | None) -> str:
    if shown.kind == "private":
        return "Assistant"
    if shown.kind == "note":
        return shown.name or "Note"
    return shown.name or next((one for one in shown.people if one != me), shown.people[0]).nickname


async def _reading(shown: RoomOut, me: UserOut | None) -> UnreadOut | None:
    """The viewer's unread count; None in an archived room, where nothing is unread."""
    return None if me is None or shown.archived else await core().read_markers.of_room(await caller(), me.id, shown.id)


async def _messages(room_id: int, before_id: int, around: int | None) -> tuple[Listed[MessageOut], bool]:
    """The last messages before an id, or some up to `around` and more after it; whether there are newer ones."""
    who = await caller()
    if around is None:
        newest = MessageQuery(before_id=before_id, limit=PAGE_SIZE)
        return await core().messages.in_room(who, room_id, newest), before_id < MAX_ID
    read = await core().messages.in_room(who, room_id, MessageQuery(before_id=around + 1, limit=READ))
    unread = await core().messages.in_room(who, room_id, MessageQuery(after_id=around, limit=UNREAD))
    return read._replace(items=[*read.items, *unread.items]), unread.more


async def _deleted(shown: MyRoomOut, me: UserOut | None) -> MessageOut | None:
    """The message that was just deleted in a room, if the caller may restore it."""
    message_id = parse_id(request.args.get("deleted"))
    message = await core().messages.deleted(message_id) if message_id and me else None
    if message is None or me is None or message.room_id != shown.id:
        return None
    who = await caller()
    owner_id = message.answer.asker_id if message.answer else message.author_id
    moderates = not who.trusted and (who.admin or shown.role == "owner")
    return message if moderates or owner_id == me.id else None


@blueprint.post("/<id:room_id>/messages")
async def post_message(room_id: int) -> Page:
    """The form to post a message; the author has then read the conversation."""
    me = await current_user()
    shown = await visible_room(room_id, me)
    if me is None and not may_talk(room_id):
        form_problem(NotYoursError("Choose who you are first."))
        return to_room(room_id)
    sent = await form_values("content", "reply_to")
    key = await form_key({"room": str(room_id), **sent})
    try:
        return await (_post_as_guest(room_id, sent, key) if me is None else _post(room_id, me, sent, key))
    except INVALID as error:
        return await refused(partial(_conversation, shown, me), sent, error)


@blueprint.post("/<id:room_id>/level")
async def set_level(room_id: int) -> Page:
    """The form with what the viewer is notified of in a room."""
    me = await current_user()
    await visible_room(room_id, me)
    if me is None:
        form_problem(NotYoursError("Choose who you are first."))
        return to_room(room_id)
    sent = await form_values("level")
    try:
        data = LevelUpdate.model_validate({"reader_id": me.id, "level": sent["level"]})
    except ValidationError as error:
        raise form_problem(error) from None
    await core().read_markers.set_level(await caller(), room_id, data)
    return to_room(room_id)


async def _post(room_id: int, me: UserOut, sent: dict[str, str], key: str | None) -> Page:
    data = RoomMessageCreate.model_validate(
        {"author_id": me.id, **sent, "reply_to": sent["reply_to"] or None, "client_key": key}
    )
    posted, _ = await core().messages.post(await caller(), room_id, data)
    core().presence.stopped_typing(room_id, me.id)
    await core().read_markers.mark_read(
        await caller(), room_id, ReadingUpdate(reader_id=me.id, message_id=posted.message.id)
    )
    return await to_message(posted.message, "#end")


async def _post_as_guest(room_id: int, sent: dict[str, str], key: str | None) -> Page:
    data = GuestMessageCreate(content=sent["content"], client_key=key)
    guest = known_guest() or await core().messages.new_guest()
    posted, _ = await core().messages.post_as_guest(room_id, guest, data.content, data.client_key)
    response = cast(Response, await make_response(await to_message(posted, "#end")))
    remember_guest(response, guest)
    return response


async def to_message(message: MessageOut, where: str = "") -> Page:
    """Redirect to the message in its conversation, or to `where`; for a fragment, the message itself."""
    if wants_fragment():
        return await message_fragment(message)
    return to_room(message.room_id, where or f"#message-{message.id}")


async def message_fragment(message: MessageOut) -> str:
    """A message alone."""
    board, reacting = await writable_board(), await reacting_users([message])
    return await render_template("fragments/message_item.html", message=message, note_board=board, reacting=reacting)


def to_room(room_id: int, where: str = "") -> Page:
    """Redirect to a conversation; `where` is a query or a fragment."""
    return see_other(f"/front/rooms/{room_id}{where}")
