"""The shapes of notes."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from quart_notes.schemas.content import ContentNode, NoteThread, TaskCount
from quart_notes.schemas.examples import MOMENT, example
from quart_notes.schemas.fields import MAX_ID, NO_COLOUR, ClientKey, Colour, Id, InputModel, OutputModel, Text
from quart_notes.schemas.labels import LabelNames
from quart_notes.schemas.ranks import RANK_MAX, initial_rank
from quart_notes.schemas.text import is_blank, one_line

TITLE_MAX = 200  # characters
DESCRIPTION_MAX = 20_000  # characters
ORIGIN_MAX = 100  # characters


def _blank_is_nothing(value: Any) -> Any:
    return None if isinstance(value, str) and is_blank(value) else value


def _title(value: Any) -> Any:
    return _blank_is_nothing(one_line(value) if isinstance(value, str) else value)


Title = Annotated[
    Annotated[Text, Field(max_length=TITLE_MAX)] | None,
    BeforeValidator(_title),
    Field(
        description="What the note is about, one line: a line break becomes a space; blank counts as nothing.",
        examples=["Buy milk"],
    ),
]
Description = Annotated[
    Annotated[Text, Field(max_length=DESCRIPTION_MAX)] | None,
    BeforeValidator(_blank_is_nothing),
    Field(
        description="The note's text, in Markdown; a line break stays one, blank counts as nothing.",
        examples=["Two litres."],
    ),
]


def _flag(description: str) -> Any:
    """A yes or no, no by default. The default stays out of the documents: a client would send what nobody changed."""
    return Field(default_factory=bool, description=description)


class NoteContent(BaseModel):
    """What a note says, from its creation on. Each shape of a note, its table's rows and its files derive from this."""

    title: Title = None
    description: Description = None
    pinned: bool = _flag("Whether it is pinned.")
    colour: Colour = Field(default_factory=lambda: NO_COLOUR, description="The colour of its card.")
    labels: LabelNames = Field(
        default_factory=list,
        description="The names of its labels; upper and lower case are equal.",
        examples=[["Shopping"]],
    )


class NoteState(NoteContent):
    """What changes in a note: its content, and what a new note never is."""

    done: bool = _flag("Whether it is ticked off.")


class NoteCreate(InputModel, NoteContent):
    """A new note: a title, a description, or both."""

    model_config = example({"title": "Buy milk", "description": "Two litres."})

    client_key: ClientKey = None

    done: ClassVar[bool] = False  # so of every new note; sent, it is refused

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.title is None and self.description is None:
            raise ValueError("A note needs a title or a description.")
        return self


class NoteUpdate(InputModel, NoteState):
    """A change of a note: only the fields that are sent change."""

    model_config = example({"done": True})

    archived: bool = _flag("Whether it is in the archive.")


BoardSort = Literal["board", "changed", "created", "title"]  # of pinned and of open notes; board: by rank
BOARD_SORTS: tuple[BoardSort, ...] = get_args(BoardSort)


class NoteMove(InputModel):
    """A new place for a note: beside another one, or on another board, where it is the first without a neighbour."""

    model_config = example({"after_id": 12})

    board_id: Id | None = Field(None, description="The board; null: the one that it is on.")
    before_id: Id | None = Field(None, description="The note that it comes to stand before.")
    after_id: Id | None = Field(
        None,
        validate_default=True,
        description="The note that it comes to stand after; it counts more than `before_id`.",
    )

    @field_validator("after_id")
    @classmethod
    def _names_a_place(cls, after_id: int | None, info: ValidationInfo) -> int | None:
        others = [info.data.get(name, "invalid") for name in ("board_id", "before_id")]
        if after_id is None and others == [None, None]:
            raise ValueError("Name a neighbour, or a board.")
        return after_id


class StoredNote(NoteState, OutputModel):
    """A note as it is stored: an earlier version may have let in what is refused now."""

    title: str | None = Field(None, description="What the note is about.", max_length=TITLE_MAX)
    description: str | None = Field(None, description="The note's text.", max_length=DESCRIPTION_MAX)
    labels: list[str] = Field(default_factory=list, description="The names of its labels.")
    version: int = Field(description="1 at first, one more at each change.", ge=1)
    created_at: datetime = Field(description="UTC, RFC 3339.")
    updated_at: datetime = Field(description="UTC, RFC 3339.")
    done_at: datetime | None = Field(None, description="When it was ticked off.")
    archived_at: datetime | None = Field(None, description="When it was archived; null: it is on its board.")


class _NoteId(OutputModel):
    id: int = Field(description="Grows with each note and is never used twice.", ge=1, le=MAX_ID)
    board_id: int = Field(description="The board that it is on.", ge=1, le=MAX_ID)


class NoteOut(StoredNote, _NoteId):
    """A note as everybody sees it."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "board_id": 1,
                    "title": "Buy milk",
                    "description": "Two litres.",
                    "pinned": False,
                    "colour": "none",
                    "labels": ["Shopping"],
                    "done": False,
                    "version": 1,
                    "created_at": MOMENT,
                    "updated_at": MOMENT,
                    "done_at": None,
                    "archived_at": None,
                    "content": None,
                    "tasks": {"done": 0, "total": 0},
                    "thread": {"room_id": 6, "message_count": 2, "last_message_id": 31},
                    "rank": initial_rank(1),
                    "created_by": 3,
                    "updated_by": 3,
                    "done_by": None,
                }
            ]
        },
    )

    content: list[ContentNode] | None = Field(
        None, description="The description as a tree; null: plain text, or too deep or large to be formatted."
    )
    tasks: TaskCount = Field(default_factory=lambda: TaskCount(done=0, total=0), description="Its tasks: `- [ ] milk`.")
    thread: NoteThread | None = Field(
        None, description="What is said about it; null: nobody has opened its thread yet."
    )
    created_by: int | None = Field(None, description="The user who added it; null: not known.")
    updated_by: int | None = Field(None, description="Who changed it last.")
    done_by: int | None = Field(None, description="Who ticked it off.")
    rank: str = Field(
        description="Its place on the board: compare byte by byte, smaller comes first.", max_length=RANK_MAX
    )


NOTE_FIELDS = tuple(NoteState.model_fields)
NOTE_FLAGS = tuple(name for name, field in NoteUpdate.model_fields.items() if field.annotation is bool)
