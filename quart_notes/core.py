"""What every route works with, built once by `app.create_app`."""

from dataclasses import dataclass

from quart_notes.broadcaster import Broadcaster
from quart_notes.database import Database
from quart_notes.domain.messages import Messages
from quart_notes.domain.notes import Notes
from quart_notes.domain.people import People
from quart_notes.domain.readings import Readings
from quart_notes.domain.rooms import Rooms
from quart_notes.event_log import EventLog
from quart_notes.feed import Feed
from quart_notes.presence import Presence
from quart_notes.response_cache import ResponseCache
from quart_notes.settings import Settings
from quart_notes.writer import Writer


@dataclass(frozen=True)
class Core:
    """The parts, wired together: each knows only what stands to its left in the flow."""

    settings: Settings
    database: Database
    log: EventLog
    broadcaster: Broadcaster
    writer: Writer
    feed: Feed
    notes: Notes
    people: People
    rooms: Rooms
    messages: Messages
    readings: Readings
    presence: Presence
    cache: ResponseCache

    @classmethod
    def build(cls, settings: Settings) -> "Core":
        """Wire the parts; nothing is opened yet."""
        database = Database(settings.database_file)
        log = EventLog(database)
        broadcaster = Broadcaster()
        writer = Writer(database, log, broadcaster)
        return cls(
            settings,
            database,
            log,
            broadcaster,
            writer,
            Feed(broadcaster, log),
            Notes(database, log, writer),
            People(database, log, writer),
            Rooms(database, log, writer),
            Messages(database, log, writer),
            Readings(database, log, writer),
            Presence(broadcaster),
            ResponseCache(broadcaster),
        )
