"""The shape of formatted text: a tree of plain values, the same for the API, the feed and the pages."""

from typing import Annotated, Literal, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from quart_notes.schemas.examples import example
from quart_notes.schemas.fields import InputModel, SingleLine, Text

SOURCE_MAX = 2_000  # characters of a line that can be ticked
LINE_MAX = 20_001  # a description's characters could all be line breaks
Block = Literal["p", "h", "ul", "ol", "li", "task", "quote", "pre", "table"]
Inline = Literal["code", "a", "strong", "em", "del", "br", "text", "mention"]
NodeType = Literal[Block, Inline]
Align = Literal["left", "center", "right"]


class ContentNode(TypedDict):
    """A part of a formatted text; most types are named as in HTML. Which fields it has depends on its type."""

    type: NodeType
    children: NotRequired[Annotated[list["ContentNode"], Field(description="Its parts, in order.")]]
    text: NotRequired[Annotated[str, Field(description="Of text, code, pre and mention.")]]
    user_id: NotRequired[Annotated[int, Field(ge=1, description="Of a mention: who; none for `@room`.")]]
    level: NotRequired[Annotated[int, Field(ge=1, le=6, description="Of a heading.")]]
    start: NotRequired[Annotated[int, Field(ge=0, description="The first number of an ol.")]]
    line: NotRequired[Annotated[int, Field(ge=1, description="Of a task: its line in the description, from 1.")]]
    done: NotRequired[Annotated[bool, Field(description="Whether a task is ticked off.")]]
    href: NotRequired[Annotated[str, Field(description="Of a link: http, https, mailto or tel.")]]
    rows: NotRequired[
        Annotated[list[list[list["ContentNode"]]], Field(description="Of a table: rows of cells, the head first.")]
    ]
    align: NotRequired[Annotated[list[Align | None], Field(description="Of a table: how each column is aligned.")]]


class NoteThread(TypedDict):
    """The messages about a note, in short; they are in a room of the kind `note`."""

    room_id: Annotated[int, Field(ge=1, description="The room.")]
    message_count: Annotated[int, Field(ge=0, description="How many messages it has.")]
    last_message_id: Annotated[int | None, Field(description="The newest of them.")]


class TaskCount(TypedDict):
    """How many tasks a text has."""

    done: Annotated[int, Field(ge=0, description="Those that are ticked off.")]
    total: Annotated[int, Field(ge=0, description="All of them.")]


def _whole_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise ValueError("must be one line")
    return value


class TaskTick(InputModel):
    """A tick of a task, set or taken back."""

    model_config = example({"line": 1, "source": "- [ ] milk", "done": True})

    line: int = Field(ge=1, le=LINE_MAX, description="Its line in the description, from 1.")
    source: Annotated[Text, Field(max_length=SOURCE_MAX), AfterValidator(_whole_line)] = Field(
        description="That whole line as you saw it: the task is found by it when it has moved."
    )
    done: bool = Field(description="Whether it is ticked off.")


class TaskCreate(InputModel):
    """A new task of a note."""

    model_config = example({"text": "milk"})

    text: Annotated[SingleLine, Field(max_length=SOURCE_MAX)] = Field(description="What is to be done, one line.")
    after_line: int | None = Field(
        None, ge=0, le=LINE_MAX, description="The line above it; by default the last task's, or the last one."
    )
