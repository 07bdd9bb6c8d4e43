"""Answers as rows: created, streamed, ended, and who may stop, retry or delete them."""

import json

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.domain.assistant import answers as assistant_answers
from quart_notes.errors import NicknameTakenError, NotFoundError, NotNowError, NotYoursError, RoomArchivedError
from quart_notes.live import event_log, events
from quart_notes.schemas import (
    MessageCreate,
    MessageOut,
    MessageQuery,
    MessageUpdate,
    ReadingUpdate,
    RoomCreate,
    RoomMessageCreate,
    RoomQuery,
    RoomUpdate,
    UserOut,
)
from tests.support.accounts_app import House
from tests.support.assistant_questions import LOBBY, asked, everything, person
from tests.support.servers.in_process import rows


def state(message: MessageOut) -> str | None:
    return message.answer.state if message.answer else None


# Creation.


async def test_a_question_and_its_answer_are_created_in_one_transaction(core: Core):
    ada = await person(core, "ada")
    before = (await core.log.newest()).number

    await core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(author_id=ada.id, content="@assistant hello"))

    question, answer = await everything(core, LOBBY)
    assert (answer.author_id, answer.guest, answer.content, state(answer)) == (None, None, "", "waiting")
    assert answer.answer is not None
    assert (answer.answer.question_id, answer.answer.asker_id) == (question.id, ada.id)
    kinds = rows(core, f"SELECT topic FROM event_log WHERE number > {before} ORDER BY number")
    assert [topic for (topic,) in kinds] == ["room:1", "work", "room:1"]


async def test_a_repeated_question_is_not_answered_twice(core: Core):
    ada = await person(core, "ada")
    data = RoomMessageCreate(author_id=ada.id, content="@assistant hello", client_key="k" * 8)

    for _ in range(2):
        await core.messages.post(ANYBODY, LOBBY, data)

    assert len(await everything(core, LOBBY)) == 2


async def test_in_the_users_own_room_every_message_is_a_question_and_an_edit_is_not(core: Core):
    ada = await person(core, "ada")
    (room, new), _ = await core.rooms.assistant_room(ANYBODY, ada.id)
    assert new
    assert (await core.rooms.assistant_room(ANYBODY, ada.id)).result == (room, False)

    assert (await asked(core, ada, "hello", room.id)).room_id == room.id
    said = (await core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(author_id=ada.id, content="hi"))).result.message
    await core.messages.change(ANYBODY, said.id, MessageUpdate(author_id=ada.id, content="@assistant hi"))

    assert len(await everything(core, room.id)) == 2
    assert len(await everything(core, LOBBY)) == 1


async def test_a_new_user_cannot_have_its_name(core: Core):
    for nickname in ("assistant", "Assistant", "ASSISTANT"):
        with pytest.raises(NicknameTakenError):
            await person(core, nickname)
    assert (await person(core, "assistant2")).nickname == "assistant2"


# Streaming and end.


async def test_an_answer_is_extended_only_at_its_newest_version(core: Core):
    answer = await asked(core, await person(core, "ada"))

    assert (await core.answers.update_text(answer.id, 1, "One")).result == 2
    assert (await core.answers.update_text(answer.id, 1, "other")).result is None
    assert (await core.answers.update_text(answer.id, 2, "One, two")).result == 3
    await core.answers.finish(answer.id, 2, "other", None)
    await core.answers.finish(answer.id, 3, "One, two.", None)
    assert (await core.answers.update_text(answer.id, 4, "other")).result is None

    (_, done) = await everything(core, LOBBY)
    assert (done.content, state(done), done.version) == ("One, two.", "done", 4)


async def test_a_stopped_answer_gets_no_more_text_even_after_a_retry(core: Core):
    answer = await asked(core, await person(core, "ada"))
    await core.answers.update_text(answer.id, 1, "One")

    await core.answers.stop(ANYBODY, answer.id)
    again = (await core.answers.retry(ANYBODY, answer.id)).result

    assert (again.content, state(again), again.version) == ("", "waiting", 4)
    assert (await core.answers.update_text(answer.id, 2, "One, two")).result is None
    assert (await core.answers.update_text(answer.id, 4, "Again")).result == 5


