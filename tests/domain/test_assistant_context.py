"""The assistant's context: the boards and messages that it gets with a question."""

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.domain.assistant import context as assistant_context
from quart_notes.domain.assistant.prompt import Context, NoteText, Utterance
from quart_notes.schemas import Arrival, InvitationCreate, MessageOut, NoteCreate, RoomMessageCreate
from tests.support.accounts_app import House
from tests.support.assistant_questions import LOBBY, asked, everything, person
from tests.support.routes import PASSWORD


async def context_of(core: Core, answer: MessageOut) -> Context:
    found = await core.answers.pending(answer.id)
    assert found is not None
    assert found.context is not None
    return found.context


def titles(context: Context) -> dict[str, list[str | None]]:
    return {board.name: [note.title for note in board.notes] for board in context.boards}


async def test_in_the_users_own_room_the_context_has_the_boards_they_see_at_that_moment(house: House):
    core, ada = house.core, house.people["ada"]
    await core.assistant.stop()
    with_ada = await house.board("With ada", bob="owner", ada="viewer")
    without = await house.board("Without", bob="owner")
    for board, nickname in ((1, "bob"), (with_ada, "bob"), (without, "bob")):
        await house.note(nickname, board, f"on {board}")
    room = (await core.rooms.assistant_room(house.caller("ada"), ada.id)).result.room
    answer = await asked(core, ada, "what do the notes say?", room.id)

    known = titles(await context_of(core, answer))
    assert known["With ada"] == [f"on {with_ada}"]
    assert sorted(title for notes in known.values() for title in notes if title) == ["on 1", f"on {with_ada}"]
    assert next(iter(known)) == "Personal (ada)", "one's own comes before everybody's"

    await core.members.remove(house.caller("bob"), with_ada, ada.id)
    assert "With ada" not in titles(await context_of(core, answer))


async def test_the_open_board_comes_first(house: House):
    core, ada = house.core, house.people["ada"]
    await core.assistant.stop()
    board = await house.board("Allotment", ada="owner")
    session = await house.session_id(await house.cookie("ada"))
    await core.sessions.open_board(session, board)
    room = (await core.rooms.assistant_room(house.caller("ada"), ada.id)).result.room

    context = await context_of(core, await asked(core, ada, "my list?", room.id))

    assert next(board.name for board in context.boards) == "Allotment"


async def test_notes_are_included_when_the_question_is_about_notes_or_names_one(core: Core):
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


async def test_a_note_named_in_the_question_comes_first_then_the_newest(core: Core, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(assistant_context, "MAX_NOTES", 3)
    ada = await person(core, "ada")
    for title in ("Passport", "one", "two", "three", "four"):
        await core.notes.add(ANYBODY, 1, NoteCreate(title=title))

    (board,) = (await context_of(core, await asked(core, ada, "@assistant the note on the passport?"))).boards

    assert [note.title for note in board.notes] == ["Passport", "four", "three", "two"]
    assert board.total == 5


async def test_later_messages_and_other_rooms_are_not_in_the_context(core: Core):
    ada = await person(core, "ada")
    (room, _), _ = await core.rooms.assistant_room(ANYBODY, ada.id)
    await asked(core, ada, "alone", room.id)
    first = await asked(core, ada, "@assistant first")
    await core.messages.post_as_guest(LOBBY, "Client 5", "after")
    await core.answers.update_text(first.id, 1, "half an answer")

    assert [one.text for one in (await context_of(core, first)).said] == ["@assistant first"]
    second = await context_of(core, await asked(core, ada, "@assistant second"))
    assert list(second.said) == [
        Utterance("ada", "@assistant first"),
        Utterance(None, "half an answer"),
        Utterance("Client 5", "after"),
        Utterance("ada", "@assistant second"),
    ]
    assert second.asker == "ada"


async def test_a_reply_to_an_answer_asks_the_assistant_which_reads_the_thread_first(
    core: Core, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(assistant_context, "MAX_MESSAGES", 2)
    ada = await person(core, "ada")
    first = await asked(core, ada, "@assistant which apples?")
    await core.answers.finish(first.id, 1, "Boskoop.", None)

    async def post(content: str, reply_to: int | None = None) -> list[MessageOut]:
        """What is new in the room."""
        before = await everything(core, LOBBY)
        data = RoomMessageCreate(author_id=ada.id, content=content, reply_to=reply_to)
        await core.messages.post(ANYBODY, LOBBY, data)
        return (await everything(core, LOBBY))[len(before) :]

    for text in ("one", "two"):
        await post(text)
    question, answer = await post("and pears?", first.id)
    (plain,) = await post("thanks", question.id)

    assert answer.answer is not None
    assert answer.answer.question_id == question.id
    assert answer.reply_to is not None
    assert (answer.reply_to.id, answer.reply_to.snippet) == (question.id, "and pears?")
    assert plain.answer is None
    assert (await context_of(core, answer)).said == [
        Utterance("ada", "two"),
        Utterance(None, "Boskoop."),
        Utterance("ada", "and pears?"),
    ]
    await core.messages.delete(ANYBODY, first.id, ada.id)
    assert [one.text for one in (await context_of(core, answer)).said] == ["two", "and pears?"]


async def test_in_a_thread_the_context_has_its_note_and_what_all_readers_of_its_board_see(house: House):
    core, ada = house.core, house.people["ada"]
    await core.assistant.stop()
    board = await house.board("Allotment", ada="owner", bob="viewer")
    both = await house.board("Both", ada="owner", bob="viewer")
    alone = await house.board("Alone", ada="owner")
    for one in (1, board, both, alone):
        await house.note("ada", one, f"on {one}")
    note = (await core.notes.add(house.caller("ada"), board, NoteCreate(title="Hut", description="- [ ] paint"))).result
    room = (await core.threads.open(house.caller("ada"), board, note.id)).result.room.id

    context = await context_of(core, await asked(core, ada, "@assistant what do the notes say?", room))
    assert context.subject == NoteText("Hut", "- [ ] paint", False)
    assert list(titles(context)) == ["Allotment", "Everybody's board", "Both"]
    plain = await context_of(core, await asked(core, ada, "@assistant hello", room))
    assert (plain.subject, plain.boards) == (context.subject, []), "the note is always there"

    link = InvitationCreate(board_id=board, role="viewer", joins_as="guest")
    secret = (await core.invitations.add(house.caller("ada"), link)).result.secret
    arrival = Arrival(name="Gus", email=None, nickname="gus", password=PASSWORD)
    await core.accounts.register(secret, arrival)
    context = await context_of(core, await asked(core, ada, "@assistant what do the notes say?", room))
    assert list(titles(context)) == ["Allotment"], "a guest sees no more"
