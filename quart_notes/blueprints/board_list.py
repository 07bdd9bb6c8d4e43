"""The boards as the pages list them."""

from typing import NamedTuple

from quart_notes.blueprints.context import core
from quart_notes.blueprints.identity import caller
from quart_notes.domain.access import SHARED_BOARD
from quart_notes.schemas import PAGE_MAX, MyBoardOut, PageQuery, UserOut


class Listed(NamedTuple):
    """A board in a list.

    owner   of somebody else's personal board, which is to be seen in open mode only
    """

    board: MyBoardOut
    owner: UserOut | None


async def board_list() -> list[Listed]:
    """The boards that whoever asks sees: everybody's, their own personal one, shared ones, others' personal ones."""
    who = await caller()
    found = await core().boards.find(who, PageQuery(limit=PAGE_MAX))
    personal = [board.id for board in found.boards if board.kind == "personal"]
    owners = await core().boards.owners(personal) if who.trusted else {}
    listed = [Listed(board, _other(owners.get(board.id), who.person)) for board in found.boards]
    return sorted(listed, key=_place)


def _other(owner: UserOut | None, me: UserOut | None) -> UserOut | None:
    return owner if owner != me else None


def _place(listed: Listed) -> tuple[bool, bool, bool, str]:
    board, owner = listed
    return (
        owner is not None,
        board.id != SHARED_BOARD,
        board.kind != "personal",
        (owner.nickname if owner else board.name).casefold(),
    )
