"""The services of the application, built once by `app.create_app`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quart_notes.background.assistant import Assistant
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
from quart_notes.domain.imports import Imports
from quart_notes.domain.invitations import Invitations
from quart_notes.domain.jobs import Jobs
from quart_notes.domain.login_attempts import LoginAttempts
from quart_notes.domain.members import Members
from quart_notes.domain.messages import Messages
from quart_notes.domain.notes import Notes
from quart_notes.domain.passwords import Passwords
from quart_notes.domain.preferences import Preferences
from quart_notes.domain.profiles import Profiles
from quart_notes.domain.read_markers import ReadMarkers
from quart_notes.domain.rooms import Rooms
from quart_notes.domain.sessions import Sessions
from quart_notes.domain.stream_revocation import StreamRevocation
from quart_notes.domain.users import Users
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.event_log import EventLog
from quart_notes.live.feed import Feed
from quart_notes.live.follower import Follower, SingleProcess
from quart_notes.live.presence import Presence
from quart_notes.live.response_cache import ResponseCache
from quart_notes.live.writer import Change, Writer
from quart_notes.settings import Postgres, Settings
from quart_notes.storage.database import Database
from quart_notes.storage.disk_space import DiskSpace
from quart_notes.storage.signing_key import SigningKey
from quart_notes.transfer.upload_store import UploadStore

if TYPE_CHECKING:
    from quart_notes.cluster.postgres_notifications import PostgresNotifications


@dataclass(frozen=True)
class Core:
    """The services, wired together: each knows only those before it."""

    settings: Settings
    worker_slot: WorkerSlot | None
    commit_channel: WorkerChannel | PostgresNotifications | None
    database: Database
    log: EventLog
    broadcaster: Broadcaster
    follower: Follower
    writer: Writer
    feed: Feed
    notes: Notes
    boards: Boards
    members: Members
    users: Users
    profiles: Profiles
    rooms: Rooms
    messages: Messages
    answers: Answers
    assistant: Assistant
    read_markers: ReadMarkers
    preferences: Preferences
    jobs: Jobs
    imports: Imports
    exports: Exports
    sessions: Sessions
    tokens: ApiTokens
    invitations: Invitations
    passwords: Passwords
    accounts: Accounts
    access_cache: AccessCache
    stream_revocation: StreamRevocation
    signing_key: SigningKey
    login_attempts: LoginAttempts
    presence: Presence
    replication: PresenceReplication
    response_cache: ResponseCache
    uploads: UploadStore
    room: DiskSpace
    import_runner: ImportRunner
    draining: asyncio.Event  # the server stops soon, and requests must go elsewhere

    async def run_chores(self) -> None:
        """One round of housekeeping, in chunks for which no write has to wait."""
        settings = self.settings

        async def prune(change: Change) -> bool:
            return await self.log.prune(change.connection, settings.log_days, settings.log_rows)

        await in_chunks(lambda: self.writer(prune))
        await in_chunks(lambda: self.notes.empty_trash(settings.trash_days))
        await in_chunks(lambda: self.messages.empty_trash(settings.trash_days))
        await in_chunks(lambda: self.boards.empty_trash(settings.trash_days))
        await self.imports.interrupt_abandoned(self.import_runner.ours)
        await in_chunks(lambda: self.jobs.delete_old(settings.trash_days))
        await in_chunks(self.sessions.forget_expired)
        await in_chunks(self.invitations.forget_expired)
        await in_chunks(self.login_attempts.forget_expired)

    @classmethod
    def build(cls, settings: Settings, worker_slot: WorkerSlot | None = None, *, alone: bool = False) -> Core:
        """Wire the services; nothing is opened yet. `alone`: see Database.

        worker_slot   the worker's slot; None without workers
        """
        write_lock = worker_slot.write_lock if worker_slot and isinstance(settings.database, Path) else None
        database = Database(settings.database, write_lock, alone=alone, private=settings.access == "accounts")
        log = EventLog(database)
        broadcaster = Broadcaster()
        commit_channel = None if alone else _commit_channel(settings, worker_slot)
        follower = Follower(log, broadcaster, commit_channel or SingleProcess())
        writer = Writer(database, log, follower)
        wired = (database, log, writer)
        boards = Boards(*wired)
        people = Users(*wired)
        presence = Presence(broadcaster, people.existing_users)
        sessions = Sessions(*wired)
        signing = SigningKey(settings.data)
        tokens = ApiTokens(*wired, signing.secret)
        access_cache = AccessCache(broadcaster, sessions, tokens, boards)
        passwords = Passwords()
        answers = Answers(*wired)
        jobs = Jobs(*wired, settings.max_kept_import_bytes)
        imports = Imports(*wired)
        spool = UploadStore(settings.data / "imports")
        ollama = Ollama(settings.ollama_url, settings.ollama_model, settings.assistant_timeout)
        return cls(
            settings=settings,
            worker_slot=worker_slot,
            commit_channel=commit_channel,
            database=database,
            log=log,
            broadcaster=broadcaster,
            follower=follower,
            writer=writer,
            feed=Feed(broadcaster, log),
            notes=Notes(*wired),
            boards=boards,
            members=Members(*wired),
            users=people,
            profiles=Profiles(*wired),
            rooms=Rooms(*wired),
            messages=Messages(*wired),
            answers=answers,
            assistant=Assistant(broadcaster, answers, ollama, settings.assistant_answers),
            read_markers=ReadMarkers(*wired),
            preferences=Preferences(*wired),
            jobs=jobs,
            imports=imports,
            exports=Exports(database),
            sessions=sessions,
            tokens=tokens,
            invitations=Invitations(*wired, signing.secret),
            passwords=passwords,
            accounts=Accounts(*wired, passwords),
            access_cache=access_cache,
            stream_revocation=StreamRevocation(broadcaster, access_cache),
            signing_key=signing,
            login_attempts=LoginAttempts(*wired),
            presence=presence,
            replication=PresenceReplication(presence),
            response_cache=ResponseCache(broadcaster),
            uploads=spool,
            room=DiskSpace(_writable_to(settings)),
            import_runner=ImportRunner(
                *(broadcaster, jobs, imports, spool),
                trusted=settings.access == "open",
                sole=not isinstance(settings.database, Postgres),
            ),
            draining=asyncio.Event(),
        )


def _writable_to(settings: Settings) -> list[Path]:
    """The folders of this machine that changes and imports are written to."""
    database = settings.database
    return [settings.data, *([database.parent] if isinstance(database, Path) else [])]


def _commit_channel(settings: Settings, worker_slot: WorkerSlot | None) -> WorkerChannel | PostgresNotifications | None:
    """The channel to the other processes of the database; None when there are none."""
    if isinstance(settings.database, Postgres):
        from quart_notes.cluster.postgres_notifications import (
            PostgresNotifications,  # a server on SQLite does not need PostgreSQL's driver
        )

        return PostgresNotifications(settings.database)
    return worker_slot.channel if worker_slot else None
