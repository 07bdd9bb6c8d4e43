"""The API of rooms: messages, presence, read markers."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring, validate_request

from quart_notes.blueprints.api.messages import MESSAGE_LIST, POSTED, pages, posted
from quart_notes.errors import RoomNameTakenError
from quart_notes.schemas import (
    MessageQuery,
    PresenceOut,
    ReadingUpdate,
    RoomCreate,
    RoomMessageCreate,
    RoomOut,
    RoomQuery,
    TypingNotice,
    UnreadOut,
)
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import CREATED_HEADERS, json_item, json_made, list_response, made, page
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("rooms", __name__, url_prefix="/api/rooms")
tag_blueprint(blueprint, ["rooms"])


@blueprint.get("")
@validate_querystring(RoomQuery)
@responds(*list_response("The rooms, by id.", list[RoomOut]))
async def list_rooms(query_args: RoomQuery) -> Response:
    """List rooms.

    By id ascending, at most `limit`, the lobby first; with `person_id` that person's direct conversations too.
    """
    return page(RoomOut, await core().rooms.find(await caller(), query_args))


@blueprint.post("")
@validate_request(RoomCreate)
@responds(*made("room", RoomOut, CREATED_HEADERS), problems=(RoomNameTakenError,))
async def create_room(data: RoomCreate) -> Response:
    """Add a room.

    Its name must be unique, regardless of case.
    """
    return json_made(await core().rooms.add(data, (await caller()).id), "/api/rooms")


@blueprint.get("/<id:room_id>")
@responds(ResponseDoc(200, "The room.", RoomOut))
async def get_room(room_id: int) -> Response:
    """Get a room or a direct conversation."""
    return json_item(*await core().rooms.get(await caller(), room_id))


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
@responds(*POSTED)
async def post_message(room_id: int, data: RoomMessageCreate) -> Response:
    """Post a message in a room.

    Sent again with the same `client_key` it is not posted twice; with another text or in another room, the key is
    refused (409).
    """
    return posted(await core().messages.post(await caller(), room_id, data))


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
