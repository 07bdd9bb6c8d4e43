"""The shapes of labels."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from quart_notes.schemas.examples import example
from quart_notes.schemas.fields import MAX_ID, NO_COLOUR, Colour, InputModel, OutputModel, SingleLine
from quart_notes.schemas.text import name_key

LABEL_NAME_MAX = 50  # characters
LABEL_KEY_MAX = 200  # characters
LABELS_MAX = 20  # of one note
LABEL: dict[str, Any] = {"id": 7, "board_id": 1, "name": "Shopping", "colour": "teal"}


def label_key(name: str) -> str:
    """The key for comparing names of labels: upper and lower case are equal."""
    return name_key(name, LABEL_KEY_MAX)


def unique_names(names: Iterable[str]) -> list[str]:
    """Names of labels in their order, each label once, as its first name says it."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(label_key(name), name)
    return list(found.values())


def _unique(names: list[str]) -> list[str]:
    return unique_names(names) if len(names) > 1 else names


LabelName = Annotated[
    SingleLine, Field(max_length=LABEL_NAME_MAX, description="What it is called, one line.", examples=["Shopping"])
]
LabelNames = Annotated[
    list[Annotated[SingleLine, Field(max_length=LABEL_NAME_MAX)]],
    AfterValidator(_unique),
    Field(max_length=LABELS_MAX),
]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value  # sent once in a query


WantedLabels = Annotated[LabelNames, BeforeValidator(_listed)]


class LabelCreate(InputModel):
    """A new label of a board."""

    model_config = example({"name": "Shopping", "colour": "teal"})

    name: LabelName
    colour: Colour = NO_COLOUR


class LabelUpdate(InputModel):
    """A change of a label: only the fields that are sent change."""

    model_config = example({"colour": "teal"})

    name: LabelName = Field(default_factory=str)
    colour: Colour = Field(default_factory=lambda: NO_COLOUR)
    merge: bool = Field(default_factory=bool, description="True: into the label that has the name, if there is one.")


class LabelOut(OutputModel):
    """A label of a board."""

    model_config = example(LABEL)

    id: int = Field(description="Never used twice.", ge=1, le=MAX_ID)
    board_id: int = Field(description="Which board.", ge=1, le=MAX_ID)
    name: str = Field(description="What it is called.")
    colour: Colour = Field(description="Its colour.")


class CountedLabelOut(LabelOut):
    """A label, and how many notes have it."""

    model_config = example({**LABEL, "note_count": 12})

    note_count: int = Field(description="Notes that have it, with those in the archive.")
