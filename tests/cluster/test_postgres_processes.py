"""Processes on one PostgreSQL database: presence, migrations, exclusive commands, and the signing key."""

import asyncio
from pathlib import Path

from quart_notes.settings import Postgres
from quart_notes.storage.database import Database
from tests.support.api_fixtures import add_note, person
from tests.support.clients.command_line import assert_failed, run_in
from tests.support.clients.feed_clients import WebsocketClient, follow
from tests.support.servers.in_process import opened
from tests.support.servers.postgres import Databases
from tests.support.servers.server_process import ServerProcess


async def test_a_user_is_present_at_every_process_until_their_own_stops(url: str, tmp_path: Path):
    flags = ("--database-url", url)
    soon = {"quart_notes.live.presence.LEAVE_DELAY": 0.5}

    def here(reader: WebsocketClient) -> list[int]:
        told = [event["presence"] for event in reader.events if "presence" in event]
        return [user["id"] for user in told[-1]["here"]] if told else []

    one, two = (ServerProcess(tmp_path / name, *flags, constants=soon) for name in ("one", "two"))
    with one, two:
        async with one.client() as client:
            ada = (await person(client))["id"]
        async with await follow(WebsocketClient, two.port, topics="room:1") as watcher:
            hers = await follow(WebsocketClient, one.port, topics="room:1", person=ada)
            await watcher.until(lambda _: here(watcher) == [ada])
            await asyncio.to_thread(one.stop)
            await watcher.until(lambda _: here(watcher) == [])
            hers.cut()


async def test_an_editor_is_shown_at_every_process_until_its_connection_is_gone(url: str, tmp_path: Path):
    flags = ("--database-url", url)
    soon = {"quart_notes.live.presence.LEAVE_DELAY": 0.5}

    def editors(reader: WebsocketClient) -> list[int]:
        told = [event["editing"]["notes"] for event in reader.events if "editing" in event]
        return [user["id"] for note in told[-1] for user in note["people"]] if told else []

    one, two = (ServerProcess(tmp_path / name, *flags, constants=soon) for name in ("one", "two"))
    with one, two:
        async with two.client() as client:
            ada = (await person(client))["id"]
            note = await add_note(client)
            async with await follow(WebsocketClient, two.port, topics="board:1") as watcher:
                hers = await follow(WebsocketClient, one.port, topics="board:1", person=ada)
                await client.post(f"/api/notes/{note['id']}/editing", json={"author_id": ada})
                await watcher.until(lambda _: editors(watcher) == [ada])
                hers.cut()
                await watcher.until(lambda _: editors(watcher) == [])


async def test_processes_that_start_concurrently_create_the_tables_once(databases: Databases, tmp_path: Path):
    databases.server.ask("postgres", "CREATE DATABASE fresh")
    flags = ("--database-url", databases.server.url("fresh"))
    servers = [ServerProcess(tmp_path / name, *flags) for name in ("one", "two", "three")]
    try:
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))
        for server in servers:
            async with server.client() as client:
                assert (await client.get("/api/notes")).status_code == 200
    finally:
        for server in servers:
            server.__exit__()
    applied = databases.server.ask("fresh", "SELECT count(*), count(DISTINCT name) FROM tortoise_migrations")
    databases.server.ask("postgres", "DROP DATABASE fresh WITH (FORCE)")
    assert applied[0][0] == applied[0][1] >= 5


async def test_an_exclusive_command_and_a_server_refuse_each_other(url: str, tmp_path: Path):
    flags = ("--database-url", url)
    with ServerProcess(tmp_path / "data", *flags):
        for command in (["demo"], ["migrate"]):
            done = await asyncio.to_thread(run_in, tmp_path, *command, *flags)
            assert_failed(done, "is in use by another Quart Notes process")
        exported = await asyncio.to_thread(run_in, tmp_path, "export", *flags)
        assert exported.returncode == 0, exported.stderr

    place = Postgres(url, 2, 5)
    alone = Database(place, alone=True)
    await alone.open()
    try:
        done = await asyncio.to_thread(run_in, tmp_path, "serve", "--bind", "127.0.0.1:0", *flags)
        assert_failed(done, "is in use by another Quart Notes process")
    finally:
        await alone.close()
    assert run_in(tmp_path, "demo", *flags).returncode == 0


async def test_servers_on_one_database_share_a_signing_key(url: str, tmp_path: Path):
    signed = []
    for name in ("one", "two"):
        async with opened(tmp_path / name, alone=False, database_url=url) as core:
            await core.signing_key.open(core.database)
            signed.append(core.signing_key.sign("session", "text"))
        assert not (tmp_path / name / "secret").exists()

    assert signed[0] == signed[1]
