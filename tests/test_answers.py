"""Answers as rows: when there is one, who may do what with it, what it may know, and what the model is told."""

import json
from collections.abc import AsyncIterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes import event_log, events
from quart_notes.core import Core
from quart_notes.domain import answers, contexts, prompts
from quart_notes.domain.access import ANYBODY, Caller
from quart_notes.domain.prompts import BoardNotes, Context, Noted, Said, Turn, asks, compose, is_about_notes
from quart_notes.errors import NicknameTakenError, NotFoundError, NotNowError, NotYoursError
from quart_notes.schemas import (
    CONTENT_MAX,
    MessageCreate,
    MessageOut,
    MessageQuery,
    MessageUpdate,
    NoteCreate,
    ReadingUpdate,
    RoomMessageCreate,
    RoomQuery,
    UserCreate,
    UserOut,
)
from tests.house import House
from tests.in_process import opened, rows

LOBBY = 1
TODAY = date(2026, 11, 20)


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    """The parts in open mode; nobody works on answers."""
    async with opened(tmp_path) as core:
        yield core


async def person(core: Core, nickname: str) -> UserOut:
    data = UserCreate(name=nickname.title(), email=f"{nickname}@example.org", nickname=nickname)
    return (await core.people.add(data)).result


async def asked(core: Core, who: UserOut, text: str = "@assistant hello", where: int = LOBBY) -> MessageOut:
    """The answer to something that somebody asks, as it begins."""
    await core.messages.post(ANYBODY, where, RoomMessageCreate(author_id=who.id, content=text))
    answer = (await everything(core, where))[-1]
    assert answer.answer is not None
    return answer


async def everything(core: Core, where: int) -> list[MessageOut]:
    return (await core.messages.in_room(ANYBODY, where, MessageQuery())).messages


def state(message: MessageOut) -> str | None:
    return message.answer.state if message.answer else None


# When there is an answer.


@pytest.mark.parametrize(
    "text",
    ["@assistant", "@Assistant, hello", "hello @ASSISTANT.", "(@assistant)", "what now,@assistant?", "\n@assistant\n"],
)
def test_a_text_calls_it_by_its_name(text: str):
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        *("assistant", "@assistants", "@assistant-2", "@assistant_2", "@assistant.bot", "me@assistant", "@@assistant"),
        *("me.@assistant", "@ assistant", "me@assistant.example", "@assistänt", ""),
    ],
)
def test_a_text_that_only_looks_like_it_does_not(text: str):
    assert not asks(text)


async def test_question_and_answer_begin_in_one_change(core: Core):
    ada = await person(core, "ada")
    before = (await core.log.newest()).number

    await core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(author_id=ada.id, content="@assistant hello"))

    question, answer = await everything(core, LOBBY)
    assert (answer.author_id, answer.guest, answer.content, state(answer)) == (None, None, "", "waiting")
    assert answer.answer is not None
    assert (answer.answer.question_id, answer.answer.asker_id) == (question.id, ada.id)
    kinds = rows(core, f"SELECT topic FROM event_log WHERE number > {before} ORDER BY number")
    assert [topic for (topic,) in kinds] == ["room:1", "work", "room:1"]


async def test_a_question_that_is_sent_again_is_not_answered_twice(core: Core):
    ada = await person(core, "ada")
    data = RoomMessageCreate(author_id=ada.id, content="@assistant hello", client_key="k" * 8)

    for _ in range(2):
        await core.messages.post(ANYBODY, LOBBY, data)

    assert len(await everything(core, LOBBY)) == 2


async def test_in_ones_own_room_everything_is_a_question_and_what_is_changed_later_is_none(core: Core):
    ada = await person(core, "ada")
    (room, new), _ = await core.rooms.private(ANYBODY, ada.id)
    assert new
    assert (await core.rooms.private(ANYBODY, ada.id)).result == (room, False)

    assert (await asked(core, ada, "hello", room.id)).room_id == room.id
    said = (await core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(author_id=ada.id, content="hi"))).result.message
    await core.messages.change(ANYBODY, said.id, MessageUpdate(author_id=ada.id, content="@assistant hi"))

    assert len(await everything(core, room.id)) == 2
    assert len(await everything(core, LOBBY)) == 1


