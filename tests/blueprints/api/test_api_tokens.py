"""API tokens: shown once, stored as hashes, with a scope and an expiry."""

from datetime import UTC, datetime, timedelta

import pytest

from quart_notes.domain.api_tokens import PREFIX
from quart_notes.models import ApiToken
from tests.support.accounts_app import House, opened_house
from tests.support.api_fixtures import refused
from tests.support.servers.in_process import rows, update_rows


async def test_a_token_is_shown_once_and_stored_as_a_hash(house: House):
    async with await house.browser("ada") as ada:
        made = await ada.post("/api/me/tokens", json={"name": "backup", "scope": "read", "days": 9})
        token = made.json()["token"]

        assert made.status_code == 201
        assert token.startswith(PREFIX)
        listed = await ada.get("/api/me/tokens")
        assert listed.json() == [{name: value for name, value in made.json().items() if name != "token"}]
        assert token not in listed.text
        left = datetime.fromisoformat(made.json()["expires_at"]) - datetime.now(UTC)
        assert timedelta(days=8, hours=23) < left <= timedelta(days=9)
    assert rows(house.core, "SELECT secret_hash FROM api_token") == [(house.kept(token),)]
    for file in house.core.settings.data.rglob("*"):
        assert not file.is_file() or token.encode() not in file.read_bytes(), file


async def test_a_tokens_scope_limits_its_requests(house: House):
    for scope, status in (("read", 403), ("write", 201)):
        async with house.client(token=await house.token("ada", scope)) as program:
            assert (await program.get("/api/notes")).status_code == 200
            me = (await program.get("/api/me")).json()
            assert (me["user"]["nickname"], me["board_id"]) == ("ada", 1)
            assert (await program.post("/api/notes", json={"title": scope})).status_code == status
            said = {"author_id": house.people["ada"].id, "content": scope}
            assert (await program.post("/api/rooms/1/messages", json=said)).status_code == status
            assert (await program.put("/api/me/preferences/x", json=1)).status_code == (200 if status == 201 else 403)


async def test_a_token_cannot_manage_the_account(house: House):
    async with house.client(token=await house.token("root")) as program:
        for method, path in (
            ("GET", "/api/me/sessions"), ("GET", "/api/me/tokens"), ("POST", "/api/me/tokens"),
            ("DELETE", "/api/me/tokens/1"), ("PUT", "/api/me/password"), ("POST", "/api/sign-out"),
            ("GET", "/api/invitations"), ("POST", "/api/invitations"),
        ):  # fmt: skip
            refused(await program.request(method, path, json={"name": "x"}), 403, "forbidden")
        refused(await program.post("/api/users", json=_someone()), 403, "forbidden")


def _someone() -> dict[str, str]:
    return {"name": "New", "email": "new@example.org", "nickname": "new"}


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Bearer x", "Bearer qn_", "Digest {token}", "{token}", "Bearer {token}x",
        "Bearer x{token}", "Bearer {hash}", "Bearer {token},x", "Token {token}", "Bearer {token} x", "Bearer \xff",
    ],
)  # fmt: skip
async def test_an_invalid_token_is_refused_even_with_a_valid_cookie(house: House, header: str):
    token = await house.token("ada")
    value = header.format(token=token, hash=house.kept(token)).encode("latin-1")
    async with house.client(await house.cookie("ada")) as client:
        assert (await client.get("/api/notes")).status_code == 200
        answer = await client.get("/api/notes", headers=[(b"Authorization", value)])

        refused(answer, 401, "sign_in_required")
        assert answer.headers["www-authenticate"] == "Bearer"
        for scheme in ("Bearer", "bearer", "BEARER"):
            assert (await client.get("/api/notes", headers={"Authorization": f"{scheme} {token}"})).status_code == 200


async def test_basic_authentication_of_a_proxy_is_not_mistaken_for_a_token(house: House):
    headers = {"Authorization": "Basic b3BlbjpzZXNhbWU="}
    async with house.client(await house.cookie("ada")) as browser, house.client() as stranger:
        for _ in range(2):  # through Quart, then from the response cache
            assert (await browser.get("/api/notes", headers=headers)).status_code == 200
            refused(await stranger.get("/api/notes", headers=headers), 401, "sign_in_required")
        assert (await browser.post("/api/notes", json={"title": "x"}, headers=headers)).status_code == 201


async def test_a_token_expires(house: House):
    token = await house.token("ada", days=1)
    async with house.client(token=token) as program:
        assert (await program.get("/api/me")).status_code == 200
        await update_rows(house.core, ApiToken, {}, expires_at=datetime.now(UTC) - timedelta(seconds=1))
        house.core.access_cache._entries.clear()
        refused(await program.get("/api/me"), 401, "sign_in_required")
    async with await house.browser("ada") as ada:
        assert len((await ada.get("/api/me/tokens")).json()) == 1, "and is still listed"


async def test_the_last_use_of_a_token_is_recorded_to_the_minute(house: House):
    token = await house.token("ada")
    async with house.client(token=token) as program, await house.browser("ada") as ada:
        assert (await ada.get("/api/me/tokens")).json()[0]["used_at"] is None
        await program.get("/api/me")
        used = (await ada.get("/api/me/tokens")).json()[0]["used_at"]
        assert datetime.now(UTC) - datetime.fromisoformat(used) < timedelta(minutes=1)
        for _ in range(3):
            house.core.access_cache._entries.clear()
            await program.get("/api/me")
        assert (await ada.get("/api/me/tokens")).json()[0]["used_at"] == used


async def test_only_the_owner_lists_and_revokes_a_token(house: House):
    token = await house.token("ada")
    async with (
        await house.browser("ada") as ada,
        await house.browser("root") as root,
        house.client(token=token) as program,
    ):
        (mine,) = (await ada.get("/api/me/tokens")).json()
        assert (await root.get("/api/me/tokens")).json() == []
        refused(await root.delete(f"/api/me/tokens/{mine['id']}"), 404, "not_found")
        assert (await program.get("/api/me")).status_code == 200

        assert (await ada.delete(f"/api/me/tokens/{mine['id']}")).status_code == 204

        refused(await program.get("/api/me"), 401, "sign_in_required")
        refused(await ada.delete(f"/api/me/tokens/{mine['id']}"), 404, "not_found")


async def test_open_mode_needs_no_token_and_accepts_any(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("open") / "data"
    async with opened_house(folder, access="open") as house, house.client(token="qn_whatever") as program:
        assert (await program.get("/api/notes")).status_code == 200
        refused(await program.get("/api/me/tokens"), 404, "not_found")
