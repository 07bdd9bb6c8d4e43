"""Irreversible actions ask for confirmation: the page names the object and changes nothing until it is confirmed."""

import re

import httpx

from tests.support.api_fixtures import Json

PAGE = {"Accept": "text/html"}


async def _made(client: httpx.AsyncClient, path: str, data: Json) -> Json:
    answer = await client.post(path, json=data)
    assert answer.status_code in {200, 201}, answer.text
    made: Json = answer.json()
    return made


async def test_a_member_is_removed_after_confirmation(own: httpx.AsyncClient):
    board = await _made(own, "/api/boards", {"name": "Garden <b>"})
    person = await _made(own, "/api/users", {"name": "Ada", "email": "ada@example.org", "nickname": "ada-asked"})
    member = f"/api/boards/{board['id']}/members"
    await own.put(f"{member}/{person['id']}", json={"role": "editor"})
    address = f"/front/boards/{board['id']}/members/{person['id']}/remove"

    page = await own.get(f"/front/boards/{board['id']}", headers=PAGE)
    (form,) = re.findall(rf'<form[^>]*action="{address}">(.*?)</form>', page.text, re.S)
    asked = await own.post(address, data={"ask": "yes"}, headers=PAGE)

    assert 'name="ask"' in form
    assert asked.status_code == 200
    assert "Remove ada-asked from “Garden &lt;b&gt;”?" in asked.text
    assert len((await own.get(member)).json()) == 1
    (again,) = re.findall(rf'<form method="post" action="{address}">(.*?)</form>', asked.text, re.S)
    assert 'name="ask"' not in again
    assert (await own.post(address, headers=PAGE)).status_code == 303
    assert (await own.get(member)).json() == []
