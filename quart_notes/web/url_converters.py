"""Converters of values in addresses."""

from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter, IntegerConverter

from quart_notes.schemas import MAX_ID, NOTE_FLAGS


class IdConverter(IntegerConverter):
    """The id of a row: 1 to 2^63−1, with one spelling; anything else is not found."""

    regex = r"[1-9][0-9]{0,18}"

    def to_python(self, value: str) -> int:
        """The number, if the database can store it."""
        number = int(value)
        if number > MAX_ID:
            raise NotFound  # a ValidationError would make it 405 for methods of which another rule has the path
        return number


class ClientConverter(IntegerConverter):
    """A client's number, within 63 bits."""

    regex = r"-?[0-9]{1,18}"
    signed = True


class FlagConverter(BaseConverter):
    """A flag of a note, by its name."""

    regex = "|".join(NOTE_FLAGS)
