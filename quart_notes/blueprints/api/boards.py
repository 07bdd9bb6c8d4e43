"""The API of the boards and their members."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring, validate_request

from quart_notes.errors import (
    ForbiddenError,
    LastOwnerError,
    NotFoundError,
    PersonalBoardError,
)
from quart_notes.schemas import (
    BoardCreate,
    BoardOfNoteQuery,
    BoardOut,
    BoardQuery,
    BoardSummaryOut,
    BoardUpdate,
    MemberOut,
    MemberUpdate,
    MyBoardOut,
)
from quart_notes.web.context import core
from quart_notes.web.openapi.document import ResponseDoc, responds
from quart_notes.web.responses import CREATED_HEADERS, item_response, json_item, json_made, list_response, made, page
from quart_notes.web.security.authentication import acting_as, caller

blueprint = Blueprint("boards", __name__, url_prefix="/api/boards")
tag_blueprint(blueprint, ["boards"])

BOARD = item_response("board", MyBoardOut)
MEMBER = ResponseDoc(200, "Who, and what they may do; once removed, what they might do.", MemberOut)


@blueprint.get("")
@validate_querystring(BoardOfNoteQuery)
@responds(*list_response("The boards that you see, by id.", list[MyBoardOut]), problems=(ForbiddenError, NotFoundError))
async def list_boards(query_args: BoardOfNoteQuery) -> Response:
    """List boards.

    The shared board, your personal one, and those that you are a member of. In open mode all shared ones, and the
    personal board of `person_id`, or your own.
    """
    who = await acting_as(query_args.person_id)
    return page(MyBoardOut, await core().boards.find(who, query_args, query_args.note_id))


@blueprint.post("")
@validate_request(BoardCreate)
@responds(*made("board", MyBoardOut, CREATED_HEADERS))
async def create_board(data: BoardCreate) -> Response:
    """Add a shared board, which you own."""
    return json_made(await core().boards.add(await caller(), data), "/api/boards")


@blueprint.get("/summaries")
@validate_querystring(BoardQuery)
@responds(
    *list_response("What is on each, by the board's id.", list[BoardSummaryOut]),
    problems=(ForbiddenError, NotFoundError),
)
async def list_summaries(query_args: BoardQuery) -> Response:
    """List what is on the boards.

    Of the same boards: how many notes are open, how many members it has, and when a note changed last.
    """
    return page(BoardSummaryOut, await core().boards.summaries(await acting_as(query_args.person_id), query_args))


@blueprint.get("/<id:board_id>")
@responds(BOARD)
async def get_board(board_id: int) -> Response:
    """Get a board."""
    return json_item(*await core().boards.get(await caller(), board_id))


@blueprint.patch("/<id:board_id>")
@validate_request(BoardUpdate)
@responds(BOARD)
async def update_board(board_id: int, data: BoardUpdate) -> Response:
    """Change a board.

    Owners only.
    """
    return json_item(*await core().boards.change(await caller(), board_id, data))


@blueprint.delete("/<id:board_id>")
@responds(item_response("board", BoardOut), problems=(PersonalBoardError,))
async def delete_board(board_id: int) -> Response:
    """Delete a board.

    Owners only. For a while, the board can be restored with its notes. The shared board and personal ones cannot be
    deleted.
    """
    return json_item(*await core().boards.delete(await caller(), board_id))


@blueprint.post("/<id:board_id>/restore")
@responds(item_response("board", BoardOut))
async def restore_board(board_id: int) -> Response:
    """Restore a deleted board.

    With its notes and members.
    """
    return json_item(*await core().boards.restore(await caller(), board_id))


@blueprint.get("/<id:board_id>/members")
@responds(*list_response("The members, by their ids.", list[MemberOut]))
async def list_members(board_id: int) -> Response:
    """List a board's members.

    The shared board has no members.
    """
    return page(MemberOut, await core().members.find(await caller(), board_id))


@blueprint.put("/<id:board_id>/members/<id:user_id>")
@validate_request(MemberUpdate)
@responds(MEMBER, problems=(LastOwnerError, PersonalBoardError))
async def set_member(board_id: int, user_id: int, data: MemberUpdate) -> Response:
    """Add a member to a board, or change their role.

    Owners only.
    """
    return json_item(*await core().members.set(await caller(), board_id, user_id, data))


@blueprint.delete("/<id:board_id>/members/<id:user_id>")
@responds(MEMBER, problems=(LastOwnerError, PersonalBoardError))
async def remove_member(board_id: int, user_id: int) -> Response:
    """Remove a member from a board, or leave it.

    Owners may remove anybody, you may leave. The member's open streams of the board end.
    """
    return json_item(*await core().members.remove(await caller(), board_id, user_id))
