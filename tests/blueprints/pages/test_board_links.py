"""Links: invitations to a board, and links to pages that require signing in first."""

from typing import Any

import httpx
import pytest

from quart_notes.schemas import InvitationCreate
from tests.support.accounts_app import House
from tests.support.api_fixtures import refused
from tests.support.routes import PASSWORD

PAGE: dict[str, Any] = {"headers": {"Accept": "text/html"}}


async def _home(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_an_invitation_to_a_board_names_its_creator_and_leads_to_the_board(house: House):
    board = await house.board("Garden <club>", bob="owner")
    link = (await _link_of(house, "bob", board_id=board, role="editor", uses=3)).rpartition("/")[2]
    path = f"/front/join/{link}"
    async with house.client() as client:
        page = (await client.get(path, **PAGE)).text
        assert "<bdi>Bob</bdi> invites you to <bdi>Garden &lt;club&gt;</bdi>" in page
        assert f'href="/front/sign-in?next={path}"' in page
        assert "accept-form" not in page

        someone = {"name": "New", "email": "", "nickname": "new", "password": PASSWORD}
        assert await _home(await client.post(path, data=someone)) == f"/front/boards/{board}/notes"
        assert (await client.get(f"/api/boards/{board}")).json()["role"] == "editor"


async def test_a_signed_in_user_joins_with_one_button(house: House):
    board = await house.board("Garden club", bob="owner")
    link = (await _link_of(house, "bob", board_id=board, role="viewer", uses=1)).rpartition("/")[2]
    path = f"/front/join/{link}"
    async with house.client() as ada:
        refused(await ada.post(f"{path}/accept"), 401, "sign_in_required")
        form = {"nickname": "ada", "password": PASSWORD, "next": path}
        assert await _home(await ada.post("/front/sign-in", data=form)) == path
        page = (await ada.get(path, **PAGE)).text
        assert f'action="{path}/accept"' in page
        assert "join-form" not in page
        assert await _home(await ada.post(f"{path}/accept")) == f"/front/boards/{board}/notes"
        assert (await ada.get(f"/api/boards/{board}")).json()["role"] == "viewer"
    async with await house.browser("eve") as eve, house.client(token=await house.token("ada", "read")) as tool:
        refused(await eve.post(f"{path}/accept"), 410, "invitation_gone")
        refused(await tool.post(f"{path}/accept"), 403, "forbidden")


async def test_a_member_does_not_consume_an_invitation(house: House):
    board = await house.board("Garden club", bob="owner", ada="viewer")
    link = (await _link_of(house, "bob", board_id=board, role="editor", uses=1)).rpartition("/")[2]
    async with await house.browser("ada") as ada:
        for _ in range(2):
            assert await _home(await ada.post(f"/front/join/{link}/accept")) == f"/front/boards/{board}/notes"
        assert (await ada.get(f"/api/boards/{board}")).json()["role"] == "viewer"


async def test_an_invitation_to_a_deleted_board_leads_to_the_notes_and_hides_its_name(house: House):
    board = await house.board("Garden club", bob="owner")
    link = (await _link_of(house, "bob", board_id=board, role="editor", uses=3)).rpartition("/")[2]
    await house.core.boards.delete(house.caller("bob"), board)
    async with await house.browser("ada") as ada:
        page = (await ada.get(f"/front/join/{link}", **PAGE)).text
        assert "<bdi>Bob</bdi> invites you to <bdi>Quart Notes</bdi>" in page
        assert "Garden club" not in page
        assert await _home(await ada.post(f"/front/join/{link}/accept")) == "/front/notes"


@pytest.mark.parametrize("where", ["/front/rooms/1", "/front/notes/1", "/front/messages/1", "/front/account"])
async def test_signing_in_redirects_to_the_requested_page(house: House, where: str):
    await house.note_by_nobody("a note")
    async with house.client() as client:
        asked = await client.get(where, **PAGE)
        assert await _home(asked) == f"/front/sign-in?next={where}"
        page = (await client.get(asked.headers["location"], **PAGE)).text
        assert f'name="next" value="{where}"' in page
        answer = await client.post("/front/sign-in", data={"nickname": "ada", "password": PASSWORD, "next": where})
        assert await _home(answer) == where


async def _link_of(house: House, nickname: str, **wanted: Any) -> str:
    made = await house.core.invitations.add(house.caller(nickname), InvitationCreate(**wanted))
    return made.result.secret
