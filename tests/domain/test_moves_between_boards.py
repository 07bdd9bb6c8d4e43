"""A note that moves to another board: who may do that, what both boards get, and what nobody gets."""

import json

from quart_notes.domain.access import ANYBODY
from quart_notes.live import events
from quart_notes.schemas import NoteCreate, NoteMove, NoteUpdate
from quart_notes.schemas.event_ids import EventId
from tests.support.accounts_app import House
from tests.support.api_fixtures import Json, refused
from tests.support.servers.in_process import rows


async def _boards(house: House) -> tuple[int, int]:
    """A board of ada's with bob as editor, and one of hers alone."""
    return await house.board("Kitchen", ada="owner", bob="editor"), await house.board("Cellar", ada="owner")


async def _moved(house: House, note_id: int, board: int, other: int, **to: int) -> Json:
    place = NoteMove.model_validate({"board_id": other, **to})
    return (await house.core.note_moves.move(house.caller("ada"), board, note_id, place)).result.model_dump(mode="json")


async def _order(house: House, board: int) -> list[int]:
    return [note.id for note in (await house.core.board_pages.read(house.caller("ada"), board, None, 1, 99)).notes]


async def test_it_keeps_its_id_and_is_first_there_unless_a_neighbour_is_named(house: House):
    kitchen, cellar = await _boards(house)
    one, two, three = [await house.note("ada", kitchen, f"note {number}") for number in range(3)]
    low, high = [await house.note("ada", cellar) for _ in range(2)]

    moved = await _moved(house, one.id, kitchen, cellar)
    await _moved(house, two.id, kitchen, cellar, after_id=low.id)
    await _moved(house, three.id, kitchen, cellar, before_id=low.id)

    changed = {name: moved[name] for name in ("rank", "updated_at", "updated_by")}
    assert moved == {**one.model_dump(mode="json"), **changed, "board_id": cellar, "version": 2}
    assert await _order(house, cellar) == [one.id, high.id, three.id, low.id, two.id]
    assert await _order(house, kitchen) == []
    newest = await house.note("ada", cellar)
    assert (await _order(house, cellar))[0] == newest.id
    await _moved(house, two.id, cellar, kitchen)
    assert await _order(house, kitchen) == [two.id]


async def test_a_move_back_beside_the_former_neighbours_undoes_it(house: House):
    kitchen, cellar = await _boards(house)
    notes = [await house.note("ada", kitchen) for _ in range(3)][::-1]
    before = await _order(house, kitchen)
    place = await house.core.note_moves.place(house.caller("ada"), kitchen, notes[1].id)
    assert place is not None

    await _moved(house, notes[1].id, kitchen, cellar)
    await _moved(house, notes[1].id, cellar, kitchen, after_id=place.before or 0, before_id=place.after or 0)

    assert await _order(house, kitchen) == before


async def test_it_takes_an_editor_of_both_boards(house: House):
    board = await house.board(bob="owner", ada="ticker")
    editors = await house.board(ada="owner", bob="editor")
    viewers = await house.board(ada="owner", bob="viewer")
    hers = await house.board(ada="owner")
    note = await house.note("bob", board)
    path = f"/api/boards/{board}/notes/{note.id}"
    async with await house.browser("bob") as bob, await house.browser("ada") as ada:
        refused(await bob.post(f"{path}/move", json={"board_id": viewers}), 403, "forbidden")
        refused(await bob.post(f"{path}/move", json={"board_id": hers}), 404, "not_found")
        refused(await bob.post(f"{path}/move", json={"board_id": 99_999}), 404, "not_found")
        refused(await ada.post(f"{path}/move", json={"board_id": hers}), 403, "forbidden")
        assert (await bob.get(path)).json()["version"] == 1

        answer = await bob.post(f"{path}/move", json={"board_id": editors})

        assert answer.json()["board_id"] == editors
        refused(await bob.get(path), 404, "not_found")
        assert (await ada.get(f"/api/boards/{editors}/notes/{note.id}")).json() == answer.json()


async def test_a_neighbour_on_a_board_that_one_does_not_see_counts_as_gone(house: House):
    board, hidden = await house.board(bob="owner"), await house.board(ada="owner")
    low, high = [await house.note("bob", board) for _ in range(2)]
    secret = await house.note("ada", hidden)
    async with await house.browser("bob") as bob:
        answer = await bob.post(f"/api/boards/{board}/notes/{high.id}/move", json={"before_id": secret.id})
        gone = await bob.post(f"/api/boards/{board}/notes/{low.id}/move", json={"before_id": 99_999})

    assert (answer.status_code, gone.status_code) == (200, 200)
    assert answer.json()["rank"] < gone.json()["rank"]


