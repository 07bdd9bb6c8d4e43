"""Version and health."""

import asyncio

import httpx
import pytest

from quart_notes.blueprints import system
from tests.support.accounts_app import House


async def test_the_version_is_reported(api: httpx.AsyncClient):
    answer = await api.get("/api/version")

    assert answer.status_code == 200
    assert answer.json() == {"version": "0.1.0"}


async def test_the_start_page_redirects_to_the_board(api: httpx.AsyncClient):
    answer = await api.get("/")

    assert answer.status_code in {302, 307}
    assert answer.headers["location"] == "/front/notes"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/db/alive", "/static/css/notes/page.css"])
async def test_routes_without_data_do_not_wait_for_the_database(
    house: House, monkeypatch: pytest.MonkeyPatch, path: str
):
    async def never() -> bool:
        await asyncio.Event().wait()
        return True

    follower = house.core.follower
    monkeypatch.setattr(follower, "may_be_behind", lambda: True)
    monkeypatch.setattr(follower, "catch_up", never)
    async with house.client() as client:
        assert (await asyncio.wait_for(client.get(path), 20)).status_code == 200


async def test_an_unresponsive_database_is_reported_within_the_timeout(house: House, monkeypatch: pytest.MonkeyPatch):
    over = asyncio.Event()

    async def held_up() -> None:
        try:
            await over.wait()
        except asyncio.CancelledError:
            await over.wait()  # like the release of a connection
            raise

    monkeypatch.setattr(system, "HEALTH_TIMEOUT", 0.01)
    monkeypatch.setattr(house.core.database, "ping", held_up)
    async with house.client() as client:
        answer = await asyncio.wait_for(client.get("/readyz"), 20)
    assert answer.status_code == 503
    assert answer.json()["message"] == "The database does not answer."
    over.set()
