"""What readers find."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from quart_notes.schemas import BadEntryError, Entry


class Item(NamedTuple):
    """Something in a file that is a note, should be one, or was not asked for.

    name      for people: which it is
    entry     the note; None when there is none
    problem   why there is none; None as well when it was left out, as was asked for
    """

    name: str
    entry: Entry | None = None
    problem: str | None = None


def checked(name: str, values: Mapping[str, Any]) -> Item:
    """The note that these values make, or why they make none."""
    try:
        return Item(name, Entry.of(values))
    except BadEntryError as error:
        return Item(name, problem=str(error))
