"""The factory: a table of contents. No routes, no logic."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from quart import Quart

from quart_notes.background import housekeeping
from quart_notes.blueprints import live, plain_text, static_files, system
from quart_notes.blueprints.api import (
    account,
    activity,
    administration,
    assistant,
    boards,
    history,
    invitations,
    jobs,
    labels,
    me,
    messages,
    notes,
    notifications,
    rooms,
    search,
    transfers,
    trash,
    users,
)
from quart_notes.blueprints.pages import account as account_pages
from quart_notes.blueprints.pages import activity as activity_pages
from quart_notes.blueprints.pages import administration as administration_pages
from quart_notes.blueprints.pages import assistant as assistant_pages
from quart_notes.blueprints.pages import boards as boards_pages
from quart_notes.blueprints.pages import bulk_changes as bulk_pages
from quart_notes.blueprints.pages import direct_messages, room_messages, room_settings, sign_in
from quart_notes.blueprints.pages import history as history_pages
from quart_notes.blueprints.pages import inbox as inbox_pages
from quart_notes.blueprints.pages import jobs as jobs_pages
from quart_notes.blueprints.pages import labels as labels_pages
from quart_notes.blueprints.pages import me as me_pages
from quart_notes.blueprints.pages import notes as notes_pages
from quart_notes.blueprints.pages import rooms as rooms_pages
from quart_notes.blueprints.pages import search as search_pages
from quart_notes.blueprints.pages import transfers as transfers_pages
from quart_notes.blueprints.pages import trash as trash_pages
from quart_notes.blueprints.pages import users as users_pages
from quart_notes.cluster.leader_election import FileLock, LeaderElection, Lock
from quart_notes.cluster.worker_slot import WorkerSlot
from quart_notes.core import Core
from quart_notes.domain.access import SHARED_BOARD
from quart_notes.errors import ProblemError
from quart_notes.settings import Postgres, Settings
from quart_notes.settings_sources import load
from quart_notes.storage.database import exclusive_lock
from quart_notes.storage.schema_version import DatabaseOpenError
from quart_notes.web import access_log_filter, assets, compression, error_handlers, templating
from quart_notes.web.asgi_connections import HTTPConnection, WebsocketConnection
from quart_notes.web.openapi.document import openapi_extension
from quart_notes.web.request_body import BODY_TIMEOUT, MAX_BODY, StrictRequest, choose_body_mode
from quart_notes.web.security import allowed_hosts, cross_origin, guards, headers
from quart_notes.web.security.authentication import NoSessions
from quart_notes.web.security.request_admission import HSTS, PROXY_HOPS
from quart_notes.web.url_converters import ClientConverter, FlagConverter, IdConverter
from quart_notes.web.url_rules import LazyRule

LEADER_LOCK_KEY = 0x51756172744E03  # id of PostgreSQL's advisory lock for the leader
RESPONSE_TIMEOUT = 30  # seconds for a response to leave; streams have no limit


class Application(Quart):
    """Quart, which leaves it to its caller to report why it cannot start."""

    def log_exception(self, exception_info: Any) -> None:
        """Log an error, unless it is reported elsewhere."""
        if not isinstance(exception_info[1], DatabaseOpenError):
            super().log_exception(exception_info)


def create_app(settings: Settings | None = None, worker_slot: WorkerSlot | None = None) -> Quart:
    """The application; without settings, with those of the environment.

    worker_slot   the worker's slot; None without workers
    """
    core = Core(settings or load(), worker_slot)
    app = Application("quart_notes", template_folder=str(assets.folder("templates")), static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, BODY_TIMEOUT=BODY_TIMEOUT, RESPONSE_TIMEOUT=RESPONSE_TIMEOUT)
    app.config.update({PROXY_HOPS: core.settings.proxy_hops, HSTS: core.settings.hsts})
    app.request_class = StrictRequest
    app.url_rule_class = LazyRule
    app.session_interface = NoSessions()
    app.asgi_http_class = HTTPConnection
    app.asgi_websocket_class = WebsocketConnection
    app.url_map.converters.update(id=IdConverter, client=ClientConverter, flag=FlagConverter)
    app.url_map.merge_slashes = False  # each address has one spelling; no redirect that repeats the Host header
    app.extensions["quart_notes"] = core
    openapi_extension().init_app(app)
    app.before_request(choose_body_mode)
    for register in (
        compression.register,
        allowed_hosts.register,
        error_handlers.register,
        cross_origin.register,
        guards.register,
        headers.register,
        templating.register,
    ):
        register(app)
    shared = {"board_id": SHARED_BOARD}
    app.register_blueprint(notes.blueprint, url_prefix="/api/notes", url_defaults=shared)
    app.register_blueprint(notes.blueprint, name="board_notes", url_prefix="/api/boards/<id:board_id>/notes")
    app.register_blueprint(history.blueprint, url_prefix="/api/notes", url_defaults=shared)
    app.register_blueprint(history.blueprint, name="board_note_history", url_prefix="/api/boards/<id:board_id>/notes")
    app.register_blueprint(notes_pages.blueprint, url_prefix="/front/notes", url_defaults=shared)
    app.register_blueprint(
        notes_pages.blueprint, name="front_board_notes", url_prefix="/front/boards/<id:board_id>/notes"
    )
    app.register_blueprint(history_pages.blueprint, url_prefix="/front/notes", url_defaults=shared)
    app.register_blueprint(
        history_pages.blueprint, name="front_board_note_history", url_prefix="/front/boards/<id:board_id>/notes"
    )
    app.register_blueprint(bulk_pages.blueprint, url_prefix="/front/notes", url_defaults=shared)
    app.register_blueprint(
        bulk_pages.blueprint, name="front_board_bulk_changes", url_prefix="/front/boards/<id:board_id>/notes"
    )
    app.register_blueprint(transfers.blueprint, url_prefix="/api", url_defaults=shared)
    app.register_blueprint(transfers.blueprint, name="board_transfers", url_prefix="/api/boards/<id:board_id>")
    api = (
        boards,
        labels,
        trash,
        activity,
        users,
        administration,
        messages,
        rooms,
        search,
        assistant,
        me,
        notifications,
        account,
        invitations,
        jobs,
    )
    people_pages = (
        *(
            users_pages,
            direct_messages,
            rooms_pages,
            room_messages,
            room_settings,
            assistant_pages,
            me_pages,
            inbox_pages,
        ),
    )
    access_pages = (sign_in, account_pages, administration_pages, boards_pages, labels_pages)
    job_pages = (transfers_pages, jobs_pages, trash_pages, activity_pages, search_pages)
    for module in (*api, live, plain_text, *people_pages, *access_pages, *job_pages, system, static_files):
        app.register_blueprint(module.blueprint)
    _manage_lifespan(app, core)
    access_log_filter.install_filter()
    return app


def _manage_lifespan(app: Quart, core: Core) -> None:
    resources = AsyncExitStack()

    @app.before_serving
    async def start() -> None:
        asyncio.get_running_loop().set_exception_handler(_log_worker_fault)
        try:
            await _open_resources(core, resources)
        except BaseException as error:
            # Nobody calls `stop` then, and the database's threads would keep the process alive for ever.
            await resources.aclose()
            if isinstance(error, ProblemError):  # the database is busy, full or unreachable
                cause = str(error.__cause__ or "") or error.detail
                raise DatabaseOpenError(f"{core.settings.database}: {cause}") from None
            if isinstance(error, OSError):
                raise DatabaseOpenError(str(error)) from None
            raise

    @app.after_serving
    async def stop() -> None:
        core.replication.stop()
        core.presence.close()
        core.online.close()
        core.stream_revocation.close()
        core.passwords.close()
        core.broadcaster.close()
        await resources.aclose()


def _log_worker_fault(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an unhandled error, unless it is a connection that the server has cut off.

    Plain hypercorn cancels the connections that are open when its `graceful_timeout` ends, which asyncio of Python 3.11
    takes for an error.
    source   https://github.com/python/cpython/issues/113538
    """
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


