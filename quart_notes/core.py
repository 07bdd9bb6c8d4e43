"""The services of the application, built once by `app.create_app`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from quart_notes.background.assistant import Assistant
from quart_notes.background.batched_events import BatchedEvents
from quart_notes.background.housekeeping import in_chunks
from quart_notes.background.import_runner import ImportRunner
from quart_notes.background.ollama import Ollama
from quart_notes.cluster.presence_replication import PresenceReplication
from quart_notes.cluster.worker_channel import WorkerChannel
from quart_notes.cluster.worker_slot import WorkerSlot
from quart_notes.domain.access_cache import AccessCache
from quart_notes.domain.accounts import Accounts
from quart_notes.domain.api_tokens import ApiTokens
from quart_notes.domain.assistant.answers import Answers
from quart_notes.domain.boards import Boards
from quart_notes.domain.exports import Exports
from quart_notes.domain.history.activity import Activity
from quart_notes.domain.history.revisions import Revisions
from quart_notes.domain.history.trash import Trash
from quart_notes.domain.imports import Imports
from quart_notes.domain.invitations import Invitations
from quart_notes.domain.jobs import Jobs
from quart_notes.domain.labels.board_labels import BoardLabels
from quart_notes.domain.login_attempts import LoginAttempts
from quart_notes.domain.members import Members
from quart_notes.domain.message_notes import MessageNotes
from quart_notes.domain.messages import Messages
from quart_notes.domain.notes import Notes
from quart_notes.domain.notifications.notifications import Notifications
from quart_notes.domain.order.board_pages import BoardPages
from quart_notes.domain.order.bulk_changes import BulkChanges
from quart_notes.domain.order.note_moves import NoteMoves
from quart_notes.domain.passwords import Passwords
from quart_notes.domain.preferences import Preferences
from quart_notes.domain.profiles import Profiles
from quart_notes.domain.reactions.reactions import Reactions
from quart_notes.domain.read_markers import ReadMarkers
from quart_notes.domain.rooms.members import RoomMembers
from quart_notes.domain.rooms.rooms import Rooms
from quart_notes.domain.rooms.threads import Threads
from quart_notes.domain.rooms.upkeep import RoomUpkeep
from quart_notes.domain.search.blocks import SearchBlocks
from quart_notes.domain.search.search import Search
from quart_notes.domain.sessions import Sessions
from quart_notes.domain.stream_revocation import StreamRevocation
from quart_notes.domain.succession import Succession
from quart_notes.domain.tasks import Tasks
from quart_notes.domain.users import Users
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.event_log import EventLog
from quart_notes.live.feed import Feed
from quart_notes.live.follower import CommitChannel, Follower
from quart_notes.live.online import Online
from quart_notes.live.presence import Presence
from quart_notes.live.response_cache import ResponseCache
from quart_notes.live.writer import Change, Writer
from quart_notes.settings import Postgres, Settings
from quart_notes.storage.database import Database
from quart_notes.storage.disk_space import is_available
from quart_notes.storage.signing_key import SigningKey
from quart_notes.transfer.upload_store import UploadStore

if TYPE_CHECKING:
    from quart_notes.cluster.postgres_notifications import PostgresNotifications

MAX_FILE_BYTES = 8 << 20  # of static files in memory: all of ours, compressed and not, are 4 MB


class Core:
    """The services, wired together: each knows only those before it."""

    def __init__(self, settings: Settings, worker_slot: WorkerSlot | None = None, *, alone: bool = False) -> None:
        """Wire the services; nothing is opened yet. `alone`: see Database.

        worker_slot   the worker's slot; None without workers
        """
        self.settings = settings
        self.worker_slot = worker_slot
        self.draining = asyncio.Event()  # the server stops soon, and requests must go elsewhere
        write_lock = worker_slot.write_lock if worker_slot and isinstance(settings.database, Path) else None
        self.database = Database(settings.database, write_lock, alone=alone, private=settings.access == "accounts")
        self.log = EventLog(self.database)
        self.broadcaster = Broadcaster()
        self.commit_channel = None if alone else _commit_channel(settings, worker_slot)
        self.follower = Follower(self.log, self.broadcaster, self.commit_channel or CommitChannel())
        self.writer = Writer(self.database, self.log, self.follower)
        self.feed = Feed(self.broadcaster, self.log)
        self.response_cache = ResponseCache(self.broadcaster, recent=self.log.recent)
        self.file_cache = ResponseCache(self.broadcaster, MAX_FILE_BYTES)  # no event makes a static file stale
        wired = (self.database, self.log, self.writer)
        self.notes = Notes(*wired)
        self.board_pages = BoardPages(*wired)
        self.note_moves = NoteMoves(*wired)
        self.bulk_changes = BulkChanges(*wired)
        self.tasks = Tasks(*wired)
        self.revisions = Revisions(*wired)
        self.activity = Activity(*wired)
        self.trash = Trash(*wired, settings.trash_days)
        self.board_labels = BoardLabels(*wired)
        self.boards = Boards(*wired)
        self.members = Members(*wired)
        self.users = Users(*wired)
        self.profiles, self.succession = Profiles(*wired), Succession(*wired)
        self.rooms, self.threads = Rooms(*wired), Threads(*wired)
        self.room_members = RoomMembers(*wired)
        self.room_upkeep = RoomUpkeep(*wired, settings.trash_days)
        self.messages = Messages(*wired, self.threads)
        self.message_notes = MessageNotes(self.messages, self.notes)
        self.reactions = Reactions(*wired)
        self.notifications = Notifications(*wired, settings.notification_days)
        self.search, self.search_blocks = Search(*wired), SearchBlocks(*wired)
        self.read_markers = ReadMarkers(*wired)
        self.preferences = Preferences(*wired)
        self.presence = Presence(self.broadcaster, self.users.existing_users)
        self.replication = PresenceReplication(self.presence)
        self.signing_key = SigningKey(settings.data)
        self.passwords = Passwords()
        self.accounts = Accounts(*wired, self.passwords)
        self.login_attempts = LoginAttempts(*wired)
        self.sessions = Sessions(*wired)
        self.tokens = ApiTokens(*wired, self.signing_key.secret)
        self.invitations = Invitations(*wired, self.signing_key.secret)
        self.access_cache = AccessCache(self.broadcaster, self.sessions, self.tokens, self.boards, self.rooms)
        self.stream_revocation = StreamRevocation(self.broadcaster, self.access_cache, self.rooms)
        self._wire_jobs(settings, wired)

    def _wire_jobs(self, settings: Settings, wired: tuple[Database, EventLog, Writer]) -> None:
        """Wire what works beside requests."""
        self.online = Online(self.broadcaster, self.presence, self.rooms.partners)
        self.reaction_events = BatchedEvents(self.reactions, "reactions")
        self.thread_events = BatchedEvents(self.threads, "the thread")
        self.reactions.on_unsent = self.reaction_events.schedule
        self.threads.on_unsent = self.thread_events.schedule
        self.answers = Answers(*wired)
        self.assistant = Assistant(
            self.broadcaster,
            self.answers,
            Ollama(settings.ollama_url, settings.ollama_model, settings.assistant_timeout),
            settings.assistant_answers,
        )
        self.uploads = UploadStore(settings.data / "imports")
        self.jobs = Jobs(*wired, settings.max_kept_import_bytes)
        self.imports = Imports(*wired)
        self.exports = Exports(self.database)
        self.import_runner = ImportRunner(
            *(self.broadcaster, self.jobs, self.imports, self.uploads),
            trusted=settings.access == "open",
            sole=not isinstance(settings.database, Postgres),
        )

    def has_disk_space(self) -> bool:
        """Whether the folders of this machine have room for one more change. Waits for the disk."""
        database = self.settings.database
        return is_available({self.settings.data, database.parent if isinstance(database, Path) else self.settings.data})

    async def run_chores(self) -> None:
        """One round of housekeeping, in chunks for which no write has to wait."""
        settings = self.settings

        async def prune(change: Change) -> bool:
            return await self.log.prune(change.connection, settings.log_days, settings.log_rows)

        await in_chunks(lambda: self.writer(prune))
        await in_chunks(self.trash.delete_old)
        await in_chunks(lambda: self.revisions.delete_old(settings.history_days))
        await in_chunks(lambda: self.messages.empty_trash(settings.trash_days))
        await in_chunks(self.trash.delete_old_boards)
        await in_chunks(self.room_upkeep.delete_old)
        await in_chunks(self.notifications.delete_old)
        await in_chunks(self.succession.repair)
        await self.imports.interrupt_abandoned(self.import_runner.is_local)
        await in_chunks(lambda: self.jobs.delete_old(settings.trash_days))
        await in_chunks(self.sessions.forget_expired)
        await in_chunks(self.invitations.forget_expired)
        await in_chunks(self.login_attempts.forget_expired)
        await self.reaction_events.send_abandoned()
        await self.thread_events.send_abandoned()
        await self.search_blocks.update()


def _commit_channel(settings: Settings, worker_slot: WorkerSlot | None) -> WorkerChannel | PostgresNotifications | None:
    """The channel to the other processes of the database; None when there are none."""
    if isinstance(settings.database, Postgres):
        # Late: a server on SQLite does not need PostgreSQL's driver.
        from quart_notes.cluster.postgres_notifications import PostgresNotifications

        return PostgresNotifications(settings.database)
    return worker_slot.channel if worker_slot else None
