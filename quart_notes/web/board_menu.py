"""The boards as the pages list them."""

from quart_notes.domain.access import SHARED_BOARD
from quart_notes.schemas import PAGE_MAX, MyBoardOut, PageQuery
from quart_notes.web.context import core
from quart_notes.web.security.authentication import caller


async def board_list() -> list[MyBoardOut]:
    """The boards that the caller sees: everybody's, their own personal one, shared ones."""
    found = await core().boards.find(await caller(), PageQuery(limit=PAGE_MAX))
    return sorted(found.items, key=_place)


def _place(board: MyBoardOut) -> tuple[bool, bool, str]:
    return board.id != SHARED_BOARD, board.kind != "personal", board.name.casefold()