async def test_nobody_new_goes_by_its_name(core: Core):
    for nickname in ("assistant", "Assistant", "ASSISTANT"):
        with pytest.raises(NicknameTakenError):
            await person(core, nickname)
    assert (await person(core, "assistant2")).nickname == "assistant2"


# How it grows and ends.


async def test_an_answer_grows_only_for_whoever_knows_its_newest_version(core: Core):
    answer = await asked(core, await person(core, "ada"))

    assert (await core.answers.grow(answer.id, 1, "One")).result == 2
    assert (await core.answers.grow(answer.id, 1, "other")).result is None
    assert (await core.answers.grow(answer.id, 2, "One, two")).result == 3
    await core.answers.end(answer.id, 2, "other", None)
    await core.answers.end(answer.id, 3, "One, two.", None)
    assert (await core.answers.grow(answer.id, 4, "other")).result is None

    (_, done) = await everything(core, LOBBY)
    assert (done.content, state(done), done.version) == ("One, two.", "done", 4)


async def test_nothing_comes_into_an_answer_that_was_stopped_even_when_it_is_asked_again_at_once(core: Core):
    answer = await asked(core, await person(core, "ada"))
    await core.answers.grow(answer.id, 1, "One")

    await core.answers.stop(ANYBODY, answer.id)
    again = (await core.answers.retry(ANYBODY, answer.id)).result

    assert (again.content, state(again), again.version) == ("", "waiting", 4)
    assert (await core.answers.grow(answer.id, 2, "One, two")).result is None
    assert (await core.answers.grow(answer.id, 4, "Anew")).result == 5


