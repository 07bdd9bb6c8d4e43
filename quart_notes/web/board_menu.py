"""The boards in the pages' menu."""

from quart_notes.domain.access import SHARED_BOARD
from quart_notes.schemas import PAGE_MAX, MyBoardOut, PageQuery
from quart_notes.web.context import core
from quart_notes.web.security.authentication import caller


async def board_menu() -> list[MyBoardOut]:
    """The boards that the caller sees: the shared board, their personal one, and others."""
    found = await core().boards.find(await caller(), PageQuery(limit=PAGE_MAX))
    return sorted(found.items, key=_sort_key)


def _sort_key(board: MyBoardOut) -> tuple[bool, bool, str]:
    return board.id != SHARED_BOARD, board.kind != "personal", board.name.casefold()
