"""A note is made of a message: its source, and a link back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.domain.idempotency import AlreadyMade
from quart_notes.domain.message_notes import note_text
from quart_notes.domain.rooms.access import LOBBY
from quart_notes.errors import NotFoundError, NotNowError
from quart_notes.schemas import (
    ANSWER_MAX,
    DESCRIPTION_MAX,
    MessageCreate,
    MessageNoteCreate,
    MessageOut,
    NoteQuery,
    RoomMessageCreate,
)
from tests.support.accounts_app import House
from tests.support.assistant_questions import asked, person

PAGES = "https://notes.example/front"
TEXT = "# Shopping\n- [ ] milk\n- [x] bread"
ON_SHARED = MessageNoteCreate(board_id=SHARED_BOARD, client_key="key-00000001")


async def said(core: Core, content: str = TEXT) -> MessageOut:
    ada = await person(core, "ada_b")
    return (
        await core.messages.post(ANYBODY, LOBBY, RoomMessageCreate(author_id=ada.id, content=content))
    ).result.message


async def test_a_note_has_the_source_its_tasks_and_a_link_back(core: Core):
    message = await said(core)

    note = (await core.message_notes.add(ANYBODY, message.id, ON_SHARED, PAGES)).result

    link = f"[Message from ada\\_b]({PAGES}/rooms/1/{message.id})"
    assert (note.title, note.description, note.board_id) == (None, f"{TEXT}\n\n{link}", SHARED_BOARD)
    assert note.tasks == {"done": 1, "total": 2}
    assert note.content
    assert note.content[-1]["children"][0]["type"] == "a"


async def test_with_the_same_key_a_note_is_made_once(core: Core):
    message = await said(core)

    first = await core.message_notes.add(ANYBODY, message.id, ON_SHARED, PAGES)
    again = await core.message_notes.add(ANYBODY, message.id, ON_SHARED, PAGES)

    assert isinstance(again, AlreadyMade)
    assert again.result == first.result
    assert len((await core.notes.find(ANYBODY, SHARED_BOARD, NoteQuery())).items) == 1


async def test_an_answer_becomes_a_note_once_it_is_written(core: Core):
    answer = await asked(core, await person(core, "ada"))
    with pytest.raises(NotNowError):
        await core.message_notes.add(ANYBODY, answer.id, ON_SHARED, PAGES)
    await core.answers.update_text(answer.id, 1, "- [ ] mi")
    with pytest.raises(NotNowError):
        await core.message_notes.add(ANYBODY, answer.id, ON_SHARED, PAGES)
    await core.answers.finish(answer.id, 2, "- [ ] milk", None)

    note = (await core.message_notes.add(ANYBODY, answer.id, ON_SHARED, PAGES)).result

    assert (note.description or "").startswith("- [ ] milk\n\n[Message from the assistant](")
    assert note.tasks == {"done": 0, "total": 1}


async def test_nobody_makes_notes_of_messages_or_on_boards_that_they_do_not_see(house: House):
    board = await house.board(ada="owner", bob="viewer")
    ada, bob = house.people["ada"], house.people["bob"]
    sent = MessageCreate(author_id=ada.id, recipient_id=bob.id, content="secret")
    message = (await house.core.messages.send(house.caller("ada"), sent)).result.message
    data = MessageNoteCreate(board_id=board)

    assert (
        await house.core.message_notes.add(house.caller("ada"), message.id, data, PAGES)
    ).result.created_by == ada.id
    with pytest.raises(NotFoundError):
        await house.core.message_notes.add(house.caller("eve"), message.id, ON_SHARED, PAGES)
    with pytest.raises(NotFoundError):
        await house.core.message_notes.add(house.caller("bob"), message.id, MessageNoteCreate(board_id=999), PAGES)


def answer_of(content: str) -> MessageOut:
    nobody: dict[str, Any] = dict.fromkeys(
        ("author_id", "author", "recipient_id", "recipient", "client_key", "edited_at")
    )
    return MessageOut(id=1, room_id=1, content=content, guest="Client 5", version=1, date=datetime.now(UTC), **nobody)


@pytest.mark.parametrize("text", ["x" * ANSWER_MAX, "word\n" * 6_000, "- " * 10_000 + "a"])
def test_a_long_answer_is_cut_and_keeps_its_link(text: str):
    made = note_text(answer_of(text), PAGES)

    assert len(made) <= DESCRIPTION_MAX
    assert made.endswith(f"…\n\n[Message from Client 5]({PAGES})")


def test_a_text_with_an_open_block_of_code_has_its_link_above():
    made = note_text(answer_of("so:\n```\nx = 1"), PAGES)

    assert made == f"[Message from Client 5]({PAGES})\n\nso:\n```\nx = 1"
