"""The history, the activity and the trash in the API."""

from datetime import UTC, datetime
from typing import Any

from quart_notes.core import Core
from quart_notes.models import Note
from tests.support.accounts_app import House
from tests.support.api_fixtures import got, refused
from tests.support.servers.in_process import update_rows

LONG_AGO = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


async def _old(core: Core) -> None:
    """Let all groups of changes have begun long ago."""
    await update_rows(core, Note, {}, created_at=LONG_AGO, changes_since=LONG_AGO)


async def test_the_history_is_listed_newest_first_with_links_to_further_pages(house: House):
    board = await house.board(ada="owner")
    note = await house.note("ada", board, "1")
    path = f"/api/boards/{board}/notes/{note.id}"
    async with await house.browser("ada") as ada:
        for title in "234":
            await _old(house.core)
            await ada.patch(path, json={"title": title})

        first = await ada.get(f"{path}/history", params={"limit": 3})
        rest = await ada.get(first.links["next"]["url"])

    assert [(state["version"], state["title"]) for state in first.json() + rest.json()] == [
        (4, "4"), (3, "3"), (2, "2"), (1, "1")
    ]  # fmt: skip
    assert first.json()[0].keys() == {"version", "title", "description", "changes", "by", "at"}
    assert "next" not in rest.links
    assert rest.headers["Last-Event-ID"] == str(await house.core.log.newest())


async def test_a_restored_version_is_the_next_version_and_an_event(house: House):
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        note = (await ada.post("/api/notes", json={"title": "Milk"})).json()
        path = f"/api/notes/{note['id']}"
        await bob.patch(path, json={"title": "Beer"})
        before = await house.core.log.newest()

        restored = await bob.post(f"{path}/history/1/restore")

        assert (restored.status_code, restored.headers["ETag"]) == (200, '"3"')
        assert (restored.json()["title"], restored.json()["updated_by"]) == ("Milk", house.people["bob"].id)
        refused(await bob.post(f"{path}/history/7/restore"), 404, "not_found")
        refused(await bob.post("/api/notes/99/history/1/restore"), 404, "not_found")
    (event,) = await house.events(before, "board:1")
    assert (event["action"], event["note"]["title"], event["note"]["version"]) == ("update", "Milk", 3)


async def test_lists_of_what_was_refuse_nonsense(house: House):
    async with await house.browser("ada") as ada:
        note = (await ada.post("/api/notes", json={"title": "Milk"})).json()["id"]
        for path, places in {
            f"/api/notes/{note}/history": ("0", "x", str(2**31)),
            "/api/boards/1/activity": ("5", "yesterday", "2026-01-31T09:30:00", "2026-01-31T09:30:00Z~x"),
            "/api/boards/1/trash": ("2026-02-31T09:30:00Z", "2026-01-31T09:30:00Z~-1", f"2026-01-31T09:30:00Z~{2**63}"),
        }.items():
            for before in places:
                refused(await ada.get(path, params={"before": before}), 422, "validation_failed")
            for limit in (0, 201):
                refused(await ada.get(path, params={"limit": limit}), 422, "validation_failed")


async def test_activity_and_trash_link_to_further_pages(house: House):
    async with await house.browser("ada") as ada:
        ids = [(await ada.post("/api/notes", json={"title": str(n)})).json()["id"] for n in range(3)]
        for note in ids:
            await ada.delete(f"/api/notes/{note}")

        found: dict[str, list[Any]] = {}
        for name in ("activity", "trash"):
            link: str | None = f"/api/boards/1/{name}?limit=2"
            found[name] = []
            while link:
                answer = await ada.get(link)
                found[name].append(answer.json())
                link = answer.links.get("next", {}).get("url")

    assert [[one["note"]["title"] for one in page] for page in found["trash"]] == [["2", "1"], ["0"]]
    assert [[(one["kind"], one["title"]) for one in page] for page in found["activity"]] == [
        [("deleted", "2"), ("deleted", "1")],
        [("deleted", "0"), ("created", "2")],
        [("created", "1"), ("created", "0")],
    ]
    assert {one["deleted_by"] for page in found["trash"] for one in page} == {house.people["ada"].id}


async def test_only_administrators_delete_for_good_on_the_shared_board(house: House):
    async with await house.browser("ada") as ada, await house.browser("root") as root:
        note = (await ada.post("/api/notes", json={"title": "Milk"})).json()["id"]
        await ada.delete(f"/api/notes/{note}")

        refused(await ada.delete(f"/api/boards/1/trash/{note}"), 403, "forbidden")
        refused(await ada.delete("/api/boards/1/trash"), 403, "forbidden")
        assert (await root.delete(f"/api/boards/1/trash/{note}")).json()["title"] == "Milk"
        assert await got(ada, "/api/boards/1/trash") == []
        refused(await ada.post(f"/api/notes/{note}/restore"), 404, "not_found")


async def test_a_deleted_board_is_listed_for_its_owners_alone(house: House):
    board = await house.board(ada="owner", bob="editor")
    await house.note("bob", board)
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        await ada.delete(f"/api/boards/{board}")

        (one,) = await got(ada, "/api/boards/trash")
        assert (one["board"]["id"], one["deleted_by"]) == (board, house.people["ada"].id)
        assert await got(bob, "/api/boards/trash") == []
        refused(await bob.delete(f"/api/boards/trash/{board}"), 404, "not_found")
        assert (await ada.delete(f"/api/boards/trash/{board}")).json()["id"] == board
        assert await got(ada, "/api/boards/trash") == []
        refused(await ada.post(f"/api/boards/{board}/restore"), 404, "not_found")


async def test_nothing_of_a_note_of_another_board_is_in_the_history_of_this_one(house: House):
    board, other = await house.board(ada="owner"), await house.board("Elsewhere", ada="owner", bob="viewer")
    note = await house.note("ada", board, "secret")
    async with await house.browser("ada") as ada, await house.browser("bob") as bob:
        refused(await ada.get(f"/api/boards/{other}/notes/{note.id}/history"), 404, "not_found")
        refused(await ada.post(f"/api/boards/{other}/notes/{note.id}/history/1/restore"), 404, "not_found")
        refused(await ada.delete(f"/api/boards/{other}/notes/{note.id}/history"), 404, "not_found")
        await ada.delete(f"/api/boards/{board}/notes/{note.id}")
        refused(await ada.delete(f"/api/boards/{other}/trash/{note.id}"), 404, "not_found")
        for name in ("activity", "trash"):
            assert await got(bob, f"/api/boards/{other}/{name}") == []
            refused(await bob.get(f"/api/boards/{board}/{name}"), 404, "not_found")
