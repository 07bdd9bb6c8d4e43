"""The API of deleted notes and boards."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring

from quart_notes.domain.service import Listed
from quart_notes.schemas import BoardOut, Moment, NoteOut, TimeQuery, TrashedBoardOut, TrashedNoteOut
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import item_response, json_item, list_response, page
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("trash", __name__, url_prefix="/api/boards")
tag_blueprint(blueprint, ["boards"])


@blueprint.get("/<id:board_id>/trash")
@validate_querystring(TimeQuery)
@responds(*list_response("The deleted notes, the last one first.", list[TrashedNoteOut]))
async def list_trash(board_id: int, query_args: TimeQuery) -> Response:
    """List the deleted notes of a board."""
    found = await core().trash.notes(await caller(), board_id, query_args)
    last = found.items[-1] if found.more else None
    return page(TrashedNoteOut, found, **({"next": {"before": Moment(last.deleted_at, last.note.id)}} if last else {}))


@blueprint.delete("/<id:board_id>/trash/<id:note_id>")
@responds(item_response("note", NoteOut))
async def delete_note_for_good(board_id: int, note_id: int) -> Response:
    """Delete a deleted note for good.

    Owners only. Its history is deleted too. The event is a `delete` without text.
    """
    return json_item(*await core().trash.delete(await caller(), board_id, note_id))


@blueprint.delete("/<id:board_id>/trash")
@responds(ResponseDoc(204, "The bin is empty."))
async def empty_trash(board_id: int) -> Response:
    """Delete all deleted notes of a board for good.

    Owners only.
    """
    await core().trash.empty(await caller(), board_id)
    return Response(None, 204)


@blueprint.get("/trash")
@responds(*list_response("The boards, last deleted first.", list[TrashedBoardOut]))
async def list_deleted_boards() -> Response:
    """List the deleted boards that you can restore."""
    position = await core().log.newest()
    return page(TrashedBoardOut, Listed(await core().trash.boards(await caller()), position))


@blueprint.delete("/trash/<id:board_id>")
@responds(item_response("board", BoardOut))
async def delete_board_for_good(board_id: int) -> Response:
    """Delete a deleted board for good.

    Its owners only. All its notes are deleted with it.
    """
    return json_item(*await core().trash.delete_board(await caller(), board_id))
