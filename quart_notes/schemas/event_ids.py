"""Places in the log of events."""

import re
import secrets
from dataclasses import dataclass

from quart_notes.errors import InvalidEventIdError

EVENT_ID = re.compile(r"([0-9a-z]{1,16})-([0-9]{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """A place in the log of one database: `epoch-number`.

    An id of another epoch says nothing about this log.
    """

    epoch: str
    number: int

    @classmethod
    def parse(cls, text: str) -> "EventId":
        """The id that `text` spells; InvalidEventIdError when it spells none."""
        match = EVENT_ID.fullmatch(text)
        if match is None:
            raise InvalidEventIdError("An event id looks like 3f9a01bc-42, as the feed and Last-Event-ID give it.")
        return cls(match[1], int(match[2]))

    def at_most(self, number: int) -> "EventId":
        """The place of that number, when it comes before this one."""
        return EventId(self.epoch, min(self.number, number))

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"


def new_epoch() -> str:
    """The first half of event ids, for a new log."""
    return secrets.token_hex(4)
