"""`quart-notes import` and `quart-notes export`: without a server, with a progress bar."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.clients.command_line import environment_of, run_in
from tests.support.note_files import packed, put, takeout
from tests.support.servers.empty_database import put_empty_database
from tests.support.servers.server_process import ROOT, ServerProcess

NOTES = [{"title": "a", "done": True}, {"title": "b", "description": "é\n=1"}, {"title": "a", "done": True}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an empty database in `data`."""
    put_empty_database(tmp_path / "data")
    return tmp_path


def _exported(folder: Path, *arguments: str) -> list[dict[str, object]]:
    done = run_in(folder, "export", *arguments)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["notes"])


def test_a_file_is_imported_once_and_exported(folder: Path):
    put(folder, "notes.json", NOTES)

    first, second = run_in(folder, "import", "notes.json"), run_in(folder, "import", "notes.json")

    assert (first.returncode, first.stdout) == (0, "3 notes imported\n")
    assert (second.returncode, second.stdout) == (0, "0 notes imported, 3 were there already\n")
    assert "Importing" in first.stderr
    assert [note["title"] for note in _exported(folder)] == ["a", "b", "a"]


def test_a_folder_a_zip_and_a_file_are_imported_together(folder: Path):
    (folder / "inner").mkdir()
    put(folder / "inner", "a.md", "# A")
    put(folder, "b.zip", packed({"b.md": "# B"}))
    put(folder, "c.md", "# C")

    done = run_in(folder, "import", "inner", "b.zip", "c.md")

    assert done.stdout == "3 notes imported\n", done.stderr
    assert [note["title"] for note in _exported(folder)] == ["A", "B", "C"]


def test_the_options_of_import_choose_notes_of_a_takeout(folder: Path):
    put(folder, "takeout.zip", takeout())

    dry = run_in(folder, "import", "takeout.zip", "--archived", "--dry-run")
    done = run_in(folder, "import", "takeout.zip", "--archived", "--trashed")

    assert dry.stdout == "3 notes can be imported, 1 from the trash was left out, without “attached files”\n"
    assert "not imported of 1 note: attached files, such as “photo.png”" in dry.stderr
    assert "Without --dry-run it imports these 3 notes." in dry.stderr
    assert done.stdout == "4 notes imported, without “attached files” and “isTrashed”\n"
    assert len(_exported(folder)) == 4


def test_bad_entries_are_reported_on_standard_error(folder: Path):
    put(folder, "notes.json", [{"title": "good"}, *({"done": True} for _ in range(120))])

    done = run_in(folder, "import", "notes.json")

    assert (done.returncode, done.stdout) == (0, "1 note imported, 120 could not be read\n")
    assert "notes.json: note 2: is empty: " in done.stderr
    assert done.stderr.rstrip().endswith("and 20 more")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["import"], 2, "PATH"),
        (["import", "missing.json"], 2, "missing.json"),
        (["import", "bad.json"], 1, "It is not whole JSON"),
        (["import", "what"], 1, "not recognised"),
        (["import", "good.json", "--format", "xml"], 2, "xml"),
        (["import", "good.json", "--board", "999"], 1, "Board 999 not found"),
        (["import", "good.json", "--board", "0"], 2, "--board"),
        (["export", "--board", "999"], 1, "Board 999 not found"),
        (["export", "good.json"], 1, "good.json exists already"),
        (["export", "--data", "elsewhere"], 1, "there is no database at elsewhere"),
        (["export", "nowhere/x.json"], 1, "nowhere/x.json"),
    ],
    ids=str,
)
def test_errors_are_on_standard_error(folder: Path, arguments: list[str], code: int, words: str):
    put(folder, "good.json", NOTES)
    put(folder, "bad.json", "[{")
    put(folder, "what", "what")
    before = sorted(path.name for path in folder.iterdir())

    done = run_in(folder, *arguments)

    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == before
    assert _exported(folder) == []


def test_every_format_is_exported_to_a_file_and_to_standard_output(folder: Path):
    put(folder, "notes.json", NOTES)
    run_in(folder, "import", "notes.json")

    for kind in ("json", "csv", "markdown"):
        done = run_in(folder, "export", f"out.{kind}", "--format", kind)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert done.stderr.rstrip().endswith("3 notes")

    assert [note["title"] for note in json.loads((folder / "out.json").read_text())["notes"]] == ["a", "b", "a"]
    table = list(csv.DictReader(io.StringIO((folder / "out.csv").read_text(encoding="utf-8-sig"), newline="")))
    assert [row["title"] for row in table] == ["a", "b", "a"]
    assert zipfile.ZipFile(folder / "out.markdown").testzip() is None
    assert run_in(folder, "export", "--format", "csv", "-").stdout.count('"a"') == 2


def test_a_board_is_moved_to_another_server_and_back(folder: Path, tmp_path: Path):
    put(folder, "notes.json", NOTES)
    run_in(folder, "import", "notes.json")
    put_empty_database(tmp_path / "other")
    run_in(folder, "export", "out.json")

    there = run_in(folder, "import", "out.json", "--data", "other")
    run_in(folder, "export", "back.json", "--data", "other")
    back = run_in(folder, "import", "back.json")

    assert there.stdout == "3 notes imported\n"
    assert back.stdout == "0 notes imported, 3 were there already\n"
    assert _exported(folder) == _exported(folder, "--data", "other")


@pytest.mark.sqlite_only("the file that commands work on")
def test_importing_an_export_after_a_restore_adds_no_duplicates(folder: Path):
    with ServerProcess(folder / "data") as server:
        httpx.post(server.base + "/api/notes", json={"title": "typed"}, verify=False)
    run_in(folder, "export", "out.json")
    run_in(folder, "backup", "copy.sqlite3")
    assert run_in(folder, "restore", "copy.sqlite3").returncode == 0

    done = run_in(folder, "import", "out.json")

    assert done.stdout == "0 notes imported, 1 was there already\n"
    assert [note["title"] for note in _exported(folder)] == ["typed"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("running") / "data") as server:
        httpx.post(server.base + "/api/notes", json={"title": "the server's"}, verify=False)
        yield server


def test_an_export_works_beside_a_running_server_and_an_import_is_refused(running: ServerProcess):
    folder = running.data.parent
    put(folder, "notes.json", NOTES)

    exported = _exported(folder)
    refused = run_in(folder, "import", "notes.json")

    assert [note["title"] for note in exported] == ["the server's"]
    assert refused.returncode == 1
    assert "is in use by another Quart Notes process" in refused.stderr
    assert httpx.get(running.base + "/api/notes", verify=False).json()[0]["title"] == "the server's"
    assert len(httpx.get(running.base + "/api/notes", verify=False).json()) == 1


@pytest.mark.sqlite_only("the file that commands work on")
def test_a_database_of_an_older_version_is_refused_with_an_explanation(tmp_path: Path):
    (tmp_path / "data").mkdir()
    put(tmp_path / "data", "quart-notes.sqlite3", b"")

    done = run_in(tmp_path, "export")

    assert done.returncode == 1
    assert "run quart-notes migrate" in done.stderr


def test_a_closed_pipe_causes_no_traceback(folder: Path):
    put(folder, "notes.json", [{"title": str(n), "description": "x" * 1000} for n in range(500)])
    run_in(folder, "import", "notes.json")
    command = f"{sys.executable} -m quart_notes export | head -c 10"

    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment_of(folder)}
    done = subprocess.run(command, shell=True, cwd=folder, env=env, capture_output=True, check=False)

    assert done.stdout == b'{"quart_no'
    assert b"Traceback" not in done.stderr
