"""Every kind of caller of a house, for the tests of who may do and hear what."""

import httpx

from tests.support.accounts_app import House

PEOPLE = ("root", "owner", "editor", "ticker", "viewer", "stranger")
TOKENS = {"read token": "read", "write token": "write"}  # of the owner
CALLERS = ("nobody", *PEOPLE, *TOKENS)
GONE = 999_999  # of a thing that is not there


async def client_of(house: House, who: str) -> httpx.AsyncClient:
    """A client by which that kind of caller asks."""
    if who in TOKENS:
        return house.client(token=await house.token("owner", TOKENS[who]))
    return house.client() if who == "nobody" else await house.browser(who)
