"""Which board is open in a browser, and where boards are looked at."""

from contextlib import suppress

from quart import request

from quart_notes.domain.access import SHARED_BOARD
from quart_notes.errors import NotFoundError, ProblemError
from quart_notes.web.context import core
from quart_notes.web.security.authentication import OPEN_BOARD, identify

NAMELESS = "front_notes"  # the registration of the pages whose address names no board


async def opened(board_id: int) -> int:
    """The board to show for an address, which stays open in this browser; without a name, the one that is open."""
    passed = await identify()
    if passed is None or passed.caller.session is None:
        return board_id
    if request.blueprint == NAMELESS:
        try:
            return (await core().boards.get(passed.caller, passed.board))[0].id
        except NotFoundError:
            return SHARED_BOARD  # they see it no longer
    if passed.board != board_id:
        await core().boards.get(passed.caller, board_id)
        await core().sessions.open_board(passed.caller.session, board_id)
        if passed.caller.id is not None:
            with suppress(ProblemError):  # there may be too many of them already; the board is open all the same
                await core().preferences.set(passed.caller.id, OPEN_BOARD, board_id)
    return board_id


def path(board_id: int) -> str:
    """Where a board's forms go."""
    return "/front/notes" if board_id == SHARED_BOARD else f"/front/boards/{board_id}/notes"


async def address(board_id: int) -> str:
    """Where a board is looked at: by its own address where another one may be open, in another tab say."""
    passed = await identify()
    alone = passed is None or passed.caller.session is None
    return path(board_id) if alone else f"/front/boards/{board_id}/notes"
