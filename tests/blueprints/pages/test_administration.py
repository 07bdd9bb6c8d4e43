"""Administration and profiles: deactivation, administrators, names, and who sees an email address."""

import asyncio
from typing import Any

import httpx

from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import InvitationCreate, MessageCreate, ProfileUpdate, RoomMessageCreate, UserCreate
from tests.support.accounts_app import House
from tests.support.api_fixtures import fields_of, refused
from tests.support.clients.signing_in import WRONG, Counted, sign_in
from tests.support.routes import PASSWORD

PAGE: dict[str, Any] = {"headers": {"Accept": "text/html"}}


def _path(house: House, nickname: str, what: str) -> str:
    return f"/api/users/{house.people[nickname].id}/{what}"


async def _say(house: House, nickname: str, content: str = "my words") -> int:
    data = RoomMessageCreate(author_id=house.people[nickname].id, content=content)
    return (await house.core.messages.post(house.caller(nickname), 1, data)).result.message.id


# Deactivation (A8).


async def test_a_deactivated_user_loses_access_at_once_and_their_messages_stay(house: House, counted: Counted):
    message = await _say(house, "ada")
    token, link = (
        await house.token("ada"),
        (await house.core.invitations.add(house.caller("ada"), InvitationCreate())).result,
    )
    cookie = await house.cookie("ada")
    async with (
        await house.browser("root") as root,
        house.client(cookie) as ada,
        house.client(token=token) as tool,
    ):
        assert (await tool.get("/api/notes")).status_code == 200
        ended, _ = house.watch(await house.grant(cookie))

        answer = await root.post(_path(house, "ada", "deactivate"))

        assert answer.status_code == 200
        assert answer.json() == {**house.people["ada"].model_dump(), "deactivated": True}
        await asyncio.wait_for(ended.wait(), 20)
        for client in (ada, tool):
            refused(await client.get("/api/notes"), 401, "sign_in_required")
        refused(await root.get(f"/front/join/{link.secret}"), 410, "invitation_gone")
        told = []
        for nickname in ("ada", "nobody"):
            counted.calls.clear()
            async with house.client() as client:
                answer = await sign_in(client, nickname)
                told.append((answer.status_code, answer.content, dict(counted.calls)))
        assert told[0] == told[1]
        assert told[0][0] == 401

        (found,) = [one for one in (await root.get("/api/rooms/1/messages")).json() if one["id"] == message]
        assert (found["content"], found["author"]["deactivated"]) == ("my words", True)
        assert "data-deactivated" in (await root.get("/front/rooms/1", **PAGE)).text
        refused(await root.post("/api/invitations", json={"user_id": house.people["ada"].id}), 409, "not_now")

        assert (await root.post(_path(house, "ada", "activate"))).json() == house.people["ada"].model_dump()
        refused(await tool.get("/api/notes"), 401, "sign_in_required")
        assert (await sign_in(ada)).status_code == 200


async def test_a_session_started_during_a_deactivation_is_never_valid(house: House):
    await house.core.profiles.deactivate(ANYBODY, house.people["ada"].id)
    token = await house.token("ada")
    async with await house.browser("ada") as ada, house.client(token=token) as tool:
        for client in (ada, tool):
            refused(await client.get("/api/notes"), 401, "sign_in_required")
        await house.core.profiles.activate(ANYBODY, house.people["ada"].id)
        for client in (ada, tool):
            refused(await client.get("/api/notes"), 401, "sign_in_required")


async def test_a_changed_user_sends_an_event_and_an_unchanged_one_does_not(house: House):
    before = await house.core.log.newest()
    async with await house.browser("root") as root:
        for _ in range(2):
            for method, what in (("POST", "deactivate"), ("POST", "activate"), ("PUT", "admin"), ("DELETE", "admin")):
                assert (await root.request(method, _path(house, "ada", what))).status_code == 200
        repeated = await house.core.log.newest()
        assert (await root.delete(_path(house, "ada", "admin"))).status_code == 200
        assert await house.core.log.newest() == repeated

    heard = [event["user"] for event in await house.events(before, "users")]
    assert [(one.get("deactivated", False), one.get("admin", False)) for one in heard] == [
        *((True, False), (False, False), (False, True), (False, False)) * 2
    ]
    assert {one["email"] for one in heard} == {None}


