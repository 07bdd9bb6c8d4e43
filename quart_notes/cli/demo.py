"""The content of `quart-notes demo`: three people, their messages, and notes."""

from typing import NamedTuple

from quart_notes.cli.offline import offline_core
from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.domain.rooms.access import LOBBY
from quart_notes.errors import NicknameTakenError
from quart_notes.schemas import MessageCreate, NoteCreate, NoteUpdate, RoomMessageCreate, UserCreate
from quart_notes.settings import Settings

DONE = NoteUpdate(done=True)
NOTES: tuple[tuple[NoteCreate, NoteUpdate | None], ...] = (
    (NoteCreate(title="Welcome", description="Open this page in a second window and change something here."), None),
    (
        NoteCreate(
            title="Groceries",
            description="- [ ] Milk\n- [x] Bread\n- [ ] Apples\n- [ ] The *good* olive oil",
        ),
        None,
    ),
    (NoteCreate(title="Call the dentist"), DONE),
    (NoteCreate(title="Class trip", description="Permission slips are due on **Friday**. Bring rain jackets."), None),
    (NoteCreate(description="Press ? for the keyboard shortcuts."), None),
    (NoteCreate(title="Saturday", description="Market at nine, then the hardware store for hooks."), None),
    (
        NoteCreate(
            title="Ideas for the birthday", description="1. Treasure hunt\n2. Pizza for everyone\n3. A film outside"
        ),
        None,
    ),
    (NoteCreate(title="Water the plants", description="The fern twice a week, the cactus not at all."), None),
    (NoteCreate(title="Return the library books", description="Shelf by the door."), DONE),
    (NoteCreate(title="ملاحظة", description="النص من اليمين إلى اليسار يعمل أيضًا."), None),
)
PEOPLE = (
    UserCreate(name="Ada Lovelace", email="ada@example.org", nickname="ada"),
    UserCreate(name="Grace Hopper", email="grace@example.org", nickname="grace"),
    UserCreate(name="Mary Somerville", email="mary@example.org", nickname="mary"),
)
# Author, recipient (None: in the lobby), and text; people by their index above.
MESSAGES: tuple[tuple[int, int | None, str], ...] = (
    (0, None, "Good morning! This is the lobby: everybody is in it."),
    (1, None, "Morning. Is the market on Saturday still on?"),
    (0, None, "Yes, at nine. The list is on the board, add what is missing."),
    (2, None, "I bring the baskets.\nAnd the dog."),
    (0, 1, "Could you take the hooks from the hardware store along?"),
    (1, 0, "Sure. Brass or steel?"),
    (0, 1, "Brass, if they have them: https://example.org/hooks"),
    (2, 0, "What are we giving Tim for his birthday?"),
)


class Added(NamedTuple):
    """Counts of what was added."""

    notes: int
    people: int
    messages: int


async def fill(settings: Settings) -> Added:
    """Add the content; existing people stay as they are, and get no new messages."""
    async with offline_core(settings) as core:
        for note, done in NOTES:
            added = (await core.notes.add(ANYBODY, SHARED_BOARD, note)).result
            if done is not None:
                await core.notes.change(ANYBODY, SHARED_BOARD, added.id, done)
        people = [user_id for person in PEOPLE if (user_id := await _added(core, person)) is not None]
        if len(people) < len(PEOPLE):
            return Added(len(NOTES), len(people), 0)
        for author, recipient, content in MESSAGES:
            if recipient is None:
                message = RoomMessageCreate(author_id=people[author], content=content)
                await core.messages.post(ANYBODY, LOBBY, message)
            else:
                data = MessageCreate(author_id=people[author], recipient_id=people[recipient], content=content)
                await core.messages.send(ANYBODY, data)
    return Added(len(NOTES), len(PEOPLE), len(MESSAGES))


async def _added(core: Core, person: UserCreate) -> int | None:
    try:
        return (await core.users.add(person)).result.id
    except NicknameTakenError:
        return None
