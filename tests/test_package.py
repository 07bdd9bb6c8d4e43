"""What people install: everything is in it, nothing else is, and it runs from another folder."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import httpx
import pytest

from quart_notes.version import __version__
from tests.support.servers.server_process import ROOT, wait_for

BUILD = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
GENERATED = {"__pycache__", ".DS_Store"}


def _pip(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", *BUILD, "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution."""
    folder = tmp_path_factory.mktemp("source")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)], cwd=ROOT, check=True)
    (built,) = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel in it, to put on the path."""
    folder = tmp_path_factory.mktemp("site")
    _pip(
        "install",
        "--no-deps",
        "--no-index",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
        str(folder),
        str(wheel),
    )
    return folder


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def _files(folder: Path) -> set[str]:
    return {
        str(file.relative_to(ROOT)) for file in folder.rglob("*") if file.is_file() and not GENERATED & {*file.parts}
    }


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(archive.read(name))


def test_the_wheel_holds_all_that_is_needed_and_nothing_else(wheel: Path):
    code = {name for name in _files(ROOT / "quart_notes") if not name.endswith(".pyc")}
    beside = {f"quart_notes/{name}" for folder in ("templates", "static") for name in _files(ROOT / folder)}
    expected = {*code, *beside, "quart_notes/hypercorn.toml"}

    held = {name for name in _names(wheel) if ".dist-info/" not in name}

    assert held == expected
    for needed in (
        "quart_notes/migrations/0001_notes_and_log.py",
        "quart_notes/migrations/__init__.py",
        "quart_notes/templates/board.html",
        "quart_notes/static/js/main.js",
        "quart_notes/static/vendor/swagger-ui/swagger-ui-bundle.js",
        "quart_notes/py.typed",
        "quart_notes/domain/common_passwords/list.txt",
    ):
        assert needed in held


def test_the_wheel_says_what_it_is(wheel: Path):
    metadata = _metadata(wheel)

    assert wheel.name == f"quart_notes-{__version__}-py3-none-any.whl"
    assert metadata["Name"] == "quart-notes"
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(metadata.get_payload()).lstrip().startswith("# Quart Notes")


def test_every_licence_comes_along(wheel: Path):
    named = _metadata(wheel).get_all("License-File") or []
    common = "quart_notes/domain/common_passwords/LICENSE"
    assert set(named) == {"LICENSE", "static/vendor/swagger-ui/LICENSE", common}

    held = _names(wheel)
    for name in named:
        assert f"quart_notes-{__version__}.dist-info/licenses/{name}" in held
    vendors = {folder.name for folder in (ROOT / "static" / "vendor").iterdir() if folder.is_dir()}
    assert vendors == {name.split("/")[2] for name in named if name.startswith("static/vendor/")}


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, source: Path, tmp_path: Path):
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {"README.md", "LICENSE", "CHANGELOG.md", "Makefile", "pyproject.toml", "tests/test_package.py"}
    assert not [name for name in names if "__pycache__" in name or name.startswith((".venv", "data/", ".git/"))]

    _pip("wheel", *BUILD, "--wheel-dir", str(tmp_path), str(source))

    (built,) = tmp_path.glob("*.whl")
    assert _names(built) == _names(wheel)


def _environment(installed: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}


def test_what_is_installed_serves_from_another_folder(installed: Path, tmp_path: Path):
    log = tmp_path / "log"
    command = [sys.executable, str(installed / "bin" / "quart-notes"), "--bind", "127.0.0.1:0"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=tmp_path, env=_environment(installed), stdout=out, stderr=out)
    try:
        wait_for(lambda: "Quart Notes on" in log.read_text() or process.poll() is not None, "it serves", 20)
        found = re.search(r"Quart Notes on (http://\S+)", log.read_text())
        assert found, log.read_text()
        with httpx.Client(base_url=found[1], verify=False) as client:
            assert client.post("/api/notes", json={"title": "from a wheel"}).status_code == 201
            page = client.get("/front/notes")
            assert page.status_code == 200
            assert "from a wheel" in page.text
            assert client.get("/docs").status_code == 200
            assert client.get("/nothing", headers={"Accept": "text/html"}).status_code == 404
            addresses = set(re.findall(r"""(?:src|href)="(/static/[^"]+)\"""", page.text + client.get("/docs").text))
            assert len(addresses) > 5
            for address in addresses:
                assert client.get(address).status_code == 200, address
        assert (tmp_path / "data" / "quart-notes.sqlite3").is_file()
    finally:
        process.kill()
        process.wait()


def test_what_is_installed_is_what_runs(installed: Path, tmp_path: Path):
    said = subprocess.run(
        [sys.executable, "-c", "import quart_notes; print(quart_notes.__file__)"],
        cwd=tmp_path,
        env=_environment(installed),
        capture_output=True,
        text=True,
        check=True,
    )

    assert Path(said.stdout.strip()) == installed / "quart_notes" / "__init__.py"