async def test_only_administrators_administer_and_only_by_session(house: House):
    async with await house.browser("ada") as ada, house.client(token=await house.token("root")) as tool:
        for client in (ada, tool):
            for method, what in (("POST", "deactivate"), ("POST", "activate"), ("PUT", "admin"), ("DELETE", "admin")):
                refused(await client.request(method, _path(house, "bob", what)), 403, "forbidden")
        refused(await ada.post(f"/front/users/{house.people['bob'].id}/deactivate"), 403, "forbidden")
        assert (await ada.get(f"/api/users/{house.people['bob'].id}")).json().get("deactivated") is None


async def test_the_last_administrator_cannot_be_demoted_or_deactivated(house: House):
    await house.core.users.add(UserCreate(name="No password", email=None, nickname="nopassword"))
    async with await house.browser("root") as root, await house.browser("ada") as ada:
        for method, what in (("POST", "deactivate"), ("DELETE", "admin")):
            refused(await root.request(method, _path(house, "root", what)), 409, "last_administrator")
        others = (await root.get("/api/users")).json()
        newcomer = next(one["id"] for one in others if one["nickname"] == "nopassword")
        assert (await root.put(f"/api/users/{newcomer}/admin")).status_code == 200
        refused(await root.delete(_path(house, "root", "admin")), 409, "last_administrator")

        assert (await root.put(_path(house, "ada", "admin"))).json()["admin"] is True
        assert (await ada.get("/api/me")).json()["admin"] is True
        assert (await ada.delete(_path(house, "root", "admin"))).status_code == 200
        refused(await root.delete(_path(house, "ada", "admin")), 403, "forbidden")
        refused(await ada.post(_path(house, "ada", "deactivate")), 409, "last_administrator")
        refused(await ada.post("/api/users/999/deactivate"), 404, "not_found")


async def test_of_two_administrators_who_demote_each_other_one_remains(house: House):
    await house.core.profiles.set_admin(ANYBODY, house.people["ada"].id, admin=True)

    outcomes = await asyncio.gather(
        *(house.core.profiles.set_admin(ANYBODY, house.people[name].id, admin=False) for name in ("root", "ada")),
        return_exceptions=True,
    )

    assert [type(one).__name__ for one in outcomes].count("LastAdministratorError") == 1


async def test_the_forms_change_administrators_too(house: House):
    ada = house.people["ada"].id
    async with await house.browser("root") as root:
        for action, mark in (("deactivate", "data-deactivated"), ("make-admin", "data-admin")):
            assert (
                f'id="user-{ada}" class="user" data-id="{ada}" {mark}'
                not in (await root.get("/front/users", **PAGE)).text
            )
            answer = await root.post(f"/front/users/{ada}/{action}")
            assert (answer.status_code, answer.headers["location"]) == (303, f"/front/users#user-{ada}")
            assert (
                f'id="user-{ada}" class="user" data-id="{ada}" {mark}' in (await root.get("/front/users", **PAGE)).text
            )
            for undo in ("activate", "unmake-admin"):
                assert (await root.post(f"/front/users/{ada}/{undo}")).status_code == 303


async def test_a_password_reset_revokes_the_tokens_too(house: House):
    token, link = await house.token("ada"), await house.link(user_id=house.people["ada"].id)
    async with house.client(token=token) as tool, house.client() as ada:
        assert (await tool.get("/api/notes")).status_code == 200
        assert (await ada.post(f"/front/join/{link}", data={"password": "another horse battery"})).status_code == 303
        refused(await tool.get("/api/notes"), 401, "sign_in_required")


async def test_administrators_delete_and_restore_any_message(house: House):
    said = await _say(house, "ada")
    by_guest = (await house.core.messages.post_as_guest(1, "Client 5", "hello")).result.id
    me, bob = house.people["root"].id, house.people["bob"].id
    async with await house.browser("root") as root, await house.browser("bob") as other:
        for message in (said, by_guest):
            refused(await other.delete(f"/api/messages/{message}?author_id={bob}"), 403, "not_yours")
            refused(
                await root.patch(f"/api/messages/{message}", json={"author_id": me, "content": "x"}), 403, "not_yours"
            )
            assert (await root.delete(f"/api/messages/{message}?author_id={me}")).status_code == 200
            assert (await root.post(f"/api/messages/{message}/restore?author_id={me}")).status_code == 200
            assert (await root.post(f"/front/rooms/1/messages/{message}/delete")).status_code == 303
            refused(await root.get(f"/api/messages/{message}"), 404, "not_found")


