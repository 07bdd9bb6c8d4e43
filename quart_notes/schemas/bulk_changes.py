"""The shapes of a change of several notes at once."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from quart_notes.schemas.examples import example
from quart_notes.schemas.fields import NO_COLOUR, ClientKey, Colour, Id, InputModel
from quart_notes.schemas.labels import LabelNames, label_key

BULK_MAX = 200  # notes
PLACE = {"board_id", "before_id", "after_id"}  # fields of a move
ALONE = (frozenset(PLACE), frozenset({"deleted"}))  # fields that no others go with

SomeLabels = Annotated[LabelNames, Field(min_length=1)]


class BulkChange(InputModel):
    """What becomes of each note: only the fields that are sent. A move or `deleted` is sent without other fields."""

    model_config = example({"archived": True})

    done: bool = Field(default_factory=bool, description="Whether it is ticked off.")
    pinned: bool = Field(default_factory=bool, description="Whether it is pinned.")
    archived: bool = Field(default_factory=bool, description="Whether it is in the archive.")
    colour: Colour = Field(default_factory=lambda: NO_COLOUR, description="The colour of its card.")
    labels_add: SomeLabels = Field(default_factory=list, description="Labels that it gets.")
    labels_remove: SomeLabels = Field(default_factory=list, description="Labels that it loses.")
    board_id: Id = Field(default_factory=int, description="The board that it moves to.")
    before_id: Id = Field(default_factory=int, description="The note there that they come to stand before.")
    after_id: Id = Field(default_factory=int, description="The one that they come to stand after; it counts more.")
    deleted: bool = Field(default_factory=bool, description="True: into the bin. False: restored.")

    @model_validator(mode="after")
    def _is_one_change(self) -> Self:
        sent = self.model_fields_set
        if not sent:
            raise ValueError("Say what to change.")
        for fields in ALONE:
            if sent & fields and sent - fields:
                raise ValueError(f"{sorted(sent & fields)[0]} goes without {sorted(sent - fields)[0]}.")
        if sent & PLACE and "board_id" not in sent:
            raise ValueError("A move names a board.")
        both = {label_key(name) for name in self.labels_add} & {label_key(name) for name in self.labels_remove}
        if both:
            raise ValueError("A label cannot be added and removed.")
        return self


class BulkUpdate(InputModel):
    """A change of several notes of a board: of all, or of none."""

    model_config = example({"ids": [1, 2], "change": {"archived": True}})

    ids: Annotated[
        list[Id],
        AfterValidator(lambda ids: list(dict.fromkeys(ids))),
        Field(min_length=1, max_length=BULK_MAX, description="Of the notes; one that comes twice counts once."),
    ]
    change: BulkChange
    client_key: ClientKey = None
