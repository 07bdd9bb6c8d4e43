"""The command line in real processes: exit codes, errors on standard error."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from click import Context, Option
from click.testing import CliRunner

from quart_notes.cli.main import cli
from quart_notes.version import __version__
from tests.support.clients.command_line import ask, assert_failed, assert_refused, database_in, run_in
from tests.support.servers.server_fork import Child
from tests.support.servers.server_process import ROOT, ServerProcess, wait_for

THINGS = ("note", "user", "message")
COMMANDS = ["serve", "dev", "demo", "migrate", "doctor", "backup", "restore", "import", "export", "openapi"]
COMMANDS += ["copy-database", "user"]


# Help.


def test_every_command_is_tested_here():
    assert cli.list_commands(Context(cli)) == sorted(COMMANDS)


def test_help_lists_the_commands(tmp_path: Path):
    for flag in ("--help", "-h"):
        done = run_in(tmp_path, flag)

        assert done.returncode == 0
        assert done.stderr == ""
        for command in COMMANDS:
            assert re.search(rf"^  {command} +\S", done.stdout, re.M), command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str):
    done = CliRunner().invoke(
        cli, [name, "--help"]
    )  # not as processes: there are many, and their output would be the same

    assert done.exit_code == 0
    assert done.stderr == ""
    command = cli.get_command(Context(cli), name)
    assert command
    for option in (option for parameter in command.params for option in parameter.opts if option.startswith("--")):
        assert option in done.stdout
    assert all(parameter.help for parameter in command.params if isinstance(parameter, Option))


def test_the_version_is_printed(tmp_path: Path):
    assert run_in(tmp_path, "--version").stdout.split()[-1] == __version__


def test_an_unknown_command_is_refused(tmp_path: Path):
    assert_refused(run_in(tmp_path, "nonsense"), "Usage:", "Error:", "nonsense", code=2)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["migrate", "nonsense"],
        ["restore"],
        ["restore", "missing"],
        ["copy-database"],
        ["backup", "a", "b"],
    ],
)
def test_invalid_arguments_are_refused(arguments: list[str]):
    done = CliRunner().invoke(cli, arguments)

    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Usage:" in done.stderr
    assert "Error:" in done.stderr


# serve.


@contextmanager
def _serving(folder: Path, *arguments: str) -> Iterator[tuple[Child, Path]]:
    log = folder / "log"
    with log.open("w") as out:
        process = Child(*arguments, folder=folder, out=out.fileno(), err=out.fileno())
    try:
        yield process, log
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("number", "flags"), [(signal.SIGINT, []), (signal.SIGTERM, ["--workers", "2"])], ids=["SIGINT", "SIGTERM"]
)
def test_without_a_command_it_serves_until_a_signal(tmp_path: Path, number: signal.Signals, flags: list[str]):
    """A newly started process with new workers, as in production."""
    command = [sys.executable, "-m", "quart_notes", "--bind", "127.0.0.1:0", *flags]
    log = tmp_path / "log"
    env = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    with log.open("w") as out, subprocess.Popen(command, cwd=tmp_path, env=env, stdout=out, stderr=out) as process:
        try:
            wait_for(lambda: "Quart Notes on" in log.read_text(), "it serves", 20)
            found = re.search(r"Quart Notes on (http://[^\s,]+)", log.read_text())
            assert found
            assert httpx.get(found[1] + "/api/version", verify=False).json() == {"version": __version__}
            assert database_in(tmp_path).is_file()

            process.send_signal(number)

            assert process.wait(10) == 0
            assert "Traceback" not in log.read_text()
        finally:
            process.kill()


def test_the_server_listens_on_a_unix_socket(tmp_path: Path):
    with _serving(tmp_path, "serve", "--bind", "unix:here.sock") as (process, log):
        wait_for(lambda: "Quart Notes on unix:" in log.read_text(), "it serves", 20)
        transport = httpx.HTTPTransport(uds=str(tmp_path / "here.sock"))
        with httpx.Client(transport=transport, base_url="http://localhost") as client:
            assert client.post("/api/notes", json={"title": "by socket"}).status_code == 201
            assert len(client.get("/api/notes").json()) == 1

            other = run_in(tmp_path, "serve", "--bind", "unix:here.sock", "--data", "other")
            assert_failed(other, "here.sock")
            doctor = run_in(tmp_path, "doctor", "--bind", "unix:here.sock")
            assert doctor.returncode == 0, doctor.stdout

            assert client.get("/api/version").status_code == 200, "the socket was taken away"
        assert process.poll() is None


def test_the_socket_of_a_killed_server_is_replaced(tmp_path: Path):
    with closing(socket.socket(socket.AF_UNIX)) as dead:
        dead.bind(str(tmp_path / "here.sock"))

    with _serving(tmp_path, "serve", "--bind", "unix:here.sock") as (_, log):
        wait_for(lambda: "Quart Notes on unix:" in log.read_text(), "it serves", 20)


def test_an_existing_file_at_the_sockets_path_is_not_replaced(tmp_path: Path):
    (tmp_path / "precious").write_text("text")

    done = run_in(tmp_path, "serve", "--bind", "unix:precious")

    assert_refused(done, "precious")
    assert (tmp_path / "precious").read_text() == "text"


def test_an_address_in_use_is_reported(tmp_path: Path):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        done = run_in(tmp_path, "serve", "--bind", address)

    assert_refused(done, f"cannot listen on {address}", "in use")


@pytest.mark.parametrize("bind", ["192.0.2.1:80", "nowhere.invalid:80"])
def test_an_unavailable_address_is_reported(tmp_path: Path, bind: str):
    assert_refused(run_in(tmp_path, "serve", "--bind", bind, "--open-to-network"), f"cannot listen on {bind}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server in the folder in which the commands of a test run."""
    folder = tmp_path_factory.mktemp("running")
    with ServerProcess(folder / "data") as server:
        httpx.post(server.base + "/api/notes", json={"title": "the server's"}, verify=False)
        yield server