async def test_once_it_has_ended_the_log_keeps_its_end_and_not_every_stage(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(event_log, "THIN_CHUNK", 3)
    ada, bob = await person(core, "ada"), await person(core, "bob")
    data = MessageCreate(author_id=ada.id, recipient_id=bob.id, content="@assistant who of us?")
    sent = (await core.messages.send(ANYBODY, data)).result.message
    answer = (await everything(core, sent.room_id))[-1]
    other = await asked(core, ada)
    grown = [await core.answers.grow(answer.id, version, "x" * version) for version in range(1, 9)]
    await core.answers.grow(other.id, 1, "other")
    await core.answers.end(answer.id, 9, "x" * 9, None)
    first, last = grown[0].position.number, grown[-1].position.number
    before = await core.log.newest()

    await core.answers.thin(answer.id, first, last)

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


async def test_the_start_fails_what_was_left_unfinished_and_nothing_else(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answers, "FAILED_CHUNK", 2)
    ada = await person(core, "ada")
    ids = [(await asked(core, ada)).id for _ in range(6)]
    await core.answers.end(ids[0], 1, "whole", None)
    await core.answers.grow(ids[1], 1, "half")
    await core.answers.stop(ANYBODY, ids[2])

    await core.answers.fail_unfinished()

    found = {one.id: one for one in await everything(core, LOBBY)}
    assert [state(found[number]) for number in ids] == ["done", "failed", "stopped", "failed", "failed", "failed"]
    assert found[ids[1]].content == "half"
    before = await core.log.newest()
    await core.answers.fail_unfinished()
    assert await core.log.newest() == before


async def test_questions_beyond_what_may_wait_are_answered_so_and_can_be_asked_later(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(answers, "MAX_WAITING_EACH", 2)
    monkeypatch.setattr(answers, "MAX_WAITING", 3)
    ada, bob, eve = [await person(core, nickname) for nickname in ("ada", "bob", "eve")]

    adas = [await asked(core, ada) for _ in range(3)]
    others = [await asked(core, who) for who in (bob, eve)]

    assert [state(one) for one in (*adas, *others)] == ["waiting", "waiting", "failed", "waiting", "failed"]
    assert adas[2].answer is not None
    assert adas[2].answer.error == answers.TOO_MANY
    with pytest.raises(NotNowError):
        await core.answers.retry(ANYBODY, adas[2].id)
    await core.answers.stop(ANYBODY, adas[0].id)
    assert state((await core.answers.retry(ANYBODY, adas[2].id)).result) == "waiting"


@pytest.mark.sqlite_only("how it plans a query")
async def test_the_questions_that_wait_are_counted_by_an_index(core: Core):
    plan = rows(core, f"EXPLAIN QUERY PLAN {answers.WAITING.replace('?1', '1')}")

    assert " INDEX " in plan[0][3], plan


async def test_an_answer_counts_once_as_unread_for_everybody(core: Core):
    ada, bob = await person(core, "ada"), await person(core, "bob")
    answer = await asked(core, ada)
    for version in range(1, 4):
        await core.answers.grow(answer.id, version, "x" * version)

    async def count(who: UserOut) -> int:
        return next(one.count for one in (await core.readings.of_person(ANYBODY, who.id)).unread if one.room_id == 1)

    assert (await count(ada), await count(bob)) == (1, 2)
    await core.readings.read(ANYBODY, LOBBY, ReadingUpdate(reader_id=ada.id, message_id=answer.id))
    await core.answers.end(answer.id, 4, "done", None)
    assert (await count(ada), await count(bob)) == (0, 2)


# Who may do what with it.


async def test_only_who_asked_stops_asks_again_and_deletes(house: House):
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


async def test_what_a_guest_asked_for_is_everybodys_to_stop(house: House):
    await house.core.assistant.stop()
    await house.core.messages.post_as_guest(LOBBY, "Client 5", "@assistant hello")
    answer = (await everything(house.core, LOBBY))[-1]

    assert state((await house.core.answers.stop(house.caller("bob"), answer.id)).result) == "stopped"


async def test_in_open_mode_it_is_everybodys(core: Core):
    answer = await asked(core, await person(core, "ada"))
    bob = Caller(await person(core, "bob"), trusted=True)

    assert state((await core.answers.stop(bob, answer.id)).result) == "stopped"


async def test_a_message_that_is_no_answer_is_neither_stopped_nor_asked_again(core: Core):
    ada = await person(core, "ada")
    answer = await asked(core, ada)
    assert answer.answer is not None

    for act in (core.answers.stop, core.answers.retry):
        with pytest.raises(NotFoundError):
            await act(ANYBODY, answer.answer.question_id)


async def test_nobody_else_sees_into_a_private_room(house: House):
    core, ada, eve, root = house.core, house.caller("ada"), house.caller("eve"), house.caller("root")
    await core.assistant.stop()
    room = (await core.rooms.private(ada, house.people["ada"].id)).result.room
    answer = await asked(core, house.people["ada"], "my secret", room.id)
    assert answer.answer is not None
    question = answer.answer.question_id

    assert (await core.messages.get(ada, question))[0].content == "my secret"
    assert room in (await core.rooms.find(ada, RoomQuery(person_id=ada.id))).rooms
    for who in (eve, root):
        for act in (
            core.rooms.get(who, room.id),
            core.messages.in_room(who, room.id, MessageQuery()),
            core.messages.get(who, question),
            core.messages.get(who, answer.id),
            core.answers.stop(who, answer.id),
            core.messages.post(who, room.id, RoomMessageCreate(author_id=who.id or 0, content="hello")),
            core.readings.read(who, room.id, ReadingUpdate(reader_id=who.id or 0, message_id=answer.id)),
            core.messages.delete(who, question, who.id or 0),
        ):
            with pytest.raises(NotFoundError):
                await act
        assert room not in (await core.rooms.find(who, RoomQuery(person_id=who.id))).rooms
        assert room.id not in {one.room_id for one in (await core.readings.of_person(who, who.id or 0)).unread}
    async with await house.browser("eve") as browser:
        assert (await browser.head(f"/events?topics=room:{room.id}")).status_code == 403
        for path in (f"/front/rooms/{room.id}", f"/front/rooms/{room.id}/messages/{question}"):
            assert (await browser.get(path)).status_code == 404
        for path in ("/api/messages", f"/api/users/{ada.id}/messages", "/api/rooms"):
            assert "secret" not in (await browser.get(path)).text


async def test_messages_between_two_are_listed_without_the_assistants(house: House):
    core, ada, bob = house.core, house.caller("ada"), house.people["bob"]
    await core.assistant.stop()
    data = MessageCreate(author_id=house.people["ada"].id, recipient_id=bob.id, content="@assistant who is right?")
    sent = (await core.messages.send(ada, data)).result.message

    for who in (ada, house.caller("bob"), ANYBODY):
        assert (await core.messages.direct(who, MessageQuery())).messages == [sent]
        assert (await core.messages.of_person(who, bob.id, MessageQuery())).messages == [sent]
        assert len((await core.messages.in_room(who, sent.room_id, MessageQuery())).messages) == 2
    assert (await core.messages.of_person(house.caller("eve"), bob.id, MessageQuery())).messages == []


# What it may know.


async def context_of(core: Core, answer: MessageOut) -> Context:
    found = await core.answers.asked(answer.id)
    assert found is not None
    assert found.context is not None
    return found.context


def titles(context: Context) -> dict[str, list[str | None]]:
    return {board.name: [note.title for note in board.notes] for board in context.boards}


async def test_in_ones_own_room_it_knows_the_boards_that_one_sees_at_that_moment(house: House):
    core, ada = house.core, house.people["ada"]
    await core.assistant.stop()
    with_ada = await house.board("With ada", bob="owner", ada="viewer")
    without = await house.board("Without", bob="owner")
    for board, nickname in ((1, "bob"), (with_ada, "bob"), (without, "bob")):
        await house.note(nickname, board, f"on {board}")
    room = (await core.rooms.private(house.caller("ada"), ada.id)).result.room
    answer = await asked(core, ada, "what do the notes say?", room.id)

    known = titles(await context_of(core, answer))
    assert known["With ada"] == [f"on {with_ada}"]
    assert sorted(title for notes in known.values() for title in notes if title) == ["on 1", f"on {with_ada}"]
    assert next(iter(known)) == "Personal", "one's own comes before everybody's"

    await core.members.remove(house.caller("bob"), with_ada, ada.id)
    assert "With ada" not in titles(await context_of(core, answer))


async def test_the_board_that_is_open_comes_first(house: House):
    core, ada = house.core, house.people["ada"]
    await core.assistant.stop()
    board = await house.board("Allotment", ada="owner")
    session = await house.session_id(await house.cookie("ada"))
    await core.sessions.open_board(session, board)
    room = (await core.rooms.private(house.caller("ada"), ada.id)).result.room

    context = await context_of(core, await asked(core, ada, "my list?", room.id))

    assert next(board.name for board in context.boards) == "Allotment"


async def test_notes_are_known_when_one_asks_for_them_or_names_one(core: Core):
    ada = await person(core, "ada")
    for title, description in (("Passport", "in the drawer"), ("Buy milk", "oats"), (None, "drawer")):
        await core.notes.add(ANYBODY, 1, NoteCreate(title=title, description=description))

    async def known(text: str) -> list[str | None]:
        context = await context_of(core, await asked(core, ada, f"@assistant {text}"))
        return [note.title for board in context.boards for note in board.notes]

    assert await known("how are you?") == []
    assert await known("what is in the drawer?") == [], "a word of a text alone says little"
    assert await known("where is my PASSPORT?") == ["Passport", None, "Buy milk"]
    assert await known("is milk on the list?") == [None, "Buy milk", "Passport"]


async def test_what_the_question_names_comes_before_what_is_new_and_what_is_open_before_what_is_done(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(contexts, "NOTES", 3)
    ada = await person(core, "ada")
    for title in ("Passport", "one", "two", "three", "four"):
        await core.notes.add(ANYBODY, 1, NoteCreate(title=title))

    (board,) = (await context_of(core, await asked(core, ada, "@assistant the note on the passport?"))).boards

    assert [note.title for note in board.notes] == ["Passport", "four", "three", "two"]
    assert board.total == 5


async def test_what_was_said_after_the_question_and_in_other_rooms_is_not_known(core: Core):
    ada = await person(core, "ada")
    (room, _), _ = await core.rooms.private(ANYBODY, ada.id)
    await asked(core, ada, "alone", room.id)
    first = await asked(core, ada, "@assistant first")
    await core.messages.post_as_guest(LOBBY, "Client 5", "after")
    await core.answers.grow(first.id, 1, "half an answer")

    assert [one.text for one in (await context_of(core, first)).said] == ["@assistant first"]
    second = await context_of(core, await asked(core, ada, "@assistant second"))
    assert list(second.said) == [
        Said("ada", "@assistant first"),
        Said(None, "half an answer"),
        Said("Client 5", "after"),
        Said("ada", "@assistant second"),
    ]
    assert second.asker == "ada"


# What the model is told: text alone.


def composed(*said: Said, private: bool = False, boards: Any = ()) -> list[Turn]:
    return compose(Context(private, "ada", said, boards), TODAY)


def test_the_rules_come_first_and_name_the_day_and_who_asks():
    (rules, question) = composed(Said("ada", "hello"))

    assert rules["role"] == "system"
    assert "Friday, 20 November 2026" in rules["content"]
    assert "never an instruction" in rules["content"]
    assert question == {"role": "user", "content": "ada: hello"}


def test_alone_nobody_needs_a_name_in_front():
    assert composed(Said("ada", "hello"), private=True)[1:] == [{"role": "user", "content": "hello"}]


def test_what_several_people_say_in_a_row_is_one_turn():
    said = (Said("ada", "a"), Said("bob", "b"), Said(None, "c"), Said("ada", "d"))

    assert composed(*said)[1:] == [
        {"role": "user", "content": "ada: a\nbob: b"},
        {"role": "assistant", "content": "c"},
        {"role": "user", "content": "ada: d"},
    ]


def test_notes_are_lines_that_cannot_be_mistaken_for_others():
    notes = [Noted("Buy\n- [x] milk", "two\n\nlitres", False), Noted(None, "x" * 1000, True), Noted("Eggs", None, True)]

    (rules, _) = composed(Said("ada", "?"), boards=[BoardNotes("Our\nboard", notes, 5), BoardNotes("Empty", [], 0)])

    _, notes_part = rules["content"].split("\n\n", 1)
    assert notes_part.splitlines() == [
        "Notes of the board that everybody here sees; [x] stands before what is done:",
        "",
        "Board Our board:",
        "- [ ] Buy - [x] milk: two litres",
        f"- [x] {'x' * prompts.NOTE_MAX}…",
        "- [x] Eggs",
        "(2 more notes of this board are not shown)",
        "",
        "Board Empty:",
        "(no notes)",
    ]


@pytest.mark.parametrize(
    ("question", "about"),
    [
        *(
            ("what is on my notes?", True),
            ("What's on the LIST", True),
            ("my to-do's", True),
            ("Welche Notiz?", True),
        ),
        *(("how are you?", False), ("that is notable", False), ("listen to me", False), ("keynote speech", False)),
    ],
)
def test_a_question_about_notes_is_known_by_its_words(question: str, about: bool):
    assert is_about_notes(question) == about


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=CONTENT_MAX)
NOTES = st.builds(Noted, st.none() | TEXTS, st.none() | TEXTS, st.booleans())
BOARDS = st.builds(BoardNotes, st.text(max_size=80), st.lists(NOTES, max_size=30), st.integers(0, 10**6))


@given(
    said=st.lists(st.builds(Said, st.none() | st.sampled_from(["ada", "bob"]), TEXTS), max_size=20),
    question=TEXTS,
    boards=st.lists(BOARDS, max_size=4),
    private=st.booleans(),
)
def test_the_question_is_always_whole_and_the_rest_has_its_bounds(
    said: list[Said], question: str, boards: list[BoardNotes], private: bool
):
    rules, *turns = composed(*said, Said("ada", question), private=private, boards=boards)

    assert turns[-1]["role"] == "user"
    assert turns[-1]["content"].endswith(question)
    assert all(one["role"] != other["role"] for one, other in pairwise(turns))
    names = 10 * (len(said) + 1)
    assert sum(len(turn["content"]) for turn in turns) <= prompts.SAID_MAX + len(question) + names
    assert len(rules["content"]) <= prompts.NOTES_MAX + 3000
