"""Files of the program are readable by its own user alone, whatever the umask."""

import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from quart_notes.private_files import make_file, make_folder, open_file
from tests.support.servers.permissions import not_private, umask
from tests.support.servers.server_fork import Child
from tests.support.servers.server_process import wait_for

pytestmark = pytest.mark.sqlite_only("what becomes of files")
MASKS = [0, 0o777]


def program(folder: Path, mask: int, *arguments: str) -> Child:
    """`quart-notes` under a umask."""
    with Path(os.devnull).open("w") as nowhere:
        return Child(*arguments, folder=folder, out=nowhere.fileno(), err=nowhere.fileno(), mask=mask)


@pytest.mark.parametrize("mask", MASKS)
def test_every_file_that_the_program_creates_is_private(tmp_path: Path, mask: int):
    address, held = tmp_path / "http.sock", tmp_path / "in" / "data"
    (tmp_path / "notes.md").write_text("# A note\n")
    (tmp_path / "notes.md").chmod(0o600)
    flags = ("--data", str(held))
    server = program(tmp_path, mask & ~0o700, "--bind", f"unix:{address}", "--workers", "2", *flags)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(address)), base_url="http://localhost") as client:
            # Between bind() and listen() it refuses connections, and httpx leaves a refused socket open.
            wait_for(lambda: _listens(address), "it listens", 30)
            wait_for(lambda: _ready(client), "it serves", 30)
            client.post("/api/imports", files={"files": ("notes.csv", b"title\nfrom a file\n")}).raise_for_status()
            wait_for(lambda: "from a file" in client.get("/api/notes").text, "it is imported")
        assert program(tmp_path, mask, "backup", "copy.sqlite3", *flags).wait(30) == 0
        made = {file.name for file in held.rglob("*")}
        assert made >= {
            "quart-notes.sqlite3",
            "quart-notes.sqlite3-wal",
            "quart-notes.sqlite3-shm",
            "secret",
            "imports",
        }
        assert not_private(tmp_path) == []
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)

    for command in (("export", "notes.json"), ("restore", "copy.sqlite3"), ("import", "notes.md"), ("demo",)):
        assert program(tmp_path, mask, *command, *flags).wait(30) == 0, command

    assert (tmp_path / "notes.json").stat().st_size
    assert not_private(tmp_path) == []


def _listens(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(address)) == 0


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("mask", MASKS)
def test_existing_files_keep_their_permissions_and_content(tmp_path: Path, mask: int):
    folder, file = tmp_path / "folder", tmp_path / "folder" / "file"
    folder.mkdir()
    folder.chmod(0o750)
    file.write_text("kept")
    file.chmod(0o640)

    with umask(mask):
        make_folder(folder)
        make_file(file)
        with open_file(file, "a") as opened:
            opened.write(" on")
        with pytest.raises(FileExistsError):
            open_file(file, "x")
        with pytest.raises(FileExistsError):
            make_folder(file)

    assert file.read_text() == "kept on"
    assert not_private(tmp_path) == ["folder 0750", "folder/file 0640"]
