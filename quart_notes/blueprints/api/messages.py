"""The API of messages, direct ones first."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring, validate_request

from quart_notes.domain.messages import Posted
from quart_notes.domain.service import Listed
from quart_notes.errors import NotNowError, NotYoursError, RoomArchivedError, StaleVersionError
from quart_notes.live.writer import Committed
from quart_notes.schemas import (
    AuthorQuery,
    MessageCreate,
    MessageNoteCreate,
    MessageOut,
    MessageQuery,
    MessageUpdate,
    NoteOut,
)
from quart_notes.schemas.event_ids import EventId
from quart_notes.web.context import core
from quart_notes.web.etags import if_match, tags_sent, version_tag
from quart_notes.web.fast_routes import FastRequest, FastResponse, add_fast_route, json_response, quart_request
from quart_notes.web.fragments import pages_address
from quart_notes.web.openapi.components import HEADERS
from quart_notes.web.openapi.document import responds
from quart_notes.web.responses import (
    CREATED_HEADERS,
    ITEM_HEADERS,
    item_response,
    json_item,
    list_response,
    made,
    made_status,
    page,
)
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("messages", __name__, url_prefix="/api/messages")
tag_blueprint(blueprint, ["messages"])

MESSAGE_HEADERS = {**ITEM_HEADERS, "ETag": HEADERS["ETag"]}
MESSAGE = item_response("message", MessageOut, MESSAGE_HEADERS)
MESSAGE_LIST = list_response("The messages, by id.", list[MessageOut])
POSTED = made("message", MessageOut, {**MESSAGE_HEADERS, **CREATED_HEADERS})


@blueprint.get("")
@validate_querystring(MessageQuery)
@responds(*MESSAGE_LIST)
async def list_messages(query_args: MessageQuery) -> Response:
    """List direct messages.

    All of them, by id ascending, at most `limit`; `Link` leads to further pages.
    """
    return pages(await core().messages.direct(await caller(), query_args), query_args)


@blueprint.post("")
@validate_request(MessageCreate)
@responds(*POSTED)
async def send_message(data: MessageCreate) -> Response:
    """Send a direct message.

    It goes to every open page of its author and its recipient, and to nobody else. Sent again with the same
    `client_key` it is not posted twice; with another text or another recipient, the key is refused (409).
    """
    return (await _send(await quart_request(), data)).response()


async def _send(sent: FastRequest, data: MessageCreate) -> FastResponse:
    return posted(sent, await sent.core.messages.send(sent.caller, data))


add_fast_route(blueprint, "POST", "", MessageCreate, _send)


@blueprint.get("/<id:message_id>")
@responds(MESSAGE)
async def get_message(message_id: int) -> Response:
    """Get a message."""
    return message_item(await core().messages.get(await caller(), message_id))


@blueprint.patch("/<id:message_id>")
@validate_request(MessageUpdate)
@responds(MESSAGE, problems=(NotYoursError, StaleVersionError))
async def update_message(message_id: int, data: MessageUpdate) -> Response:
    """Change your own message.

    With `If-Match`, a stale version gets 412 with the current message in `message`. The same text changes nothing and
    sends no event.
    """
    allowed = if_match(tags_sent("If-Match"))
    return message_item(await core().messages.change(await caller(), message_id, data, allowed))


@blueprint.delete("/<id:message_id>")
@validate_querystring(AuthorQuery)
@responds(MESSAGE, problems=(NotYoursError, StaleVersionError))
async def delete_message(message_id: int, query_args: AuthorQuery) -> Response:
    """Delete your own message.

    It can be restored for a while. Owners of a room can delete any message there, administrators any at all; the
    response for one that they may not read has no text.
    """
    allowed = if_match(tags_sent("If-Match"))
    return message_item(await core().messages.delete(await caller(), message_id, query_args.author_id, allowed))


@blueprint.post("/<id:message_id>/restore")
@validate_querystring(AuthorQuery)
@responds(MESSAGE, problems=(NotYoursError,))
async def restore_message(message_id: int, query_args: AuthorQuery) -> Response:
    """Restore a deleted message.

    Your own, unless somebody else deleted it; as an owner of the room or administrator, any. 404 when it was not
    deleted, or was deleted for good.
    """
    return message_item(await core().messages.restore(await caller(), message_id, query_args.author_id))


@blueprint.put("/<id:message_id>/reactions/<emoji>")
@validate_querystring(AuthorQuery)
@responds(MESSAGE, problems=(NotNowError, RoomArchivedError))
async def add_reaction(message_id: int, emoji: str, query_args: AuthorQuery) -> Response:
    """React to a message.

    With one emoji, percent-encoded; at most 20 different ones a message. Its event follows within 0.1 s.
    """
    return message_item(await core().reactions.add(await caller(), message_id, query_args.author_id, emoji))


@blueprint.delete("/<id:message_id>/reactions/<emoji>")
@validate_querystring(AuthorQuery)
@responds(MESSAGE, problems=(NotNowError, RoomArchivedError))
async def remove_reaction(message_id: int, emoji: str, query_args: AuthorQuery) -> Response:
    """Remove your reaction.

    Without one, nothing changes.
    """
    return message_item(await core().reactions.remove(await caller(), message_id, query_args.author_id, emoji))


@blueprint.post("/<id:message_id>/note")
@validate_request(MessageNoteCreate)
@responds(*made("note", NoteOut, {**MESSAGE_HEADERS, **CREATED_HEADERS}), problems=(NotNowError,))
async def create_note_of_message(message_id: int, data: MessageNoteCreate) -> Response:
    """Make a note of a message.

    Its description is the text, with a link back to the message. 409 while an answer is being written.
    """
    written = await core().message_notes.add(await caller(), message_id, data, pages_address())
    note, position = written
    location = f"/api/boards/{note.board_id}/notes/{note.id}"
    return json_item(note, position, status=made_status(written), version=note.version, location=location)


def message_item(found: tuple[MessageOut, EventId]) -> Response:
    """A message, with its version as the entity tag."""
    message, position = found
    return json_item(message, position, version=message.version)


def pages(found: Listed[MessageOut], query: MessageQuery) -> Response:
    """A page of messages, with the link to the next page, or to the one before when asked for from the end."""
    backwards = found.more and query.before_id is not None
    links = {"prev": {"before_id": found.items[0].id}} if backwards else {}
    return page(MessageOut, found, **links)


def posted(sent: FastRequest, written: Committed[Posted]) -> FastResponse:
    """201 for a new message, 200 for one that was posted before; its author has stopped typing."""
    (message, new), position = written
    sent.core.presence.stopped_typing(message.room_id, message.author_id or 0)
    return json_response(
        201 if new else 200,
        message.json_bytes,
        (b"etag", version_tag(message.version).encode()),
        (b"location", f"{sent.root}/api/messages/{message.id}".encode()),
        (b"last-event-id", str(sent.visible(position)).encode()),
    )