async def test_the_log_keeps_only_the_final_text_of_an_answer(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(event_log, "THIN_CHUNK", 3)
    ada, bob = await person(core, "ada"), await person(core, "bob")
    data = MessageCreate(author_id=ada.id, recipient_id=bob.id, content="@assistant who of us?")
    sent = (await core.messages.send(ANYBODY, data)).result.message
    answer = (await everything(core, sent.room_id))[-1]
    other = await asked(core, ada)
    grown = [await core.answers.update_text(answer.id, version, "x" * version) for version in range(1, 9)]
    await core.answers.update_text(other.id, 1, "other")
    await core.answers.finish(answer.id, 9, "x" * 9, None)
    first, last = grown[0].position.number, grown[-1].position.number
    before = await core.log.newest()

    await core.answers.compact_log(answer.id, first, last)

    def kept(number: int) -> list[tuple[str, str]]:
        query = f'SELECT topic, body FROM event_log WHERE body LIKE \'%"message":{{"id":{number},%\' ORDER BY number'
        return [(topic, json.loads(body)["message"]["content"]) for topic, body in rows(core, query)]

    adas, bobs = events.user(ada.id), events.user(bob.id)
    assert kept(answer.id)[-2:] == [(bobs, "x" * 9), (adas, "x" * 9)] or kept(answer.id)[-2:] == [
        (adas, "x" * 9),
        (bobs, "x" * 9),
    ]
    assert [len(text) for _, text in kept(answer.id)] == [0, 0, 1, 8, 9, 9], (
        "one beside the first and the last may stay"
    )
    assert [text for _, text in kept(other.id)] == ["", "other"]
    assert len(kept(sent.id)) == 2
    assert await core.log.newest() == before


async def test_a_restart_fails_only_the_answers_being_written(core: Core):
    ada = await person(core, "ada")
    ids = [(await asked(core, ada)).id for _ in range(6)]
    await core.answers.finish(ids[0], 1, "whole", None)
    for number in (ids[1], ids[5]):
        await core.answers.update_text(number, 1, "half")
    await core.answers.stop(ANYBODY, ids[2])

    await core.answers.fail_writing()

    found = {one.id: one for one in await everything(core, LOBBY)}
    assert [state(found[number]) for number in ids] == ["done", "failed", "stopped", "waiting", "waiting", "failed"]
    assert found[ids[1]].content == "half"
    assert list((await core.answers.waiting()).items()) == [(ids[3], ada.id), (ids[4], ada.id)]
    before = await core.log.newest()
    await core.answers.fail_writing()
    assert await core.log.newest() == before


async def test_questions_beyond_the_queues_limit_fail_and_can_be_retried(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(assistant_answers, "MAX_WAITING_EACH", 2)
    monkeypatch.setattr(assistant_answers, "MAX_WAITING", 3)
    ada, bob, eve = [await person(core, nickname) for nickname in ("ada", "bob", "eve")]

    adas = [await asked(core, ada) for _ in range(3)]
    others = [await asked(core, who) for who in (bob, eve)]

    assert [state(one) for one in (*adas, *others)] == ["waiting", "waiting", "failed", "waiting", "failed"]
    assert adas[2].answer is not None
    assert adas[2].answer.error == assistant_answers.TOO_MANY
    with pytest.raises(NotNowError):
        await core.answers.retry(ANYBODY, adas[2].id)
    await core.answers.stop(ANYBODY, adas[0].id)
    assert state((await core.answers.retry(ANYBODY, adas[2].id)).result) == "waiting"


@pytest.mark.sqlite_only("how it plans a query")
async def test_waiting_questions_are_counted_by_an_index(core: Core):
    plan = rows(core, f"EXPLAIN QUERY PLAN {assistant_answers.UNFINISHED_SQL.replace('?1', '1')}")

    assert " INDEX " in plan[0][3], plan


async def test_an_answer_counts_as_one_unread_message_for_everybody(core: Core):
    ada, bob = await person(core, "ada"), await person(core, "bob")
    answer = await asked(core, ada)
    for version in range(1, 4):
        await core.answers.update_text(answer.id, version, "x" * version)

    async def count(who: UserOut) -> int:
        return next(one.count for one in (await core.read_markers.of_user(ANYBODY, who.id)).items if one.room_id == 1)

    assert (await count(ada), await count(bob)) == (1, 2)
    await core.read_markers.mark_read(ANYBODY, LOBBY, ReadingUpdate(reader_id=ada.id, message_id=answer.id))
    await core.answers.finish(answer.id, 4, "done", None)
    assert (await count(ada), await count(bob)) == (0, 2)


# Access.


async def test_in_an_archived_room_no_answer_is_asked_for_again(core: Core):
    ada = await person(core, "ada")
    await core.assistant.stop()
    room = (await core.rooms.add(ANYBODY, RoomCreate(name="Committee"))).result
    answer = await asked(core, ada, where=room.id)
    await core.answers.stop(ANYBODY, answer.id)
    await core.room_upkeep.change(ANYBODY, room.id, RoomUpdate(archived=True))

    with pytest.raises(RoomArchivedError):
        await core.answers.retry(ANYBODY, answer.id)


async def test_only_the_asking_user_stops_retries_and_deletes_an_answer(house: House):
    core, ada, bob = house.core, house.caller("ada"), house.caller("bob")
    await core.assistant.stop()
    answer = await asked(core, house.people["ada"])
    bob_id, ada_id = house.people["bob"].id, house.people["ada"].id

    for act in (core.answers.stop(bob, answer.id), core.answers.retry(bob, answer.id)):
        with pytest.raises(NotYoursError):
            await act
    with pytest.raises(NotYoursError):
        await core.messages.delete(bob, answer.id, bob_id)
    with pytest.raises(NotYoursError):
        await core.messages.change(ada, answer.id, MessageUpdate(author_id=ada_id, content="other"))

    assert state((await core.answers.stop(ada, answer.id)).result) == "stopped"
    assert state((await core.answers.retry(ada, answer.id)).result) == "waiting"
    assert state((await core.messages.delete(ada, answer.id, ada_id)).result) == "stopped"
    with pytest.raises(NotFoundError):
        await core.answers.retry(ada, answer.id)
    with pytest.raises(NotYoursError):
        await core.messages.restore(bob, answer.id, bob_id)
    assert state((await core.messages.restore(ada, answer.id, ada_id)).result) == "stopped"


async def test_anybody_may_stop_the_answer_to_a_guest(house: House):
    await house.core.assistant.stop()
    await house.core.messages.post_as_guest(LOBBY, "Client 5", "@assistant hello")
    answer = (await everything(house.core, LOBBY))[-1]

    assert state((await house.core.answers.stop(house.caller("bob"), answer.id)).result) == "stopped"


async def test_in_open_mode_anybody_may_stop_an_answer(core: Core):
    answer = await asked(core, await person(core, "ada"))
    bob = Caller(await person(core, "bob"), trusted=True)

    assert state((await core.answers.stop(bob, answer.id)).result) == "stopped"


async def test_a_message_that_is_no_answer_cannot_be_stopped_or_retried(core: Core):
    ada = await person(core, "ada")
    answer = await asked(core, ada)
    assert answer.answer is not None

    for act in (core.answers.stop, core.answers.retry):
        with pytest.raises(NotFoundError):
            await act(ANYBODY, answer.answer.question_id)


async def test_a_private_room_is_hidden_from_others(house: House):
    core, ada, eve, root = house.core, house.caller("ada"), house.caller("eve"), house.caller("root")
    await core.assistant.stop()
    room = (await core.rooms.assistant_room(ada, house.people["ada"].id)).result.room
    answer = await asked(core, house.people["ada"], "my secret", room.id)
    assert answer.answer is not None
    question = answer.answer.question_id

    assert (await core.messages.get(ada, question))[0].content == "my secret"
    assert room.id in [one.id for one in (await core.rooms.find(ada, RoomQuery(person_id=ada.id))).items]
    for who in (eve, root):
        for act in (
            core.rooms.get(who, room.id), core.messages.in_room(who, room.id, MessageQuery()),
            core.messages.get(who, question), core.messages.get(who, answer.id), core.answers.stop(who, answer.id),
            core.messages.post(who, room.id, RoomMessageCreate(author_id=who.id or 0, content="hello")),
            core.read_markers.mark_read(who, room.id, ReadingUpdate(reader_id=who.id or 0, message_id=answer.id)),
            core.messages.delete(who, question, who.id or 0),
        ):  # fmt: skip
            with pytest.raises(NotFoundError):
                await act
        assert room not in (await core.rooms.find(who, RoomQuery(person_id=who.id))).items
        assert room.id not in {one.room_id for one in (await core.read_markers.of_user(who, who.id or 0)).items}
    async with await house.browser("eve") as browser:
        assert (await browser.head(f"/events?topics=room:{room.id}")).status_code == 403
        for path in (f"/front/rooms/{room.id}", f"/front/rooms/{room.id}/messages/{question}"):
            assert (await browser.get(path)).status_code == 404
        for path in ("/api/messages", f"/api/users/{ada.id}/messages", "/api/rooms"):
            assert "secret" not in (await browser.get(path)).text


async def test_direct_messages_are_listed_without_the_assistants(house: House):
    core, ada, bob = house.core, house.caller("ada"), house.people["bob"]
    await core.assistant.stop()
    data = MessageCreate(author_id=house.people["ada"].id, recipient_id=bob.id, content="@assistant who is right?")
    sent = (await core.messages.send(ada, data)).result.message

    for who in (ada, house.caller("bob"), ANYBODY):
        assert (await core.messages.direct(who, MessageQuery())).items == [sent]
        assert (await core.messages.of_user(who, bob.id, MessageQuery())).items == [sent]
        assert len((await core.messages.in_room(who, sent.room_id, MessageQuery())).items) == 2
    assert (await core.messages.of_user(house.caller("eve"), bob.id, MessageQuery())).items == []
