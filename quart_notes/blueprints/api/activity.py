"""The API of the activity of a board."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring

from quart_notes.schemas import ActivityOut, Moment, TimeQuery
from quart_notes.web.context import core
from quart_notes.web.openapi.document import responds
from quart_notes.web.responses import list_response, page
from quart_notes.web.security.authentication import caller

blueprint = Blueprint("activity", __name__, url_prefix="/api/boards")
tag_blueprint(blueprint, ["boards"])


@blueprint.get("/<id:board_id>/activity")
@validate_querystring(TimeQuery)
@responds(*list_response("What happened, the newest first.", list[ActivityOut]))
async def list_activity(board_id: int, query_args: TimeQuery) -> Response:
    """List what was done with the notes of a board.

    What a user changes in a note within two minutes is one entry.
    """
    found = await core().activity.find(await caller(), board_id, query_args)
    last = found.items[-1] if found.more else None
    return page(ActivityOut, found, **({"next": {"before": Moment(last.at, last.note_id)}} if last else {}))
