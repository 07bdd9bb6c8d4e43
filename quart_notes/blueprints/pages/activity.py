"""The page of the activity of a board."""

from quart import Blueprint, render_template, request

from quart_notes.schemas import Moment, TimeQuery
from quart_notes.web.context import core
from quart_notes.web.security.authentication import caller, visible_position

blueprint = Blueprint("front_activity", __name__, url_prefix="/front/boards")


@blueprint.get("/<id:board_id>/activity")
async def activity(board_id: int) -> str:
    """What was done with the notes of a board, newest first."""
    who = await caller()
    query = time_query()
    found = await core().activity.find(who, board_id, query)
    last = found.items[-1] if found.more else None
    return await render_template(
        "activity.html",
        board=(await core().boards.get(who, board_id))[0],
        entries=found.items,
        users=await core().users.existing_users({entry.by for entry in found.items}),
        first_page=query.before is None,
        older=Moment(last.at, last.note_id) if last else None,
        last_event_id=visible_position(found.position),
    )


def time_query() -> TimeQuery:
    """The part of a list by time that an address asks for; the first one when it is unreadable."""
    try:
        return TimeQuery(before=request.args.get("before"))
    except ValueError:
        return TimeQuery()
