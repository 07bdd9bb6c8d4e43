"""The examples of docs/api.md, by a client that openapi-python-client generates: `api_examples.py BASE`."""

import sys

from quart_notes_client import Client
from quart_notes_client.api.boards import create_board
from quart_notes_client.api.me import set_preference, whoami
from quart_notes_client.api.messages import get_message, send_message, update_message
from quart_notes_client.api.notes import (
    create_note,
    create_note_of_board,
    delete_note,
    get_note,
    list_notes,
    restore_note,
    update_note,
)
from quart_notes_client.api.people import create_user, list_unread
from quart_notes_client.api.rooms import create_room, get_presence, list_room_messages, mark_read, post_message
from quart_notes_client.models import (
    BoardCreate,
    ListNotesDone,
    MeOut,
    MessageCreate,
    MessageOut,
    MessageUpdate,
    MyBoardOut,
    NoteCreate,
    NoteOut,
    NoteUpdate,
    PresenceOut,
    ProblemOut,
    ReadingUpdate,
    RoomCreate,
    RoomMessageCreate,
    RoomOut,
    UserCreate,
    UserOut,
)


def notes(client: Client) -> None:
    milk = create_note.sync(client=client, body=NoteCreate(title="Buy milk", description="Two litres."))
    assert isinstance(milk, NoteOut)
    found = list_notes.sync(client=client, done=ListNotesDone.FALSE, q="milk litres", limit=10)
    assert isinstance(found, list)
    assert found == [milk] == [get_note.sync(milk.id, client=client)]
    done = update_note.sync(milk.id, client=client, body=NoteUpdate(done=True), if_match='"1"')
    assert isinstance(done, NoteOut)
    assert (done.done, done.version, done.title) == (True, 2, "Buy milk")
    oats = update_note.sync(milk.id, client=client, body=NoteUpdate(title="Buy oat milk"), if_match='"2"')
    assert isinstance(oats, NoteOut)
    assert (oats.done, oats.title, oats.description) == (True, "Buy oat milk", "Two litres.")
    stale = update_note.sync(milk.id, client=client, body=NoteUpdate(title="Buy soy milk"), if_match='"1"')
    assert isinstance(stale, ProblemOut)
    assert (stale.status, stale.code) == (412, "stale_version")
    assert isinstance(delete_note.sync(milk.id, client=client), NoteOut)
    gone = delete_note.sync(milk.id, client=client)
    assert isinstance(gone, ProblemOut)
    assert gone.code == "not_found"
    assert isinstance(restore_note.sync(milk.id, client=client), NoteOut)


def people(client: Client) -> tuple[int, int]:
    ada, grace = (
        create_user.sync(client=client, body=UserCreate(name=name, email=f"{nick}@example.org", nickname=nick))
        for name, nick in (("Ada Lovelace", "ada"), ("Grace Hopper", "grace"))
    )
    assert isinstance(ada, UserOut)
    assert isinstance(grace, UserOut)
    taken = create_user.sync(client=client, body=UserCreate(name="A", email="other@example.org", nickname="ADA"))
    assert isinstance(taken, ProblemOut)
    assert taken.code == "nickname_taken"
    return ada.id, grace.id


def rooms(client: Client, ada: int, grace: int) -> None:
    room = create_room.sync(client=client, body=RoomCreate(name="Kitchen table"))
    assert isinstance(room, RoomOut)
    tea = RoomMessageCreate(author_id=ada, content="Tea is ready.", client_key="tea-2026-01-31")
    said = post_message.sync(room.id, client=client, body=tea)
    assert isinstance(said, MessageOut)
    again = post_message.sync(room.id, client=client, body=tea)
    assert isinstance(again, MessageOut)
    assert again.id == said.id
    assert list_room_messages.sync(room.id, client=client, limit=50) == [said]
    assert isinstance(get_presence.sync(room.id, client=client), PresenceOut)
    unread = list_unread.sync(grace, client=client)
    assert isinstance(unread, list)
    assert [one.count for one in unread if one.room_id == room.id] == [1]
    mark_read.sync(room.id, client=client, body=ReadingUpdate(reader_id=grace, message_id=said.id))


def messages(client: Client, ada: int, grace: int) -> None:
    body = MessageCreate(author_id=ada, recipient_id=grace, content="Are you coming?")
    said = send_message.sync(client=client, body=body)
    assert isinstance(said, MessageOut)
    changed = update_message.sync(said.id, client=client, body=MessageUpdate(author_id=ada, content="Come!"))
    assert isinstance(changed, MessageOut)
    assert get_message.sync(said.id, client=client) == changed
    nobody = send_message.sync(client=client, body=MessageCreate(author_id=ada, recipient_id=999_999, content="?"))
    assert isinstance(nobody, ProblemOut)
    assert [error.field for error in nobody.errors] == ["recipient_id"]


def boards(client: Client, ada: int) -> None:
    board = create_board.sync(client=client, body=BoardCreate(name="Allotment"))
    assert isinstance(board, MyBoardOut)
    dig = create_note_of_board.sync(board.id, client=client, body=NoteCreate(title="Dig"))
    assert isinstance(dig, NoteOut)
    assert dig.board_id == board.id
    set_preference.sync_detailed("theme", client=client, body="dark", person_id=ada)
    assert isinstance(whoami.sync(client=client), MeOut)


def main(base: str) -> None:
    with Client(base_url=base) as client:
        notes(client)
        ada, grace = people(client)
        rooms(client, ada, grace)
        messages(client, ada, grace)
        boards(client, ada)


if __name__ == "__main__":
    main(sys.argv[1])
