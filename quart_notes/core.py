"""What every route works with, built once by `app.create_app`."""

from dataclasses import dataclass

from quart_notes.assistant import Assistant
from quart_notes.broadcaster import Broadcaster
from quart_notes.database import Database
from quart_notes.domain.accounts import Accounts
from quart_notes.domain.answers import Answers
from quart_notes.domain.attempts import Attempts
from quart_notes.domain.boards import Boards
from quart_notes.domain.exports import Exports
from quart_notes.domain.imports import Imports
from quart_notes.domain.invitations import Invitations
from quart_notes.domain.jobs import Jobs
from quart_notes.domain.members import Members
from quart_notes.domain.messages import Messages
from quart_notes.domain.notes import Notes
from quart_notes.domain.passwords import Passwords
from quart_notes.domain.people import People
from quart_notes.domain.preferences import Preferences
from quart_notes.domain.readings import Readings
from quart_notes.domain.rooms import Rooms
from quart_notes.domain.sessions import Sessions
from quart_notes.domain.tokens import Tokens
from quart_notes.event_log import EventLog
from quart_notes.feed import Feed
from quart_notes.gate import Gate
from quart_notes.jobs import Runner
from quart_notes.ollama import Ollama
from quart_notes.peers import Peers
from quart_notes.presence import Presence
from quart_notes.response_cache import ResponseCache
from quart_notes.settings import Settings
from quart_notes.signing import Signing
from quart_notes.transfer.spool import Spool
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
    boards: Boards
    members: Members
    people: People
    rooms: Rooms
    messages: Messages
    answers: Answers
    assistant: Assistant
    readings: Readings
    preferences: Preferences
    jobs: Jobs
    imports: Imports
    exports: Exports
    sessions: Sessions
    tokens: Tokens
    invitations: Invitations
    passwords: Passwords
    accounts: Accounts
    gate: Gate
    signing: Signing
    attempts: Attempts
    peers: Peers
    presence: Presence
    cache: ResponseCache
    spool: Spool
    runner: Runner

    @classmethod
    def build(cls, settings: Settings) -> "Core":
        """Wire the parts; nothing is opened yet."""
        database = Database(settings.database_file)
        log = EventLog(database)
        broadcaster = Broadcaster()
        peers = Peers()
        writer = Writer(database, log, broadcaster)
        boards = Boards(database, log, writer)
        sessions = Sessions(database, writer)
        tokens = Tokens(database, writer)
        passwords = Passwords()
        answers = Answers(database, log, writer)
        jobs = Jobs(database, log, writer)
        imports = Imports(database, log, writer)
        spool = Spool(settings.data / "imports")
        ollama = Ollama(settings.ollama_url, settings.ollama_model, settings.assistant_timeout)
        return cls(
            settings,
            database,
            log,
            broadcaster,
            writer,
            Feed(broadcaster, log),
            Notes(database, log, writer),
            boards,
            Members(database, log, writer),
            People(database, log, writer),
            Rooms(database, log, writer),
            Messages(database, log, writer),
            answers,
            Assistant(broadcaster, answers, ollama, settings.assistant_answers),
            Readings(database, log, writer),
            Preferences(database, log, writer),
            jobs,
            imports,
            Exports(database),
            sessions,
            tokens,
            Invitations(database, writer),
            passwords,
            Accounts(database, writer, passwords),
            Gate(broadcaster, sessions, tokens, boards),
            Signing(settings.data),
            Attempts(database, writer),
            peers,
            Presence(broadcaster, peers),
            ResponseCache(broadcaster),
            spool,
            Runner(broadcaster, jobs, imports, spool, trusted=settings.access == "open"),
        )