async def test_administrators_delete_direct_messages_of_others_without_reading_them(house: House):
    ada, bob, me = (house.people[nickname].id for nickname in ("ada", "bob", "root"))
    private = MessageCreate(author_id=ada, recipient_id=bob, content="psst")
    message = (await house.core.messages.send(house.caller("ada"), private)).result.message
    path, before = f"/api/messages/{message.id}", await house.core.log.newest()
    async with (
        await house.browser("root") as root,
        await house.browser("bob") as other,
        await house.browser("eve") as eve,
    ):
        refused(await root.get(path), 404, "not_found")
        refused(await eve.delete(f"{path}?author_id={house.people['eve'].id}"), 404, "not_found")
        stale = refused(await root.delete(f"{path}?author_id={me}", headers={"If-Match": '"9"'}), 412, "stale_version")
        answers = [
            await root.delete(f"{path}?author_id={me}"),
            await root.post(f"{path}/restore?author_id={me}"),
            await root.delete(f"{path}?author_id={me}"),
        ]

        assert [(answer.status_code, answer.json()["content"]) for answer in answers] == [(200, "")] * 3
        assert stale["message"]["content"] == ""
        refused(await other.get(path), 404, "not_found")
    told = [event["action"] for event in await house.events(before, f"user:{bob}") if "message" in event]
    assert told == ["delete", "create", "delete"]


# Profiles (A9).


async def _names(client: httpx.AsyncClient, user_id: int) -> tuple[str, str, str | None]:
    user = (await client.get(f"/api/users/{user_id}")).json()
    return user["name"], user["nickname"], user["email"]


async def test_a_user_changes_their_name_nickname_and_email_address(house: House):
    message, ada = await _say(house, "ada"), house.people["ada"].id
    async with await house.browser("ada") as client, house.client() as elsewhere:
        assert (await client.get("/api/me")).status_code == 200
        answer = await client.patch("/api/me", json={"name": "Ada King", "nickname": "Countess"})
        assert answer.json() == {"id": ada, "name": "Ada King", "nickname": "Countess", "email": "ada@example.org"}
        assert (await client.get("/api/me")).json()["user"] == answer.json()
        assert (await client.get(f"/api/messages/{message}")).json()["author"]["nickname"] == "Countess"
        assert (await sign_in(elsewhere, "countess")).status_code == 200
        refused(await sign_in(elsewhere, "ada"), 401, "wrong_password")

        assert (await client.patch("/api/me", json={"email": None})).json()["email"] is None
        assert (await client.patch("/api/me", json={"nickname": "COUNTESS"})).json()["nickname"] == "COUNTESS"
        assert (await client.patch("/api/me", json={})).status_code == 200
        refused(await client.patch("/api/me", json={"nickname": "BOB"}), 409, "nickname_taken")
        refused(await client.patch("/api/me", json={"nickname": "assistant"}), 409, "nickname_taken")
        for wrong in (
            {"name": None},
            {"nickname": None},
            {"name": " "},
            {"email": "x"},
            {"nickname": "a b"},
            {"id": 7},
        ):
            problem = refused(await client.patch("/api/me", json=wrong), 422, "validation_failed")
            assert fields_of(problem) == set(wrong)
        assert await _names(client, ada) == ("Ada King", "COUNTESS", None)


async def test_the_personal_board_follows_the_nickname_unless_it_was_renamed(house: House):
    before = await house.core.log.newest()
    async with await house.browser("ada") as client, await house.browser("bob") as other:
        (own,) = [one for one in (await client.get("/api/boards")).json() if one["kind"] == "personal"]
        (bobs,) = [one for one in (await other.get("/api/boards")).json() if one["kind"] == "personal"]
        await other.patch(f"/api/boards/{bobs['id']}", json={"name": "Mine"})
        for one, nickname in ((client, "Countess"), (other, "rob")):
            assert (await one.patch("/api/me", json={"nickname": nickname})).status_code == 200
        assert (await client.patch("/api/me", json={"nickname": "Countess", "name": "Ada"})).status_code == 200

        assert (await client.get(f"/api/boards/{own['id']}")).json()["name"] == "Personal (Countess)"
        assert (await other.get(f"/api/boards/{bobs['id']}")).json()["name"] == "Mine"
    topics = [f"board:{board['id']}" for board in (own, bobs)]
    told = [event["board"]["name"] for event in await house.events(before, *topics)]
    assert told == ["Mine", "Personal (Countess)"]


