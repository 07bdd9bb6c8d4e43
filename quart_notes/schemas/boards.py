"""The shapes of boards and of their members."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from quart_notes.schemas.examples import MOMENT, USER, example
from quart_notes.schemas.fields import (
    EACH_NOTE,
    MAX_ID,
    BoardTick,
    ClientKey,
    Id,
    IdOrDigits,
    InputModel,
    OutputModel,
    PageQuery,
    SingleLine,
)
from quart_notes.schemas.users import UserOut

BOARD_NAME_MAX = 80  # characters
Role = Literal["viewer", "ticker", "editor", "owner"]
BoardName = Annotated[
    SingleLine, Field(max_length=BOARD_NAME_MAX, description="What it is called, one line.", examples=["Allotment"])
]
TICK = "What is ticked off. notes: each note; checklists: notes with tasks only."
BOARD: dict[str, Any] = {
    "id": 2,
    "kind": "shared",
    "name": "Allotment",
    "tick": "notes",
    "created_at": MOMENT,
}


class BoardCreate(InputModel):
    """A new board."""

    model_config = example({"name": "Allotment"})

    name: BoardName
    tick: BoardTick = Field(default_factory=lambda: EACH_NOTE, description=TICK)
    client_key: ClientKey = None


class BoardUpdate(InputModel):
    """A change of a board: only the fields that are sent change."""

    model_config = example({"name": "Allotment 7"})

    name: BoardName = Field(default_factory=str)
    tick: BoardTick = Field(default_factory=lambda: EACH_NOTE, description=TICK)


class BoardOut(OutputModel):
    """A board."""

    model_config = example(BOARD)

    id: int = Field(description="Grows with each board and is never used twice; 1 is everybody's.", ge=1, le=MAX_ID)
    kind: Literal["shared", "personal"] = Field(description="shared: may have members; personal: one person's own.")
    name: str = Field(description="What it is called.", max_length=BOARD_NAME_MAX)
    tick: BoardTick = Field(description=TICK)
    created_at: datetime = Field(description="UTC, RFC 3339.")


class BoardQuery(PageQuery):
    """Options of a list of the caller's boards, by id ascending."""

    person_id: Id | None = Field(None, description="Open mode: whose personal board is among them.")


class BoardOfNoteQuery(BoardQuery):
    """The same, or the board of one note."""

    note_id: Id | None = Field(None, description="Only the board that has this note.")


class MyBoardOut(BoardOut):
    """A board, and the caller's role on it."""

    model_config = example({**BOARD, "role": "owner"})

    role: Role = Field(
        description="What you may do. viewer: see; ticker: tick off too; editor: change the notes; owner: all."
    )


class BoardSummaryOut(OutputModel):
    """What is on a board, in short."""

    model_config = example({"id": 2, "open": 12, "people": 3, "changed_at": MOMENT})

    id: int = Field(description="Which board.", ge=1, le=MAX_ID)
    open: int = Field(description="Open notes on it.", ge=0)
    people: int = Field(description="Its members; the shared board has none.", ge=0)
    changed_at: datetime | None = Field(description="When a note changed last; null: it never had one.")


class MemberUpdate(InputModel):
    """A member's role on a board."""

    model_config = example({"role": "editor"})

    role: Role = Field(description="viewer: see; ticker: tick off too; editor: change the notes; owner: all.")


class MemberOut(OutputModel):
    """A member of a board."""

    model_config = example({"board_id": 2, "user": USER, "role": "editor"})

    board_id: int = Field(description="Which board.", ge=1, le=MAX_ID)
    user: UserOut = Field(description="Who.")
    role: Role = Field(description="What they may do there.")


class MembershipOut(OutputModel):
    """A user's membership that began, changed or ended. It names the board, and contains nothing of its content."""

    model_config = example({"board_id": 2, "role": "editor"})

    board_id: Id = Field(description="Which board.")
    role: Role = Field(description="What they may do there.")


class EditingNotice(InputModel):
    """A user has an editor of a note open, or has closed it."""

    model_config = example({"author_id": 3})

    author_id: Annotated[IdOrDigits, Field(description="Who is editing.")]
    editing: bool = Field(True, description="False: the editor was closed.")


class EditedNote(OutputModel):
    """A note that is being edited."""

    note_id: int = Field(description="Which note.", ge=1, le=MAX_ID)
    people: list[UserOut] = Field(description="Who has an editor of it open, by nickname.")


class EditingOut(OutputModel):
    """The notes of a board that are being edited now."""

    model_config = example({"board_id": 1, "notes": [{"note_id": 5, "people": [USER]}]})

    board_id: int = Field(description="Which board.", ge=1, le=MAX_ID)
    notes: list[EditedNote] = Field(description="By id; a note that is missing is edited by nobody.")
