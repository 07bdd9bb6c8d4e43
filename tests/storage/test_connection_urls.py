"""PostgreSQL URLs: invalid ones are reported without their password, and TLS follows the URL."""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import certifi
import pytest

from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.errors import DatabaseUnavailableError
from quart_notes.schemas import NoteCreate
from quart_notes.settings import Postgres, Settings
from quart_notes.storage.database import Database
from quart_notes.storage.schema_version import DatabaseOpenError
from tests.support.clients.command_line import run_in
from tests.support.servers.in_process import opened
from tests.support.servers.postgres import TEMPLATE, Databases, Server
from tests.support.servers.server_process import ROOT

PASSWORD = "hunter2-never-told"
CERTIFICATE = ROOT / "tests" / "support" / "self_made.pem"


# URLs.


@pytest.mark.parametrize(
    "place",
    [
        f"postgres://u:{PASSWORD}@127.0.0.1:1/x",
        f"postgres://u:{PASSWORD}@no-such-host.invalid/x",
        f"postgres://u:{PASSWORD}@/x?host=/nowhere",
        f"postgres://u:{PASSWORD}@127.0.0.1:1/x?sslmode=verify-full&sslrootcert=/nowhere",
        f"postgres:///x?host=/nowhere&password={PASSWORD}&port=none",
    ],
)
def test_an_unusable_url_stops_the_start_with_one_line_without_the_password(place: str, tmp_path: Path):
    began = time.monotonic()
    done = run_in(tmp_path, "serve", "--bind", "127.0.0.1:0", env={"QUART_NOTES_DATABASE_URL": place})

    assert done.returncode in {1, 2}
    assert time.monotonic() - began < 15
    assert PASSWORD not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(line) > 30, "it says why"


async def test_the_password_is_in_no_log(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, databases: Databases
):
    caplog.set_level(logging.DEBUG)
    place = url.replace("postgres@", f"postgres:{PASSWORD}@")
    settings = Settings(data=tmp_path, database_url=place)
    async with opened(tmp_path, alone=False, database_url=place) as core:
        await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title="a note"))
        with pytest.raises(DatabaseUnavailableError) as failure:
            async with core.database.snapshot() as connection:
                await connection.execute_query("SELECT nothing")
    with pytest.raises(DatabaseOpenError) as refusal:
        await Database(Postgres(place.replace("?", "x?"), 1, 1)).open()

    told = f"{caplog.text} {settings!r} {settings.database!r} {settings.database} {failure.value} {refusal.value}"
    assert "SELECT nothing" in told, "queries are logged at this level"
    assert PASSWORD not in told


# TLS.


class TlsProxy:
    """A TLS proxy in front of the wheel's server, which lacks TLS."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(CERTIFICATE)
        self.spoken = 0  # TLS connections

    async def open(self, host: str) -> int:
        """Listen on an address of this machine; returns the port."""
        self._listening = await asyncio.start_server(self._meet, host, 0, family=socket.AF_INET)
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
            inner = f"{self._server.folder}/.s.PGSQL.{self._server.port}"
            beyond, back = await asyncio.open_unix_connection(inner)
            await asyncio.gather(_pass_on(reader, back), _pass_on(beyond, writer))
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
async def door(databases: Databases) -> AsyncIterator[TlsProxy]:
    """A server with TLS; its certificate is self-signed, for localhost."""
    door = TlsProxy(databases.server)
    yield door
    await door.close()


@pytest.mark.parametrize(
    ("host", "parameters", "refused"),
    [
        ("localhost", "sslmode=require", None),
        ("localhost", "sslmode=verify-full&sslrootcert={own}", None),
        ("127.0.0.2", "sslmode=verify-ca&sslrootcert={own}", None),
        ("127.0.0.2", "sslmode=verify-full&sslrootcert={own}", "IP address mismatch"),
        ("localhost", "sslmode=verify-ca&sslrootcert={other}", "certificate verify failed"),
        ("localhost", "sslmode=verify-ca&sslrootcert=/nowhere", "No such file"),
    ],
)
async def test_certificates_are_verified_as_the_url_requires(
    door: TlsProxy, host: str, parameters: str, refused: str | None
):
    parameters = parameters.format(own=CERTIFICATE, other=certifi.where())
    place = Postgres(f"postgres://postgres@{host}:{await door.open(host)}/{TEMPLATE}?{parameters}", 1, 5)
    database = Database(place)
    try:
        if refused is None:
            async with database.read_only() as pending:
                assert pending == []
                assert door.spoken == 1
        else:
            with pytest.raises(DatabaseOpenError, match=refused):
                await database.open()
    finally:
        await database.close()


async def test_a_server_without_tls_is_refused_where_it_is_required():
    plain = Server(tcp=True).start()
    try:
        with pytest.raises(DatabaseOpenError, match="SSL"):
            await Database(
                Postgres(f"postgres://postgres@127.0.0.1:{plain.port}/postgres?sslmode=require", 1, 5)
            ).open()
    finally:
        plain.close()