async def test_a_read_token_cannot_change_a_profile(house: House):
    async with house.client(token=await house.token("ada", "read")) as client:
        refused(await client.patch("/api/me", json={"name": "x"}), 403, "forbidden")
    async with house.client(token=await house.token("ada")) as client:
        assert (await client.patch("/api/me", json={"name": "By token"})).json()["name"] == "By token"


async def test_the_page_changes_a_profile_and_shows_errors(house: House):
    ada = house.people["ada"].id
    async with await house.browser("ada") as client:
        wrong = await client.post("/front/account/profile", data={"name": " ", "nickname": "bob", "email": "x"}, **PAGE)
        assert wrong.status_code == 422
        assert "Enter an e-mail address, such as ada@example.org." in wrong.text
        taken = await client.post("/front/account/profile", data={"name": "A", "nickname": "bob", "email": ""}, **PAGE)
        assert taken.status_code == 409
        assert "bob is taken already" in taken.text
        done = await client.post("/front/account/profile", data={"name": "A", "nickname": "a.k", "email": " "})
        assert (done.status_code, done.headers["location"]) == (303, "/front/account?changed=profile")
        assert await _names(client, ada) == ("A", "a.k", None)


async def test_an_email_address_is_visible_to_its_user_and_administrators_only(house: House):
    mail, ada, bob = "ada@example.org", house.people["ada"].id, house.people["bob"].id
    before = await house.core.log.newest()
    board = await house.board(ada="owner", bob="editor")
    await _say(house, "ada")
    data = MessageCreate(author_id=ada, recipient_id=bob, content="psst")
    await house.core.messages.send(house.caller("ada"), data)
    await house.core.profiles.change(ada, ProfileUpdate(name="Ada King"))
    reads = ["/api/users", f"/api/users/{ada}", "/api/rooms", "/api/rooms/1/messages", "/api/messages"]
    reads += [f"/api/boards/{board}/members", f"/api/users/{bob}/messages", "/front/users", f"/front/messages/{ada}"]
    reads += ["/front/rooms/1", "/front/account", f"/front/boards/{board}", "/api/me"]
    async with (
        await house.browser("bob") as other,
        await house.browser("ada") as own,
        await house.browser("root") as root,
    ):
        for path in reads:
            answer = await other.get(path, **(PAGE if path.startswith("/front/") else {}))
            assert answer.status_code == 200, path
            assert mail not in answer.text, path
        for path in ("/api/users", f"/api/users/{ada}", "/api/me", "/front/account"):
            assert mail in (await own.get(path, **(PAGE if path.startswith("/front/") else {}))).text, path
        for path in ("/api/users", f"/api/users/{ada}", "/front/users"):
            assert mail in (await root.get(path, **(PAGE if path.startswith("/front/") else {}))).text, path
    told = await house.events(before, "users", f"user:{bob}", f"user:{ada}", f"board:{board}", "room:1", "rooms")
    assert told
    assert mail not in str(told)


async def test_the_email_address_is_optional(house: House):
    form = {"name": "New", "email": "", "nickname": "new", "password": PASSWORD}
    async with house.client() as client, await house.browser("root") as root:
        assert (await client.post(f"/front/join/{await house.link()}", data=form)).status_code == 303
        assert (await client.get("/api/me")).json()["user"]["email"] is None
        made = await root.post("/api/users", json={"name": "N", "email": None, "nickname": "n"})
        assert (made.status_code, made.json()["email"]) == (201, None)
        assert (await root.post("/front/users", data={"name": "M", "email": " ", "nickname": "m"})).status_code == 303
        refused(await sign_in(client, "n", WRONG), 401, "wrong_password")
