"""Event ids: positions in the log."""

import re
import secrets
from typing import NamedTuple

from quart_notes.errors import InvalidEventIdError

EVENT_ID = re.compile(r"([0-9a-z]{1,16})-([0-9]{1,19})", re.ASCII)


class EventId(NamedTuple):
    """A position in the log of one database: `epoch-number`.

    An id of another epoch means nothing in this log.
    """

    epoch: str
    number: int

    @classmethod
    def parse(cls, text: str) -> "EventId":
        """The id in `text`; InvalidEventIdError when there is none."""
        match = EVENT_ID.fullmatch(text)
        if match is None:
            raise InvalidEventIdError("An event id looks like 3f9a01bc-42, as the feed and Last-Event-ID give it.")
        return cls(match[1], int(match[2]))

    def at_most(self, number: int) -> "EventId":
        """The position of that number, or this one if it is earlier."""
        return self if self.number <= number else EventId(self.epoch, number)

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"


def new_epoch() -> str:
    """A new epoch, the first half of event ids."""
    return secrets.token_hex(4)
