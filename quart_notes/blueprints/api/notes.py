"""The API of the notes of a board."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from pydantic import TypeAdapter
from quart import Blueprint, Response, request
from quart_schema import tag_blueprint, validate_querystring, validate_request

from quart_notes.domain.access import SHARED_BOARD, Caller
from quart_notes.domain.order.note_list import NoteList, note_change
from quart_notes.domain.tasks import ACTIONS
from quart_notes.errors import StaleVersionError, TaskMovedError, ValidationFailedError
from quart_notes.live.events import board
from quart_notes.live.response_cache import CachedResponse, Update
from quart_notes.live.writer import Committed
from quart_notes.schemas import (
    BulkUpdate,
    EditingNotice,
    MyRoomOut,
    NoteCreate,
    NoteMove,
    NoteOut,
    NoteQuery,
    NoteUpdate,
    TaskCreate,
    TaskTick,
)
from quart_notes.schemas.event_ids import EventId
from quart_notes.web.compression import VARY, coding_for, compressed
from quart_notes.web.content_codings import IDENTITY, MIN_BYTES
from quart_notes.web.context import core
from quart_notes.web.etags import etag_of, if_match, tags_in, tags_sent, version_tag
from quart_notes.web.fast_routes import FastRequest, FastResponse, add_fast_route, json_response, quart_request
from quart_notes.web.openapi.components import HEADERS
from quart_notes.web.openapi.document import ResponseDoc, responds, takes
from quart_notes.web.raw_headers import Header, fields_in
from quart_notes.web.responses import (
    CREATED_HEADERS,
    NOT_MODIFIED,
    item_response,
    json_item,
    made,
    made_status,
    not_modified,
)
from quart_notes.web.security.authentication import caller, visible_position
from quart_notes.web.security.shared_reads import ReadFor, shared_read

# Registered twice: for everybody's board under /api/notes, and for each under /api/boards/{id}/notes.
blueprint = Blueprint("notes", __name__)
tag_blueprint(blueprint, ["notes"])

NOTES = TypeAdapter(list[NoteOut])
ITEM_HEADERS = {name: HEADERS[name] for name in ("ETag", "Last-Event-ID")}
TASK_ACTION = {
    "name": "action",
    "in": "path",
    "required": True,
    "schema": {"enum": [*ACTIONS], "type": "string"},
    "description": "uncheck: take back the ticks of all tasks. delete-done: delete those that are ticked off.",
}
NOTE = item_response("note", NoteOut, ITEM_HEADERS)


@blueprint.get("")
@validate_querystring(NoteQuery)
@responds(
    ResponseDoc(
        200,
        "The notes, by id; of a search, the newest first.",
        list[NoteOut],
        headers={**ITEM_HEADERS, "Link": HEADERS["Link"]},
    ),
    NOT_MODIFIED,
)
async def list_notes(board_id: int, query_args: NoteQuery) -> Response:
    """List notes.

    By id ascending, or newest first when `q` searches; at most `limit`. `Link` leads to the next page.
    """
    notes, address = core().notes, f"{request.root_path}{request.path}"
    sent: dict[str, Any] = request.args.to_dict(flat=False)
    follows_events = sent.keys() <= {"limit", "after_id"}

    def answer(found: NoteList) -> CachedResponse:
        headers = []
        if found.more:
            place = "before_id" if query_args.searches else "after_id"
            link = f'<{address}?{urlencode({**sent, place: next(reversed(found.notes))}, doseq=True)}>; rel="next"'
            headers.append((b"link", link.encode()))
        body = b"[%b]" % b",".join(found.notes.values())

        def update(response: CachedResponse, events: Sequence[bytes]) -> CachedResponse | None:
            updated = found.after(events)
            if updated is found:
                return response
            return None if updated is None else answer(updated)

        return _answer(board_id, body, etag_of(body), *headers, update=update if follows_events else None)

    async def read(who: Caller) -> tuple[CachedResponse, EventId]:
        found = await notes.find(who, board_id, query_args)
        encoded = {note.id: note.json_bytes for note in found.items}
        return answer(NoteList(encoded, query_args.after_id, query_args.limit, found.more)), found.position

    return await _shared(board_id, read)


@blueprint.post("")
@validate_request(NoteCreate)
@responds(*made("note", NoteOut, {**ITEM_HEADERS, "Location": HEADERS["Location"]}))
async def create_note(board_id: int, data: NoteCreate) -> Response:
    """Add a note.

    It needs a title or a description; a new note is never done. Sent again with the same `client_key` it is not added
    twice.
    """
    return (await _create(await quart_request(), data, board_id=board_id)).response()


async def _create(sent: FastRequest, data: NoteCreate, *, board_id: int) -> FastResponse:
    written = await sent.core.notes.add(sent.caller, board_id, data)
    location = f"{sent.root}{_path(board_id)}/{written.result.id}".encode()
    return _note(sent, written, made_status(written), (b"location", location))


def _path(board_id: int) -> str:
    return "/api/notes" if board_id == SHARED_BOARD else f"/api/boards/{board_id}/notes"


def _note(sent: FastRequest, written: Committed[NoteOut], status: int = 200, *more: Header) -> FastResponse:
    note, position = written
    tag, newest = _tag(note).encode(), str(sent.visible(position)).encode()
    return json_response(status, note.json_bytes, (b"etag", tag), (b"last-event-id", newest), *more)


add_fast_route(blueprint, "POST", "", NoteCreate, _create)


@blueprint.post("/bulk")
@validate_request(BulkUpdate)
@responds(ResponseDoc(200, "The notes, in the order of `ids`.", list[NoteOut]))
async def change_notes(board_id: int, data: BulkUpdate) -> Response:
    """Change several notes at once: all, or none.

    A note that is already as wanted gets no event. If any note is not there, 404 names each in `errors`.
    """
    changed, position = await core().bulk_changes.change(await caller(), board_id, data)
    response = Response(NOTES.dump_json(changed.notes), 200, content_type="application/json")
    response.headers["Last-Event-ID"] = str(visible_position(position))
    return response


@blueprint.get("/<id:note_id>")
@responds(NOTE, NOT_MODIFIED)
async def get_note(board_id: int, note_id: int) -> Response:
    """Get a note."""
    notes = core().notes

    def update(response: CachedResponse, events: Sequence[bytes]) -> CachedResponse | None:
        changes = [note_change(event) for event in events]
        return None if any(change is None or change.note_id == note_id for change in changes) else response

    async def read(who: Caller) -> tuple[CachedResponse, EventId]:
        note, newest = await notes.get(who, board_id, note_id)
        return _answer(board_id, note.json_bytes, _tag(note), update=update), newest

    return await _shared(board_id, read)


@blueprint.patch("/<id:note_id>")
@validate_request(NoteUpdate)
@responds(NOTE, problems=(StaleVersionError,))
async def update_note(board_id: int, note_id: int, data: NoteUpdate) -> Response:
    """Change a note.

    Only the fields that are sent change. With `If-Match`, a stale version gets 412 with the current note in `note`, so
    that no edit silently overwrites another. Without a difference the version stays, and no event is sent.
    """
    return (await _update(await quart_request(), data, board_id=board_id, note_id=note_id)).response()


async def _update(sent: FastRequest, data: NoteUpdate, *, board_id: int, note_id: int) -> FastResponse:
    allowed = if_match(tags_in(sent.fields, b"if-match"))
    return _note(sent, await sent.core.notes.change(sent.caller, board_id, note_id, data, allowed))


add_fast_route(blueprint, "PATCH", "/<id:note_id>", NoteUpdate, _update)


@blueprint.delete("/<id:note_id>")
@responds(NOTE, problems=(StaleVersionError,))
async def delete_note(board_id: int, note_id: int) -> Response:
    """Delete a note.

    It can be restored for a while.
    """
    allowed = if_match(tags_sent("If-Match"))
    return note_response(await core().notes.delete(await caller(), board_id, note_id, allowed))


@blueprint.post("/<id:note_id>/restore")
@responds(NOTE)
async def restore_note(board_id: int, note_id: int) -> Response:
    """Restore a deleted note.

    404 when the note was not deleted, or was deleted for good.
    """
    return note_response(await core().notes.restore(await caller(), board_id, note_id))


@blueprint.post("/<id:note_id>/move")
@validate_request(NoteMove)
@responds(NOTE)
async def move_note(board_id: int, note_id: int, data: NoteMove) -> Response:
    """Move a note to another place, or to another board.

    It comes to stand after `after_id`, else before `before_id`; if they are gone, last. On another board it is the
    first without a neighbour. That takes an editor of both boards, and readers of the former one get its deletion.
    """
    return note_response(await core().note_moves.move(await caller(), board_id, note_id, data))


@blueprint.post("/<id:note_id>/editing")
@validate_request(EditingNotice)
@responds(ResponseDoc(204, "Those who follow the board are told."), writes=False)
async def notice_editing(board_id: int, note_id: int, data: EditingNotice) -> Response:
    """Report that somebody has an editor of a note open, or has closed it.

    It is shown while a stream of theirs names the board, for 150 seconds unless repeated.
    """
    author = await core().notes.editor(await caller(), board_id, note_id, author_id=data.author_id)
    if data.editing:
        core().presence.editing(board_id, note_id, author)
    else:
        core().presence.stopped_editing(board_id, note_id, author.id)
    return Response(None, 204)


@blueprint.patch("/<id:note_id>/tasks")
@validate_request(TaskTick)
@responds(NOTE, problems=(TaskMovedError,))
async def tick_task(board_id: int, note_id: int, data: TaskTick) -> Response:
    """Tick a task of a note, or take the tick back.

    What others change in the note at the same time stays. The task is the one at `line` if that still reads as `source`
    (whatever its tick), else the only one that does; else 409 with the current note in `note`.
    """
    return (await _tick(await quart_request(), data, board_id=board_id, note_id=note_id)).response()


async def _tick(sent: FastRequest, data: TaskTick, *, board_id: int, note_id: int) -> FastResponse:
    return _note(sent, await sent.core.tasks.tick(sent.caller, board_id, note_id, data))


add_fast_route(blueprint, "PATCH", "/<id:note_id>/tasks", TaskTick, _tick)


@blueprint.post("/<id:note_id>/tasks")
@validate_request(TaskCreate)
@responds(NOTE)
async def add_task(board_id: int, note_id: int, data: TaskCreate) -> Response:
    """Add a task to a note, in a line of its own."""
    return note_response(await core().tasks.add(await caller(), board_id, note_id, data))


@blueprint.post("/<id:note_id>/tasks/<action>")
@takes(TASK_ACTION)
@responds(NOTE, problems=(ValidationFailedError,))
async def change_tasks(board_id: int, note_id: int, action: str) -> Response:
    """Untick all tasks of a note, or delete those that are ticked off.

    A task with an open task below it is not deleted.
    """
    return note_response(await core().tasks.change_all(await caller(), board_id, note_id, action))


@blueprint.put("/<id:note_id>/thread")
@responds(*made("room", MyRoomOut, CREATED_HEADERS))
async def open_thread(board_id: int, note_id: int) -> Response:
    """Open the thread of a note, to talk about it.

    A room of the kind `note`, created at the first use. Who sees the board may read it, its editors may write.
    """
    (thread, new), position = await core().threads.open(await caller(), board_id, note_id)
    return json_item(thread, position, status=201 if new else 200, location=f"/api/rooms/{thread.id}")


def note_response(written: Committed[NoteOut]) -> Response:
    """A note as JSON."""
    note = written.result
    response = Response(note.json_bytes, 200, content_type="application/json")
    response.headers["ETag"] = _tag(note)
    response.headers["Last-Event-ID"] = str(visible_position(written.position))
    return response


def _tag(note: NoteOut) -> str:
    """The entity tag of a note: what is said about it makes no new version, but another response."""
    thread = note.thread
    return version_tag(note.version, *([thread["message_count"], thread["last_message_id"]] if thread else []))


async def _shared(board_id: int, read: ReadFor) -> Response:
    """A response that is the same for all who see the board, read once for all; 304 when the client has it."""
    answer, newest = await shared_read(core(), request.scope, board(board_id), read, await caller())
    cache, path, query = core().response_cache, request.scope["path"], request.query_string
    response = not_modified(answer.body, answer.etag)
    if response is None:
        coding = coding_for(fields_in(request.scope), len(answer.body))
        if coding != IDENTITY:
            answer = await cache.in_coding(path, query, answer, coding, compressed)
        response = Response(answer.body, 200)
        for name, value in answer.headers:
            response.headers[name.decode()] = value.decode()
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Last-Event-ID"] = str(visible_position(newest))
    return response


def _answer(board_id: int, body: bytes, etag: str, *headers: Header, update: Update | None) -> CachedResponse:
    own = ((b"content-type", b"application/json"), (b"etag", etag.encode()), *headers)
    varying = (*own, VARY) if len(body) >= MIN_BYTES else own
    return CachedResponse(board(board_id), body, etag, varying, update=update)