async def _open_resources(core: Core, resources: AsyncExitStack) -> None:
    if core.worker_slot is None:
        resources.enter_context(exclusive_lock(core.settings.database))
    await core.database.open()
    resources.push_async_callback(core.database.close)
    try:
        await core.signing_key.open(core.database)
    except ValueError as error:
        raise DatabaseOpenError(str(error)) from None
    if core.commit_channel is not None:
        await core.commit_channel.start()
        resources.push_async_callback(core.commit_channel.stop)
    await core.log.open()
    await core.rooms.open()
    await core.boards.open()
    if core.commit_channel is not None:
        core.commit_channel.on_datagram = core.replication.receive
        core.replication.start(core.commit_channel)
        resources.callback(core.replication.stop)
    await core.follower.start()
    resources.push_async_callback(core.follower.stop)
    await core.access_cache.open()
    core.broadcaster.resume(*await core.log.ends())  # once it is known which topics are no part of their wildcard
    core.writer.start()
    resources.push_async_callback(core.writer.stop)
    core.reaction_events.start()
    resources.push_async_callback(core.reaction_events.stop)
    core.thread_events.start()
    resources.push_async_callback(core.thread_events.stop)
    core.assistant.open()
    resources.push_async_callback(core.assistant.close)
    for leader in _elections(core):
        await leader.start()
        resources.push_async_callback(leader.stop)


def _elections(core: Core) -> list[LeaderElection]:
    """The leader tasks: what only one process of a database does, and what only one does with a data folder's files."""
    tidying = housekeeping.Housekeeping(core.run_chores, core.database.checkpoint)

    async def begin() -> None:
        await core.assistant.start()
        tidying.start()

    async def end() -> None:
        tidying.stop()
        await core.assistant.stop()

    return [
        LeaderElection("assistant and housekeeping", _leader_lock(core.settings.database), begin, end),
        LeaderElection(
            "imports", FileLock(core.settings.data / "imports.lock"), core.import_runner.start, core.import_runner.stop
        ),
    ]


def _leader_lock(database: Path | Postgres) -> Lock:
    if isinstance(database, Path):
        return FileLock(database.with_name(database.name + ".leader"))
    # Late: a server on SQLite does not need PostgreSQL's driver.
    from quart_notes.storage.postgres.advisory_lock import AdvisoryLock

    return AdvisoryLock(database, LEADER_LOCK_KEY)
