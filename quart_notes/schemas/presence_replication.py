"""What processes that serve one database say to each other of who is where."""

from pydantic import BaseModel, ConfigDict, Field

from quart_notes.schemas.fields import Id
from quart_notes.schemas.users import UserOut


class TypingPart(BaseModel):
    """Somebody who is typing, and for how many seconds more unless it goes on."""

    model_config = ConfigDict(frozen=True)

    person: UserOut
    seconds: float = Field(ge=0, le=60)


class RoomPart(BaseModel):
    """Who is in a room at one process. `number` grows with everything that this process says."""

    model_config = ConfigDict(frozen=True)

    room: Id
    number: Id
    people: list[UserOut]
    guests: list[str]
    typing: list[TypingPart]


class RoomNumbers(BaseModel):
    """The rooms from `first` on and below `end` with somebody in them, each with the number of its newest part.

    newest   the greatest number said so far: what was said of another room before is over
    """

    newest: int = Field(ge=0)
    first: int
    end: int | None
    rooms: list[tuple[Id, Id]]


class Wanted(BaseModel):
    """Rooms of which the parts of a process were lost and are to be said again."""

    peer: str
    rooms: list[Id]


class Stopped(BaseModel):
    """People who stopped typing, wherever they began: they have said it."""

    people: list[tuple[Id, int]]  # the room and the person
