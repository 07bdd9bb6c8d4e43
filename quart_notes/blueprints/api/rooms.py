"""The API of rooms: their upkeep and members, messages, presence, read markers."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring, validate_request

from quart_notes.blueprints.api.messages import MESSAGE_LIST, POSTED, pages, posted
from quart_notes.errors import (
    FixedRoomError,
    LastOwnerError,
    NotNowError,
    RoomArchivedError,
    RoomNameTakenError,
)
from quart_notes.schemas import (
    LevelUpdate,
    MessageQuery,
    MyRoomOut,
    PresenceOut,
    ReadingUpdate,
    RoomCreate,
    RoomMemberOut,
    RoomMemberUpdate,
    RoomMessageCreate,
    RoomOut,
    RoomQuery,
    RoomUpdate,
    TypingNotice,
    UnreadOut,
)
from quart_notes.web.context import core
from quart_notes.web.fast_routes import FastRequest, FastResponse, add_fast_route, quart_request
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import CREATED_HEADERS, item_response, json_item, json_made, list_response, made, page
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("rooms", __name__, url_prefix="/api/rooms")
tag_blueprint(blueprint, ["rooms"])


ROOM = item_response("room", MyRoomOut)
MEMBER = ResponseDoc(200, "Who, and what they may do; once removed, what they might do.", RoomMemberOut)


@blueprint.get("")
@validate_querystring(RoomQuery)
@responds(*list_response("The rooms, by id.", list[MyRoomOut]))
async def list_rooms(query_args: RoomQuery) -> Response:
    """List rooms.

    By id ascending, at most `limit`, the lobby first; with `person_id` that person's direct conversations too.
    """
    return page(MyRoomOut, await core().rooms.find(await caller(), query_args))


@blueprint.post("")
@validate_request(RoomCreate)
@responds(*made("room", MyRoomOut, CREATED_HEADERS), problems=(RoomNameTakenError,))
async def create_room(data: RoomCreate) -> Response:
    """Add a room.

    The name of a public one must be unique, regardless of case.
    """
    return json_made(await core().rooms.add(await caller(), data), "/api/rooms")


@blueprint.get("/<id:room_id>")
@responds(ROOM)
async def get_room(room_id: int) -> Response:
    """Get a room or a direct conversation."""
    return json_item(*await core().rooms.get(await caller(), room_id))


@blueprint.patch("/<id:room_id>")
@validate_request(RoomUpdate)
@responds(ROOM, problems=(FixedRoomError, RoomNameTakenError))
async def update_room(room_id: int, data: RoomUpdate) -> Response:
    """Change a room.

    For who opened it, the owners of a closed one, and administrators. Opened, everybody sees all that was said in it.
    """
    return json_item(*await core().room_upkeep.change(await caller(), room_id, data))


@blueprint.delete("/<id:room_id>")
@responds(item_response("room", RoomOut), problems=(FixedRoomError,))
async def delete_room(room_id: int) -> Response:
    """Delete a room.

    For the same people, who can restore it for a while.
    """
    return json_item(*await core().room_upkeep.delete(await caller(), room_id))


@blueprint.post("/<id:room_id>/restore")
@responds(item_response("room", RoomOut), problems=(RoomNameTakenError,))
async def restore_room(room_id: int) -> Response:
    """Restore a deleted room.

    With its messages and members.
    """
    return json_item(*await core().room_upkeep.restore(await caller(), room_id))


@blueprint.get("/trash")
@responds(*list_response("The rooms, last deleted first.", list[RoomOut]))
async def list_deleted_rooms() -> Response:
    """List the deleted rooms that you can restore."""
    return page(RoomOut, await core().room_upkeep.deleted(await caller()))


@blueprint.get("/<id:room_id>/members")
@responds(*list_response("The members, by their ids.", list[RoomMemberOut]))
async def list_room_members(room_id: int) -> Response:
    """List a closed room's members.

    Other rooms have none.
    """
    return page(RoomMemberOut, await core().room_members.find(await caller(), room_id))


@blueprint.put("/<id:room_id>/members/<id:user_id>")
@validate_request(RoomMemberUpdate)
@responds(MEMBER, problems=(LastOwnerError, FixedRoomError, NotNowError))
async def set_room_member(room_id: int, user_id: int, data: RoomMemberUpdate) -> Response:
    """Add a member to a closed room, or change their role.

    Members may add members, owners choose the owners.
    """
    return json_item(*await core().room_members.set(await caller(), room_id, user_id, data))


@blueprint.delete("/<id:room_id>/members/<id:user_id>")
@responds(MEMBER, problems=(LastOwnerError, FixedRoomError, NotNowError))
async def remove_room_member(room_id: int, user_id: int) -> Response:
    """Remove a member from a closed room, or leave it.

    Owners may remove anybody, you may leave. The member's open streams of the room end.
    """
    return json_item(*await core().room_members.remove(await caller(), room_id, user_id))


@blueprint.get("/<id:room_id>/messages")
@validate_querystring(MessageQuery)
@responds(*MESSAGE_LIST)
async def list_room_messages(room_id: int, query_args: MessageQuery) -> Response:
    """List the messages of a room.

    By id ascending, at most `limit`; `Link` leads to further pages. With `before_id` the newest ones before it: the
    greatest possible id returns the newest of all.
    """
    return pages(await core().messages.in_room(await caller(), room_id, query_args), query_args)


@blueprint.post("/<id:room_id>/messages")
@validate_request(RoomMessageCreate)
@responds(*POSTED, problems=(RoomArchivedError,))
async def post_message(room_id: int, data: RoomMessageCreate) -> Response:
    """Post a message in a room.

    Sent again with the same `client_key` it is not posted twice; with another text or in another room, the key is
    refused (409).
    """
    return (await _post(await quart_request(), data, room_id=room_id)).response()


async def _post(sent: FastRequest, data: RoomMessageCreate, *, room_id: int) -> FastResponse:
    return posted(sent, await sent.core.messages.post(sent.caller, room_id, data))


add_fast_route(blueprint, "POST", "/<id:room_id>/messages", RoomMessageCreate, _post)


@blueprint.get("/<id:room_id>/presence")
@responds(ResponseDoc(200, "Who is there now.", PresenceOut, headers={}))
async def get_presence(room_id: int) -> Response:
    """Get who is in a room.

    And who is typing. Subscribe to the room's own topic for changes.
    """
    _, position = await core().rooms.get(await caller(), room_id)
    return json_item(core().presence.now(room_id), position)


@blueprint.post("/<id:room_id>/typing")
@validate_request(TypingNotice)
@responds(ResponseDoc(204, "Those in the room are told, for 5 seconds."), writes=False)
async def notice_typing(room_id: int, data: TypingNotice) -> Response:
    """Report that somebody is typing.

    It expires after 5 seconds unless repeated, or with their message.
    """
    core().presence.typing(room_id, await core().rooms.participant(await caller(), room_id, author_id=data.author_id))
    return Response(None, 204)


@blueprint.post("/<id:room_id>/read")
@validate_request(ReadingUpdate)
@responds(ResponseDoc(200, "What is left unread.", UnreadOut))
async def mark_read(room_id: int, data: ReadingUpdate) -> Response:
    """Mark a room as read.

    Up to a message and all before it; their other screens get the event. A read marker never goes back.
    """
    return json_item(*await core().read_markers.mark_read(await caller(), room_id, data))


@blueprint.put("/<id:room_id>/level")
@validate_request(LevelUpdate)
@responds(ResponseDoc(200, "The level, and what is unread.", UnreadOut))
async def set_level(room_id: int, data: LevelUpdate) -> Response:
    """Choose what you are notified of in a room.

    At first of mentions, replies and reactions; in direct conversations of everything.
    """
    return json_item(*await core().read_markers.set_level(await caller(), room_id, data))
