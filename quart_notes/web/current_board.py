"""The board that is open in a browser, the boards in the menu, and their addresses."""

from contextlib import suppress

from quart import request

from quart_notes.domain.access import SHARED_BOARD
from quart_notes.errors import NotFoundError, ProblemError
from quart_notes.schemas import PAGE_MAX, MyBoardOut, PageQuery
from quart_notes.web.context import core
from quart_notes.web.security.authentication import OPEN_BOARD, caller, identify

WRITING_ROLES = ("editor", "owner")
OPEN_BOARD_PAGES = "front_notes"  # the registration of the pages whose address names no board


async def current_board_id(board_id: int) -> int:
    """The board of an address, which is then open in this browser; without a number, the open one."""
    grant = await identify()
    if grant is None or grant.caller.session is None:
        return board_id
    if request.blueprint == OPEN_BOARD_PAGES:
        try:
            return (await core().boards.get(grant.caller, grant.board))[0].id
        except NotFoundError:
            return SHARED_BOARD  # they may not see it any more
    if grant.board != board_id:
        await core().boards.get(grant.caller, board_id)
        await core().sessions.open_board(grant.caller.session, board_id)
        if grant.caller.id is not None:
            with suppress(ProblemError):  # there may be too many preferences; the board is open all the same
                await core().preferences.set(grant.caller.id, OPEN_BOARD, board_id)
    return board_id


async def writable_board() -> MyBoardOut | None:
    """The board that is open in this browser, if the caller may add notes to it."""
    grant = await identify()
    opened = SHARED_BOARD if grant is None or grant.caller.session is None else grant.board
    try:
        board, _ = await core().boards.get(await caller(), opened)
    except NotFoundError:
        return None
    return board if board.role in WRITING_ROLES else None


async def board_menu() -> list[MyBoardOut]:
    """The boards that the caller sees: the shared board, their personal one, and others by name."""
    found = await core().boards.find(await caller(), PageQuery(limit=PAGE_MAX))
    return sorted(found.items, key=_menu_order)


def _menu_order(board: MyBoardOut) -> tuple[bool, bool, str]:
    return board.id != SHARED_BOARD, board.kind != "personal", board.name.casefold()


def board_path(board_id: int) -> str:
    """The path of a board's forms."""
    return "/front/notes" if board_id == SHARED_BOARD else f"/front/boards/{board_id}/notes"


async def board_url(board_id: int) -> str:
    """The page of a board: with its number where another board may be open, for example in another tab."""
    grant = await identify()
    alone = grant is None or grant.caller.session is None
    return board_path(board_id) if alone else f"/front/boards/{board_id}/notes"
