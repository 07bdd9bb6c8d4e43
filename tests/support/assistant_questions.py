"""Questions to the assistant without a server."""

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY
from quart_notes.schemas import MessageOut, MessageQuery, RoomMessageCreate, UserCreate, UserOut

LOBBY = 1  # the room that always exists


async def person(core: Core, nickname: str) -> UserOut:
    """A new user."""
    data = UserCreate(name=nickname.title(), email=f"{nickname}@example.org", nickname=nickname)
    return (await core.users.add(data)).result


async def asked(core: Core, who: UserOut, text: str = "@assistant hello", where: int = LOBBY) -> MessageOut:
    """The answer to a user's question, as it is created."""
    await core.messages.post(ANYBODY, where, RoomMessageCreate(author_id=who.id, content=text))
    answer = (await everything(core, where))[-1]
    assert answer.answer is not None
    return answer


async def everything(core: Core, where: int) -> list[MessageOut]:
    """All messages in a room."""
    return (await core.messages.in_room(ANYBODY, where, MessageQuery())).items