@pytest.mark.sqlite_only("the file that commands work on")
@pytest.mark.parametrize(
    "arguments", [["serve", "--bind", "127.0.0.1:0"], ["demo"], ["migrate"], ["restore", "copy.sqlite3"]], ids=str
)
def test_a_second_process_on_the_same_data_folder_is_refused(running: ServerProcess, arguments: list[str]):
    folder = running.data.parent
    (folder / "copy.sqlite3").unlink(missing_ok=True)
    assert run_in(folder, "backup", "copy.sqlite3").returncode == 0

    done = run_in(folder, *arguments)

    assert_failed(done, "quart-notes.sqlite3", "is in use by another Quart Notes process")
    assert len(httpx.get(running.base + "/api/notes", verify=False).json()) == 1


# migrate, demo, openapi.


@pytest.mark.sqlite_only("the file that commands work on")
def test_migrate_creates_the_tables_once(tmp_path: Path):
    first, second = run_in(tmp_path, "migrate"), run_in(tmp_path, "migrate")

    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout.startswith("Applied: 0001_")
    assert "up to date" in second.stdout
    assert ask(database_in(tmp_path), "SELECT count(*) FROM note") == 0
    assert not (tmp_path / "data" / "copies").exists()


@pytest.mark.sqlite_only("the file that commands work on")
def test_demo_creates_notes_users_and_messages_with_their_events(tmp_path: Path):
    done = run_in(tmp_path, "demo")

    notes, people, messages = (ask(database_in(tmp_path), f'SELECT count(*) FROM "{name}"') for name in THINGS)
    assert done.returncode == 0
    assert f"Added {notes} notes, {people} people and {messages} messages" in done.stdout
    assert notes >= 5
    assert people == 3
    assert messages >= 5
    assert ask(database_in(tmp_path), "SELECT count(*) FROM event_log") >= notes + people + messages
    assert ask(database_in(tmp_path), "SELECT newest FROM log_head") == ask(
        database_in(tmp_path), "SELECT max(number) FROM event_log"
    )

    assert "0 people and 0 messages" in run_in(tmp_path, "demo").stdout
    assert ask(database_in(tmp_path), 'SELECT count(*) FROM "user"') == 3


def test_openapi_prints_the_servers_document_and_changes_nothing(tmp_path: Path, running: ServerProcess):
    done = run_in(tmp_path, "openapi")

    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout) == httpx.get(running.base + "/openapi.json", verify=False).json()
    assert not list(tmp_path.iterdir())


# Invalid databases.


@pytest.mark.sqlite_only("the file that commands work on")
@pytest.mark.parametrize("command", [["serve", "--bind", "127.0.0.1:0"], ["migrate"]], ids=str)
def test_a_file_that_is_no_database_is_refused_and_unchanged(tmp_path: Path, command: list[str]):
    file = database_in(tmp_path)
    file.parent.mkdir()
    file.write_bytes(b"my diary " * 1000)

    done = run_in(tmp_path, *command)

    assert_failed(done, "quart-notes.sqlite3")
    assert file.read_bytes() == b"my diary " * 1000


@pytest.mark.parametrize("command", [["serve", "--bind", "127.0.0.1:0"]], ids=str)
def test_an_invalid_data_folder_is_refused(tmp_path: Path, command: list[str]):
    (tmp_path / "file").write_text("")

    assert_failed(run_in(tmp_path, *command, "--data", "file/data"), "file/data")
    assert_failed(run_in(tmp_path, *command, "--database-url", f"sqlite:///{tmp_path}"), tmp_path.name)
