"""Every kind of caller, for the tests of access control."""

import httpx

from tests.support.accounts_app import House

PEOPLE = ("root", "owner", "editor", "ticker", "viewer", "stranger")
TOKENS = {"read token": "read", "write token": "write"}  # of the owner
GUESTS = ("guest", "outsider")  # a guest of the boards and rooms of the test, and one of another board
CALLERS = ("nobody", *PEOPLE, *GUESTS, *TOKENS)
GONE = 999_999  # ids of missing objects


async def client_of(house: House, who: str) -> httpx.AsyncClient:
    """A client for that kind of caller."""
    if who in TOKENS:
        return house.client(token=await house.token("owner", TOKENS[who]))
    return house.client() if who == "nobody" else await house.browser(who)


async def welcome_all_roles(house: House) -> None:
    """Register a user of each role, and guests of boards."""
    await house.welcome(*PEOPLE, "somebody")
    for guest in GUESTS:
        board_id = await house.board(guest, root="owner")
        await house.welcome(guest, board_id=board_id, role="editor")