async def test_the_former_board_gets_the_deletion_and_the_new_one_the_creation(house: House):
    kitchen, cellar = await _boards(house)
    note = await house.note("ada", kitchen, "milk")
    before = await house.core.log.newest()

    moved = await _moved(house, note.id, kitchen, cellar)

    deletion, creation = await house.events(before, events.board(kitchen), events.board(cellar))
    number = before.number + 1
    assert [deletion["id"], creation["id"]] == [str(EventId(before.epoch, number + at)) for at in (0, 1)]
    assert [event["topic"] for event in (deletion, creation)] == [events.board(kitchen), events.board(cellar)]
    assert [event["action"] for event in (deletion, creation)] == ["delete", "create"]
    assert {event["by"] for event in (deletion, creation)} == {house.people["ada"].id}
    assert deletion["note"] == {**note.model_dump(mode="json"), "title": None}, "in a replay"
    assert creation["note"] == moved


async def test_replays_of_the_former_board_contain_no_text_of_it(house: House):
    kitchen, cellar = await _boards(house)
    note = await house.note("ada", kitchen, "secret")
    await house.core.notes.change(house.caller("ada"), kitchen, note.id, NoteUpdate(description="secret too"))
    assert _logged(house, kitchen).count("secret") == 3

    await _moved(house, note.id, kitchen, cellar)

    assert "secret" not in _logged(house, kitchen)
    assert "secret too" in _logged(house, cellar)


def _logged(house: House, board: int) -> str:
    return "".join(body for (body,) in rows(house.core, f"SELECT body FROM event_log WHERE topic = 'board:{board}'"))


async def test_a_process_that_lags_shows_the_last_state_but_no_later_text(house: House):
    kitchen, cellar = await _boards(house)
    note = await house.note("ada", kitchen, "milk")
    before = house.core.broadcaster.newest
    await _moved(house, note.id, kitchen, cellar)

    async def deletion() -> Json:
        page = await house.core.log.read_after(before)  # what another process on the same database publishes
        found: Json = json.loads(page.messages[0].data)
        assert (found["topic"], found["action"]) == (events.board(kitchen), "delete")
        return dict(found["note"])

    assert await deletion() == note.model_dump(mode="json")
    await house.core.notes.change(house.caller("ada"), cellar, note.id, NoteUpdate(title="secret"))
    assert (await deletion())["title"] is None


async def test_the_key_that_made_a_note_shows_it_only_to_who_sees_its_board(house: House):
    kitchen, cellar = await _boards(house)
    data = NoteCreate(title="milk", client_key="a-key-of-bob")
    path, body = f"/api/boards/{kitchen}/notes", {"title": "milk", "client_key": "a-key-of-bob"}
    note = (await house.core.notes.add(house.caller("bob"), kitchen, data)).result
    async with await house.browser("bob") as bob:
        assert (await bob.post(path, json=body)).json()["id"] == note.id
        await _moved(house, note.id, kitchen, cellar)
        refused(await bob.post(path, json=body), 409, "client_key_used")


async def test_in_open_mode_notes_move_between_all_boards(house: House):
    board = await house.board(ada="owner")
    note = (await house.core.notes.add(ANYBODY, 1, NoteCreate(title="milk"))).result

    moved = (await house.core.note_moves.move(ANYBODY, 1, note.id, NoteMove(board_id=board))).result

    assert moved.board_id == board


async def test_its_history_comes_along_and_says_that_it_was_moved(house: House):
    kitchen, cellar = await _boards(house)
    note = await house.note("ada", kitchen, "milk")

    await _moved(house, note.id, kitchen, cellar)

    async with await house.browser("ada") as ada:
        states = (await ada.get(f"/api/boards/{cellar}/notes/{note.id}/history")).json()
        there, here = [(await ada.get(f"/api/boards/{board}/activity")).json() for board in (cellar, kitchen)]
    assert [(state["changes"], state["version"]) for state in states] in (
        [(["created", "moved"], 2)],
        [(["moved"], 2), (["created"], 1)],
    )
    assert [entry["note_id"] for entry in there][:1] == [note.id]
    assert here == []
