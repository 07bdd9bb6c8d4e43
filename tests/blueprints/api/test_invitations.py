"""Links that give access: the first administrator's, those of users from open mode, and invitations."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes.models import Invitation
from quart_notes.schemas import MemberUpdate, UserCreate
from tests.support.accounts_app import House, hash_quickly, opened_house
from tests.support.api_fixtures import refused
from tests.support.routes import PASSWORD
from tests.support.servers.both_databases import KINDS, Kind, serving
from tests.support.servers.in_process import rows, update_rows
from tests.support.servers.server_process import ServerProcess

Json = dict[str, Any]


def _form(nickname: str = "new", **more: Any) -> Json:
    return {
        "name": nickname.title(),
        "email": f"{nickname}@example.org",
        "nickname": nickname,
        "password": PASSWORD,
        **more,
    }


async def _come(house: House, secret: str, **form: Any) -> httpx.Response:
    async with house.client() as client:
        return await client.post(f"/front/join/{secret}", data=form or _form())


async def _made(client: httpx.AsyncClient, **wanted: Any) -> tuple[Json, str]:
    """A new invitation in the response, and the secret of its link."""
    answer = await client.post("/api/invitations", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json(), answer.json()["link"].rpartition("/")[2]


# Setup.


@pytest.fixture
async def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server without users."""
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data") as house:
        yield house


async def test_the_setup_link_creates_one_administrator_once(empty: House):
    links, _ = await empty.core.invitations.setup_links()
    assert links is not None
    assert links.claims == {}

    answer = await _come(empty, links.setup, **_form("root"))

    assert answer.status_code == 303, answer.text
    assert rows(empty.core, 'SELECT nickname, is_admin FROM "user"') == [("root", 1)]
    refused(await _come(empty, links.setup, **_form("late")), 410, "invitation_gone")
    assert (await empty.core.invitations.setup_links()).result is None, "the next start offers nothing"
    async with empty.client() as client:
        signed_in = await client.post("/api/sign-in", json={"nickname": "root", "password": PASSWORD})
        assert signed_in.status_code == 200
        assert (await client.get("/api/me")).json()["admin"]


async def test_of_two_concurrent_setups_one_succeeds(empty: House):
    links, _ = await empty.core.invitations.setup_links()
    assert links is not None

    answers = await asyncio.gather(*(_come(empty, links.setup, **_form(f"root{n}")) for n in range(5)))

    assert Counter(answer.status_code for answer in answers) == {303: 1, 410: 4}
    assert rows(empty.core, 'SELECT COUNT(*), COUNT(*) FILTER (WHERE is_admin) FROM "user"') == [(1, 1)]


async def test_until_its_use_each_start_replaces_the_setup_link(empty: House):
    (first, _), (second, _) = [await empty.core.invitations.setup_links() for _ in range(2)]
    assert first is not None
    assert second is not None

    refused(await _come(empty, first.setup), 410, "invitation_gone")
    assert rows(empty.core, "SELECT secret_hash FROM invitation") == [(empty.kept(second.setup),)]
    assert (await _come(empty, second.setup)).status_code == 303


