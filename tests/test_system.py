"""Version and health."""

import httpx


async def test_the_version_is_told(api: httpx.AsyncClient):
    answer = await api.get("/api/version")

    assert answer.status_code == 200
    assert answer.json() == {"version": "0.1.0"}


async def test_the_start_page_leads_to_the_board(api: httpx.AsyncClient):
    answer = await api.get("/")

    assert answer.status_code in {302, 307}
    assert answer.headers["location"] == "/front/notes"
