"""The API of the history of notes."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring

from quart_notes.blueprints.api.notes import NOTE, note_response
from quart_notes.schemas import HistoryQuery, RevisionOut
from quart_notes.web.context import core
from quart_notes.web.openapi.document import responds
from quart_notes.web.responses import list_response, page
from quart_notes.web.security.authentication import caller

# Registered twice, as the notes are.
blueprint = Blueprint("note_history", __name__)
tag_blueprint(blueprint, ["notes"])


@blueprint.get("/<id:note_id>/history")
@validate_querystring(HistoryQuery)
@responds(*list_response("Its states, the current one first.", list[RevisionOut]))
async def list_history(board_id: int, note_id: int, query_args: HistoryQuery) -> Response:
    """List the history of a note.

    Its states by version descending, the current one first. What a user changes within two minutes is one state.
    """
    found = await core().revisions.find(await caller(), board_id, note_id, query_args)
    links = {"next": {"before": found.items[-1].version}} if found.more else {}
    return page(RevisionOut, found, **links)


@blueprint.post("/<id:note_id>/history/<id:version>/restore")
@responds(NOTE)
async def restore_version(board_id: int, note_id: int, version: int) -> Response:
    """Restore a state of a note.

    Its title and description become a new version.
    """
    return note_response(await core().revisions.restore(await caller(), board_id, note_id, version))


@blueprint.delete("/<id:note_id>/history")
@responds(NOTE)
async def delete_history(board_id: int, note_id: int) -> Response:
    """Delete the history of a note.

    Owners only. All earlier states are gone for good, also from the events that can be replayed.
    """
    return note_response(await core().revisions.delete(await caller(), board_id, note_id))