async def test_setup_links_are_printed_and_not_logged(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--access", "accounts", "--access-log") as server:
        secret = server.links()["setup"]
        server.stop()
        server.start()
        again = server.links()["setup"]
        assert again != secret
        async with server.client() as client:
            gone = await client.post(f"/front/join/{secret}", data=_form("root"))
            refused(gone, 410, "invitation_gone")
            come = await client.post(
                f"/front/join/{again}", data=_form("root"), headers={"Referer": f"{server.base}/front/join/{again}"}
            )
            assert come.status_code == 303
            await client.get("/static/css/style.css", headers={"Referer": f"{server.base}/front/join/{again}"})
            await client.get(f"/front/join/{again}/x?next=/front/join/{again}")
        server.stop()
        for word in (secret, again):
            (line,) = [line for line in server.log.splitlines() if word in line]
            assert line.startswith("Set up this server, once: ")
        assert server.log.count("/front/join/…") >= 5
        server.start()
        assert server.log.count("Set up this server") == 2, "there is an administrator now"


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_on_postgresql_warns_that_the_next_start_replaces_its_links(tmp_path: Path, kind: Kind):
    with serving(kind, tmp_path / "data", "--access", "accounts") as server:
        assert server.links()["setup"]
        server.stop()
        assert server.log.count("If another server starts on this database") == (kind == "postgres")


async def test_a_user_from_open_mode_sets_a_password_by_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data", access="open") as house:
        for nickname in ("ada", "bob"):
            await house.core.users.add(UserCreate(name=nickname, email="x@example.org", nickname=nickname))
        await house.note_by_nobody("from before")
    async with opened_house(tmp_path / "data") as house:
        links, _ = await house.core.invitations.setup_links()
        assert links is not None
        assert links.claims.keys() == {"ada", "bob"}
        async with house.client() as ada:
            assert (
                await ada.post(f"/front/join/{links.setup}", data={"user_id": 1, "password": PASSWORD})
            ).status_code == 303
            me = (await ada.get("/api/me")).json()
            assert (me["user"]["nickname"], me["admin"]) == ("ada", True)
            assert [note["title"] for note in (await ada.get("/api/notes")).json()] == ["from before"]
        refused(await _come(house, links.claims["ada"], password=PASSWORD), 410, "invitation_gone")
        async with house.client() as bob:
            claimed = await bob.post(f"/front/join/{links.claims['bob']}", data={"password": PASSWORD, "user_id": 1})
            assert claimed.status_code == 303
            me = (await bob.get("/api/me")).json()
            assert (me["user"]["nickname"], me["admin"]) == ("bob", False), "the link says who"
        refused(await _come(house, links.claims["bob"], password=PASSWORD), 410, "invitation_gone")
        assert rows(
            house.core, 'SELECT COUNT(*), COUNT(*) FILTER (WHERE is_admin) FROM "user" WHERE password_hash IS NOT NULL'
        ) == [(2, 1)]


# Invitations.


async def test_a_user_invites_a_user(house: House):
    async with await house.browser("ada") as ada:
        made, secret = await _made(ada, uses=2, days=3)

        assert (made["kind"], made["uses_left"], made["inviter_id"]) == ("person", 2, house.people["ada"].id)
        assert made["link"] == f"http://house.example/front/join/{secret}"
        left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
        assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
        listed = await ada.get("/api/invitations")
        assert [one["id"] for one in listed.json()] == [made["id"]]
        assert secret not in listed.text
    assert (house.kept(secret),) in rows(house.core, "SELECT secret_hash FROM invitation")
    assert (await _come(house, secret)).status_code == 303
    assert rows(house.core, "SELECT is_admin FROM \"user\" WHERE nickname = 'new'") == [(0,)]


async def test_an_invitation_has_a_number_of_uses_also_for_concurrent_requests(house: House):
    async with await house.browser("ada") as ada:
        made, secret = await _made(ada, uses=3)
        before = rows(house.core, 'SELECT COUNT(*) FROM "user"')[0][0]

        answers = await asyncio.gather(*(_come(house, secret, **_form(f"new{n}")) for n in range(10)))

        assert Counter(answer.status_code for answer in answers) == {303: 3, 410: 7}
        assert rows(house.core, 'SELECT COUNT(*) FROM "user"') == [(before + 3,)]
        assert rows(house.core, f"SELECT uses_left FROM invitation WHERE id = {made['id']}") == [(0,)]
        assert (await ada.get("/api/invitations")).json() == []


async def test_a_failed_registration_consumes_no_use(house: House):
    secret = await house.link()
    async with house.client() as client:
        taken = await client.post(f"/front/join/{secret}", data=_form("ada"))
        assert taken.status_code >= 400
        assert rows(house.core, f"SELECT uses_left FROM invitation WHERE secret_hash = '{house.kept(secret)}'") == [
            (1,)
        ]
    assert (await _come(house, secret)).status_code == 303


@pytest.mark.parametrize("how", ["expired", "taken back", "never was", "used up"])
async def test_every_invalid_link_gets_the_same_response(house: House, how: str):
    async with await house.browser("ada") as ada:
        made, secret = await _made(ada)
        if how == "expired":
            await update_rows(house.core, Invitation, {}, expires_at=datetime.now(UTC) - timedelta(seconds=1))
        elif how == "taken back":
            assert (await ada.delete(f"/api/invitations/{made['id']}")).status_code == 204
        elif how == "used up":
            assert (await _come(house, secret, **_form("sooner"))).status_code == 303
        else:
            secret = "x" * 43
        answers = [await _come(house, secret), await _come(house, secret, password="x"), await _come(house, "y" * 43)]
        async with house.client() as client:
            answers.append(await client.get(f"/front/join/{secret}"))
        for answer in answers:
            assert refused(answer, 410, "invitation_gone") == refused(answers[0], 410, "invitation_gone")
        assert len((await ada.get("/api/invitations")).json()) == (how == "never was")
    assert rows(house.core, "SELECT COUNT(*) FROM \"user\" WHERE nickname = 'new'") == [(0,)]
    await house.core.invitations.forget_expired()


async def test_only_its_creator_and_administrators_list_and_revoke_an_invitation(house: House):
    async with (
        await house.browser("ada") as ada,
        await house.browser("bob") as bob,
        await house.browser("root") as root,
    ):
        made, _ = await _made(ada)
        assert (await bob.get("/api/invitations")).json() == []
        refused(await bob.delete(f"/api/invitations/{made['id']}"), 404, "not_found")
        assert [one["id"] for one in (await root.get("/api/invitations")).json()] == [made["id"]]
        assert (await root.delete(f"/api/invitations/{made['id']}")).status_code == 204
        refused(await ada.delete(f"/api/invitations/{made['id']}"), 404, "not_found")


async def test_an_administrator_creates_a_password_reset_link(house: House):
    ada = house.people["ada"]
    async with (
        await house.browser("ada") as mine,
        await house.browser("root") as root,
        await house.browser("bob") as bob,
    ):
        refused(await bob.post("/api/invitations", json={"user_id": ada.id}), 403, "forbidden")
        assert (await root.post("/api/invitations", json={"user_id": 999})).status_code == 422
        (first, one), (_, other) = await _made(root, user_id=ada.id, uses=9), await _made(root, user_id=ada.id)
        assert (first["kind"], first["uses_left"], first["user_id"]) == ("claim", 1, ada.id)

        assert (await _come(house, one, password="staple wrong horse")).status_code == 303

        assert (await mine.get("/api/me")).status_code == 401, "her sessions are over"
        refused(await _come(house, other, password="another one still"), 410, "invitation_gone")
    async with house.client() as client:
        for password, status in ((PASSWORD, 401), ("staple wrong horse", 200)):
            answer = await client.post("/api/sign-in", json={"nickname": "ada", "password": password})
            assert answer.status_code == status


async def test_a_new_password_invalidates_reset_links(house: House):
    async with await house.browser("ada") as ada, await house.browser("root") as root:
        _, secret = await _made(root, user_id=house.people["ada"].id)
        changed = await ada.put("/api/me/password", json={"current": PASSWORD, "new": "staple wrong horse"})
        assert changed.status_code == 204
        refused(await _come(house, secret, password="another one still"), 410, "invitation_gone")


# Invitations to a board.


async def test_an_invitation_to_a_board_adds_a_member_and_sends_an_event(house: House):
    board = await house.board(ada="owner", bob="editor")
    async with await house.browser("ada") as ada, house.client() as new:
        _, secret = await _made(ada, board_id=board, role="ticker")
        before = await house.core.log.newest()
        assert (await new.post(f"/front/join/{secret}", data=_form())).status_code == 303

        assert (await new.get(f"/api/boards/{board}")).json()["role"] == "ticker"
        events = await house.core.log.since({f"board:{board}"}, before, 10**6)
        assert events is not None
        assert [b'"member"' in event.data and b'"create"' in event.data for event in events] == [True]


async def test_only_an_owner_invites_to_a_board(house: House):
    board = await house.board(ada="owner", bob="editor")
    async with await house.browser("bob") as bob, await house.browser("eve") as eve, await house.browser("ada") as ada:
        refused(await bob.post("/api/invitations", json={"board_id": board, "role": "viewer"}), 403, "forbidden")
        refused(await eve.post("/api/invitations", json={"board_id": board, "role": "viewer"}), 404, "not_found")
        personal = next(one["id"] for one in (await ada.get("/api/boards")).json() if one["kind"] == "personal")
        refused(
            await ada.post("/api/invitations", json={"board_id": personal, "role": "viewer"}), 409, "personal_board"
        )
        for half in ({"board_id": board}, {"role": "viewer"}):
            refused(await ada.post("/api/invitations", json=half), 422, "validation_failed")


@pytest.mark.parametrize("how", ["removed", "demoted", "deleted", "gone for good"])
async def test_an_invitation_by_a_former_owner_gives_access_to_the_server_only(house: House, how: str):
    board = await house.board(ada="owner", bob="owner")
    ada, bob = house.caller("ada"), house.people["bob"].id
    async with await house.browser("bob") as client, house.client() as new:
        _, secret = await _made(client, board_id=board, role="owner")
        if how == "removed":
            await house.core.members.remove(ada, board, bob)
        elif how == "demoted":
            await house.core.members.set(ada, board, bob, MemberUpdate(role="viewer"))
        else:
            await house.core.boards.delete(ada, board)
        if how == "gone for good":
            await house.core.trash.delete_board(ada, board)

        assert (await new.post(f"/front/join/{secret}", data=_form())).status_code == 303

        assert (await new.get("/api/me")).json()["user"]["nickname"] == "new"
        refused(await new.get(f"/api/boards/{board}"), 404, "not_found")
    assert rows(house.core, 'SELECT COUNT(*) FROM membership JOIN "user" ON "user".id = user_id'
                f" WHERE board_id = {board} AND nickname = 'new'") == [(0,)]  # fmt: skip


async def test_an_invitation_does_not_change_the_role_of_a_member(house: House):
    board = await house.board(root="owner", ada="editor")
    async with await house.browser("root") as root:
        _, secret = await _made(root, user_id=house.people["ada"].id, board_id=board, role="viewer")
        assert (await _come(house, secret, password="staple wrong horse")).status_code == 303
    assert (await house.core.boards.get(house.caller("ada"), board))[0].role == "editor"
