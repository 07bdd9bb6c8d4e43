"""PostgreSQL: nothing leaks, nothing is called kept that is not, one writes at a time, and what is lost heals."""

import asyncio
import logging
import shutil
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from quart_notes import postgres_engine
from quart_notes.core import Core
from quart_notes.database import CannotOpenError, Database
from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.errors import DatabaseUnavailableError, StorageFullError
from quart_notes.models import Note
from quart_notes.postgres_transactions import WRITING
from quart_notes.schemas import NoteCreate
from quart_notes.settings import Postgres, Settings
from quart_notes.writer import Change
from tests import postgres
from tests.command_line import assert_failed, run_in
from tests.in_process import opened
from tests.postgres import TEMPLATE, Databases, Server, asked
from tests.server_process import ServerProcess, wait_for

PASSWORD = "hunter2-never-told"
TITLES = "SELECT title FROM note ORDER BY id"
NUMBERS = "SELECT number FROM event_log ORDER BY number"
SESSIONS = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1"


@pytest.fixture
async def core(url: str, tmp_path: Path) -> AsyncIterator[Core]:
    async with opened(tmp_path, alone=False, database_url=url, database_pool=4, database_timeout=5) as core:
        yield core


@asynccontextmanager
async def outsider(url: str) -> AsyncIterator[Any]:
    """A connection of somebody else's."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


async def _read(core: Core) -> None:
    async with core.database.snapshot() as connection:
        await connection.execute_query("SELECT count(*) FROM note")


async def _add(core: Core, title: str) -> int:
    return (await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=title))).result.id


async def _until_nobody(url: str, condition: str) -> None:
    """Return once the server has no process at work for this database of which that is so."""
    query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {condition}"

    def nobody() -> Any:
        return postgres.in_a_loop(asked(url, query)) == [(0,)]

    await asyncio.to_thread(wait_for, nobody, f"nobody is {condition}", 5)


async def _until_none_is_open(url: str) -> None:
    await _until_nobody(url, "state LIKE 'idle in transaction%'")


async def test_five_hundred_cancelled_readers_leak_nothing(core: Core, url: str):
    for number in range(500):
        readers = [asyncio.create_task(_read(core)) for _ in range(3)]
        await asyncio.sleep(number % 50 / 10_000)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)

    async with asyncio.timeout(10):
        await asyncio.gather(*(_read(core) for _ in range(20)))
    await _until_none_is_open(url)
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'quart-notes reader'"
    assert (await asked(url, query))[0][0] <= 4, "more than the pool may have"


async def test_cancelled_writers_leave_neither_lock_nor_transaction(core: Core, url: str):
    async def write() -> None:
        async with core.database.transaction() as connection:
            await connection.execute_query("UPDATE log_head SET newest = newest WHERE id = 1")
            await asyncio.sleep(0.001)

    for number in range(150):
        writer = asyncio.create_task(write())
        await asyncio.sleep(number / 15_000)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)

    async with asyncio.timeout(10):
        await _add(core, "afterwards")
    await _until_none_is_open(url)
    assert await asked(url, HELD, WRITING & 0xFFFFFFFF) == [(0,)]


async def test_a_query_whose_reader_has_left_costs_no_further_connection_and_ends_in_time(url: str, tmp_path: Path):
    async def sleep(core: Core) -> None:
        async with core.database.snapshot() as connection:
            await connection.execute_query("SELECT pg_sleep(60)")

    async with opened(tmp_path, alone=False, database_url=url, database_pool=2, database_timeout=2) as core:
        before = (await asked(url, SESSIONS))[0][0]
        sleepers = [asyncio.create_task(sleep(core)) for _ in range(20)]
        await asyncio.sleep(0.2)
        for sleeper in sleepers:
            sleeper.cancel()
        left = await asyncio.gather(*sleepers, return_exceptions=True)
        assert {type(one) for one in left} == {asyncio.CancelledError}
        assert (await asked(url, SESSIONS))[0][0] <= before + 4, "the readers, and whoever asks"
        await _until_nobody(url, "query LIKE 'SELECT pg_sleep%' AND state = 'active'")
        await _read(core)


async def test_what_the_server_rolls_back_is_not_called_kept(core: Core):
    async def swallow(change: Change) -> None:
        await _insert(change, "lost")
        try:
            await change.connection.execute_query("SELECT 1 / (SELECT count(*) FROM note WHERE id < 0)")
        except Exception as error:
            assert "division by zero" in str(error)

    with pytest.raises(DatabaseUnavailableError):
        await core.writer(swallow)
    with pytest.raises(DatabaseUnavailableError):
        async with core.database.transaction() as connection:
            await swallow(Change(connection))
    await _add(core, "kept")

    assert [note.title for note in (await _all(core))] == ["kept"]


async def _insert(change: Change, title: str) -> None:
    await change.connection.execute_insert(
        "INSERT INTO note (board_id, title, search_text, created_at, updated_at, done, version)"
        " VALUES (1, ?1, ?2, now(), now(), FALSE, 1)",
        [title, title],
    )


async def _all(core: Core) -> list[Note]:
    async with core.database.snapshot() as connection:
        return await Note.all().using_db(connection).order_by("id")


@pytest.mark.parametrize(("state", "error"), [("53100", StorageFullError), ("58030", DatabaseUnavailableError)])
async def test_what_the_server_has_no_room_for_is_said_and_nothing_of_it_kept(
    core: Core, state: str, error: type[Exception]
):
    async def fail(change: Change) -> None:
        await _insert(change, "half")
        await change.connection.execute_script(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")

    with pytest.raises(error):
        await core.writer(fail)
    await _add(core, "next")

    assert [note.title for note in (await _all(core))] == ["next"]


async def test_a_write_that_waits_too_long_for_another_process_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_engine, "LOCK_WAIT", 1)
    async with opened(tmp_path, alone=False, database_url=url) as core, outsider(url) as other:
        async with other.transaction():
            await other.execute(f"SELECT pg_advisory_xact_lock({WRITING})")
            began = time.monotonic()
            with pytest.raises(DatabaseUnavailableError):
                await _add(core, "refused")
            assert 0.9 < time.monotonic() - began < 3
            await _read(core)
        await _add(core, "kept")


async def test_a_statement_ends_in_time(url: str, tmp_path: Path):
    async with opened(tmp_path, alone=False, database_url=url, database_timeout=1) as core:
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailableError):
            async with core.database.snapshot() as connection:
                await connection.execute_query("SELECT pg_sleep(30)")
        assert time.monotonic() - began < 4
        await _read(core)


async def test_a_process_that_was_stopped_holds_nobody_up_for_long(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres_engine, "IDLE", 1)
    async with opened(tmp_path, alone=False, database_url=url) as core, outsider(url) as other:
        with pytest.raises(DatabaseUnavailableError):
            async with core.database.transaction() as connection:
                await _insert(Change(connection), "stopped")
                began = time.monotonic()
                await other.execute(f"SELECT pg_advisory_lock({WRITING})")
                assert time.monotonic() - began < 4
                await other.execute(f"SELECT pg_advisory_unlock({WRITING})")
        await _add(core, "kept")

        assert [note.title for note in (await _all(core))] == ["kept"]


async def test_a_server_that_is_restarted_under_load_loses_nothing_and_heals(databases: Databases, tmp_path: Path):
    server = databases.server
    url = databases.url(tmp_path)
    kept: list[str] = []
    refused = 0
    async with opened(tmp_path, alone=False, database_url=url) as core:

        async def write(name: int) -> None:
            nonlocal refused
            for number in range(10_000):
                if stopping.is_set():
                    return
                try:
                    await _read(core)
                    await _add(core, f"{name}-{number}")
                except DatabaseUnavailableError:
                    refused += 1
                    await asyncio.sleep(0.02)
                else:
                    kept.append(f"{name}-{number}")

        stopping = asyncio.Event()
        writing = [asyncio.create_task(write(name)) for name in range(6)]
        for _ in range(2):
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(server.start)
            await asyncio.to_thread(wait_for, _longer(kept, len(kept) + 20), "it heals")
        stopping.set()
        await asyncio.gather(*writing)
        await _add(core, "last")

    stored = [title for (title,) in await asked(url, TITLES)]
    numbers = [number for (number,) in await asked(url, NUMBERS)]
    databases.forget(tmp_path)
    assert refused
    assert set(kept) <= set(stored)
    assert len(stored) == len(set(stored)) == len(numbers)
    assert numbers == list(range(1, len(numbers) + 1))


def _longer(kept: list[str], length: int) -> Callable[[], bool]:
    return lambda: len(kept) >= length


async def test_what_became_of_a_commit_whose_answer_is_lost_is_not_known(core: Core, url: str):
    await asked(
        url,
        "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$",
    )
    await asked(
        url,
        "CREATE CONSTRAINT TRIGGER leaving AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION leave()",
    )

    with pytest.raises(DatabaseUnavailableError, match="is not known"):
        await _add(core, "perhaps")

    await asked(url, "DROP TRIGGER leaving ON note")
    await _add(core, "kept")
    assert [note.title for note in (await _all(core))] == ["kept"]


async def _post(base: str, count: int) -> None:
    async with httpx.AsyncClient(base_url=base, verify=False, trust_env=False, timeout=20) as client:
        for number in range(count):
            answer = await client.post("/api/notes", json={"title": str(number)})
            assert answer.status_code == 201, answer.text


async def test_two_processes_write_in_one_order_that_is_the_order_of_commits(url: str, tmp_path: Path):
    flags = ("--database-url", url)
    seen: list[tuple[int, int, int]] = []
    query = "SELECT count(*), coalesce(max(number), 0), (SELECT newest FROM log_head) FROM event_log"
    with ServerProcess(tmp_path / "one", *flags) as one, ServerProcess(tmp_path / "two", *flags) as two:
        writing = asyncio.gather(*(_post(server.base, 60) for server in (one, two) for _ in range(3)))
        async with outsider(url) as other:
            while not writing.done():
                seen.append(tuple(await other.fetchrow(query)))
                await asyncio.sleep(0)
        await writing

    assert all(count == newest == head for count, newest, head in seen), "an event came after one with a higher number"
    assert await asked(url, "SELECT count(*), max(number) FROM event_log") == [(360, 360)]
    # The ids of notes too: who took the lock first has the smaller one.
    bodies = await asked(url, "SELECT (body::json -> 'note' ->> 'id')::int FROM event_log ORDER BY number")
    assert bodies == sorted(bodies)


async def test_processes_that_start_at_once_make_the_tables_once(databases: Databases, tmp_path: Path):
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


async def test_who_must_be_alone_is_refused_while_a_server_runs_and_the_other_way_round(url: str, tmp_path: Path):
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


async def test_servers_of_one_database_sign_with_one_key(url: str, tmp_path: Path):
    signed = []
    for name in ("one", "two"):
        async with opened(tmp_path / name, alone=False, database_url=url) as core:
            await core.signing.open(core.database)
            signed.append(core.signing.sign("session", "text"))
        assert not (tmp_path / name / "secret").exists()

    assert signed[0] == signed[1]


async def test_the_doctor_looks_at_the_server(url: str, tmp_path: Path, databases: Databases):
    done = run_in(tmp_path, "doctor", "--bind", "127.0.0.1:0", "--database-url", url)
    assert done.returncode == 0, done.stdout
    assert "ok    PostgreSQL: 18" in done.stdout
    assert "ok    Migrations: " in done.stdout

    gone = run_in(tmp_path, "doctor", "--bind", "127.0.0.1:0", "--database-url", databases.server.url("nowhere"))
    assert gone.returncode == 1
    assert "fail  PostgreSQL: postgres://" in gone.stdout


# Addresses.


@pytest.mark.parametrize(
    "place",
    [
        f"postgres://u:{PASSWORD}@127.0.0.1:1/x",
        f"postgres://u:{PASSWORD}@no-such-host.invalid/x",
        f"postgres://u:{PASSWORD}@/x?host=/nowhere",
        f"postgres://u:{PASSWORD}@127.0.0.1:1/x?sslmode=verify-full&sslrootcert=/nowhere",
        f"postgres://u:{PASSWORD}@127.0.0.1:1",
        f"postgres://u:{PASSWORD}@127.0.0.1:x/y",
        f"postgres://u:{PASSWORD}@127.0.0.1/x?sslmode=perhaps",
        f"mysql://u:{PASSWORD}@127.0.0.1/x",
    ],
)
def test_a_place_that_cannot_be_used_stops_the_start_with_one_line_and_no_password(place: str, tmp_path: Path):
    began = time.monotonic()
    done = run_in(tmp_path, "serve", "--bind", "127.0.0.1:0", env={"QUART_NOTES_DATABASE_URL": place})

    assert done.returncode in {1, 2}
    assert time.monotonic() - began < 15
    assert PASSWORD not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(line) > 30, "it says why"


async def test_the_password_stands_in_no_log(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, databases: Databases
):
    caplog.set_level(logging.DEBUG)
    place = url.replace("postgres@", f"postgres:{PASSWORD}@")
    settings = Settings(data=tmp_path, database_url=place)
    async with opened(tmp_path, alone=False, database_url=place) as core:
        await _add(core, "a note")
        with pytest.raises(DatabaseUnavailableError) as failure:
            async with core.database.snapshot() as connection:
                await connection.execute_query("SELECT nothing")
    with pytest.raises(CannotOpenError) as refusal:
        await Database(Postgres(place.replace("?", "x?"), 1, 1)).open()

    told = f"{caplog.text} {settings!r} {settings.database!r} {settings.database} {failure.value} {refusal.value}"
    assert "SELECT nothing" in told, "queries are logged at this level"
    assert PASSWORD not in told


# TLS.


class TlsDoor:
    """What stands before a server that knows no TLS, as that of the wheel, and speaks it with whoever comes."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server = server
        self.certificate = folder / "certificate"
        what = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        where = ["-keyout", str(folder / "key"), "-out", str(self.certificate)]
        subprocess.run(["openssl", "req", "-x509", *what, *where], check=True, capture_output=True)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificate, folder / "key")
        self.spoken = 0  # connections by TLS

    async def open(self) -> int:
        """Listen on all of this machine's own addresses; returns the port."""
        self._listening = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        return int(self._listening.sockets[0].getsockname()[1])

    async def close(self) -> None:
        self._listening.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # https://www.postgresql.org/docs/current/protocol-flow.html, "SSL Session Encryption"
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readexactly(8)
            writer.write(b"S")
            await writer.start_tls(self._tls)
            self.spoken += 1
            socket = f"{self._server.folder}/.s.PGSQL.{self._server.port}"
            beyond, back = await asyncio.open_unix_connection(socket)
            await asyncio.gather(_pass_on(reader, back), _pass_on(beyond, writer))
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
async def door(databases: Databases, tmp_path: Path) -> AsyncIterator[TlsDoor]:
    """A server that speaks TLS; its certificate is for localhost, and signed by itself."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate")
    door = TlsDoor(databases.server, tmp_path)
    yield door
    await door.close()


@pytest.mark.parametrize(
    ("host", "parameters", "refused"),
    [
        ("localhost", "sslmode=require", None),
        ("localhost", "sslmode=verify-full&sslrootcert={own}", None),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert={own}", None),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={own}", "IP address mismatch"),
        ("localhost", "sslmode=verify-ca&sslrootcert={other}", "certificate verify failed"),
        ("localhost", "sslmode=verify-ca&sslrootcert=/nowhere", "No such file"),
    ],
)
async def test_a_certificate_is_looked_at_as_the_address_says(
    door: TlsDoor, tmp_path: Path, host: str, parameters: str, refused: str | None
):
    (tmp_path / "other").mkdir()
    other = TlsDoor(door._server, tmp_path / "other").certificate
    parameters = parameters.format(own=door.certificate, other=other)
    place = Postgres(f"postgres://postgres@{host}:{await door.open()}/{TEMPLATE}?{parameters}", 1, 5)
    database = Database(place)
    try:
        if refused is None:
            assert await database.inspect() == []
            assert door.spoken == 1
        else:
            with pytest.raises(CannotOpenError, match=refused):
                await database.open()
    finally:
        await database.close()


async def test_a_server_without_tls_is_refused_where_it_is_required(databases: Databases, tmp_path: Path):
    plain = Server(tcp=True).start()
    try:
        with pytest.raises(CannotOpenError, match="SSL"):
            await Database(
                Postgres(f"postgres://postgres@127.0.0.1:{plain.port}/postgres?sslmode=require", 1, 5)
            ).open()
    finally:
        plain.close()
