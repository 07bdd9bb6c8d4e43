"""The API of the notes."""

from urllib.parse import urlencode

from pydantic import TypeAdapter
from quart import Blueprint, Response, request
from quart_schema import tag_blueprint, validate_querystring, validate_request

from quart_notes.blueprints import brief
from quart_notes.blueprints.conditional import etag_of, if_match, none_match, version_tag
from quart_notes.blueprints.context import core
from quart_notes.blueprints.openapi import BODY_PROBLEMS, HEADERS, WRITE_PROBLEMS, Answer, answers
from quart_notes.core import Core
from quart_notes.errors import (
    DatabaseUnavailableError,
    InvalidIfMatchError,
    NotFoundError,
    StaleVersionError,
    ValidationFailedError,
)
from quart_notes.events import SHARED_BOARD, EventId
from quart_notes.response_cache import CachedResponse
from quart_notes.schemas import NoteCreate, NoteOut, NoteQuery, NoteUpdate
from quart_notes.writer import Written

blueprint = Blueprint("notes", __name__, url_prefix="/api/notes")
tag_blueprint(blueprint, ["notes"])

NOTES = TypeAdapter(list[NoteOut])
ITEM_HEADERS = {name: HEADERS[name] for name in ("ETag", "Last-Event-ID")}
CHANGE_PROBLEMS = (NotFoundError, StaleVersionError, InvalidIfMatchError, *WRITE_PROBLEMS)


@blueprint.get("")
@validate_querystring(NoteQuery)
@answers(
    Answer(200, "The notes, by id.", list[NoteOut], headers={**ITEM_HEADERS, "Link": HEADERS["Link"]}),
    Answer(304, "Nothing has changed since the entity tag in If-None-Match."),
    problems=(ValidationFailedError, DatabaseUnavailableError),
)
async def list_notes(query_args: NoteQuery) -> Response:
    """List notes.

    By id ascending, at most `limit`; `Link` leads to the next page.
    """
    position = core().cache.position(SHARED_BOARD)
    found = await core().notes.find(query_args)
    headers = {}
    if found.more:
        following = {**request.args.to_dict(), "after_id": found.notes[-1].id}
        headers["Link"] = f'<{request.root_path}{request.path}?{urlencode(following)}>; rel="next"'
    body = NOTES.dump_json(found.notes)
    return _kept(body, etag_of(body), found.position, position, headers)


@blueprint.post("")
@validate_request(NoteCreate)
@answers(
    Answer(201, "The new note.", NoteOut, headers={**ITEM_HEADERS, "Location": HEADERS["Location"]}),
    problems=(*BODY_PROBLEMS, *WRITE_PROBLEMS),
)
async def create_note(data: NoteCreate) -> Response:
    """Add a note.

    It needs a title or a description; a new note is never done.
    """
    return (await _create(core(), request.root_path, data)).response()


async def _create(parts: Core, root: str, data: NoteCreate) -> brief.Reply:
    written = await parts.notes.add(data)
    note = written.result
    headers = {
        "ETag": version_tag(note.version),
        "Last-Event-ID": str(written.position),
        "Location": f"{root}/api/notes/{note.id}",
    }
    return brief.Reply(201, headers, note.model_dump_json().encode())


brief.also(blueprint, "POST", "", NoteCreate, _create)


@blueprint.get("/<id:note_id>")
@answers(
    Answer(200, "The note.", NoteOut, headers=ITEM_HEADERS),
    Answer(304, "The note is still at the version in If-None-Match."),
    problems=(NotFoundError, DatabaseUnavailableError),
)
async def get_note(note_id: int) -> Response:
    """Get a note."""
    position = core().cache.position(SHARED_BOARD)
    note, newest = await core().notes.get(note_id)
    return _kept(note.model_dump_json().encode(), version_tag(note.version), newest, position, {})


@blueprint.patch("/<id:note_id>")
@validate_request(NoteUpdate)
@answers(
    Answer(200, "The note after the change.", NoteOut, headers=ITEM_HEADERS),
    problems=(*CHANGE_PROBLEMS, *BODY_PROBLEMS),
)
async def update_note(note_id: int, data: NoteUpdate) -> Response:
    """Change a note.

    Only the fields that are sent change. With `If-Match` a stale version is answered 412 with the current note in
    `note`, so that no edit silently overwrites another. A change of nothing bumps nothing and sends no event.
    """
    return _item(await core().notes.change(note_id, data, if_match(request.headers.get("If-Match"))))


@blueprint.delete("/<id:note_id>")
@answers(Answer(200, "The deleted note.", NoteOut, headers=ITEM_HEADERS), problems=CHANGE_PROBLEMS)
async def delete_note(note_id: int) -> Response:
    """Delete a note.

    It is kept aside for a while and can be restored.
    """
    return _item(await core().notes.delete(note_id, if_match(request.headers.get("If-Match"))))


@blueprint.post("/<id:note_id>/restore")
@answers(
    Answer(200, "The note, back under its id.", NoteOut, headers=ITEM_HEADERS),
    problems=(NotFoundError, *WRITE_PROBLEMS),
)
async def restore_note(note_id: int) -> Response:
    """Undo a deletion.

    404 when the note was not deleted, or so long ago that it is gone for good.
    """
    return _item(await core().notes.restore(note_id))


def _item(written: Written[NoteOut]) -> Response:
    note = written.result
    response = Response(note.model_dump_json(), 200, content_type="application/json")
    response.headers["ETag"] = version_tag(note.version)
    response.headers["Last-Event-ID"] = str(written.position)
    return response


def _kept(body: bytes, etag: str, newest: EventId, position: int, headers: dict[str, str]) -> Response:
    """An answer that is the same for everybody, kept until an event of the board; 304 when the client has it."""
    further = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
    cached = CachedResponse(body, etag, ((b"content-type", b"application/json"), *further))
    core().cache.put(request.scope["path"], request.query_string, SHARED_BOARD, position, cached)
    if none_match(request.headers.get("If-None-Match"), etag):
        response = Response(None, 304)
        del response.headers["Content-Type"]
    else:
        response = Response(body, 200, content_type="application/json")
        response.headers.update(headers)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Last-Event-ID"] = str(newest)
    return response
