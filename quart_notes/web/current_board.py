"""The board that is open in a browser, the boards in the menu, and their addresses."""

from contextlib import suppress

from quart import request

from quart_notes.domain.access import SHARED_BOARD
from quart_notes.domain.access_cache import Grant
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
        return await open_board_id(grant)
    if grant.board != board_id:
        await core().boards.get(grant.caller, board_id)
        await core().sessions.open_board(grant.caller.session, board_id)
        if grant.caller.id is not None:
            with suppress(ProblemError):  # there may be too many preferences; the board is open all the same
                await core().preferences.set(grant.caller.id, OPEN_BOARD, board_id)
    return board_id


async def open_board_id(grant: Grant | None) -> int:
    """The board that is open in a browser.

    If its user does not see it any more: the shared board, or a guest's first board.
    """
    if grant is None or grant.caller.session is None:
        return SHARED_BOARD
    with suppress(NotFoundError):
        return (await core().boards.get(grant.caller, grant.board))[0].id
    return await _first_board_id() if grant.caller.guest else SHARED_BOARD


async def _first_board_id() -> int:
    """A guest's first board by name, that they share with others; their personal board if there is none."""
    boards = await board_menu()
    first = next((board for board in boards if board.kind != "personal"), boards[0] if boards else None)
    return SHARED_BOARD if first is None else first.id


async def writable_board() -> MyBoardOut | None:
    """The board that is open in this browser, if the caller may add notes to it."""
    grant = await identify()
    try:
        board, _ = await core().boards.get(await caller(), await open_board_id(grant))
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
