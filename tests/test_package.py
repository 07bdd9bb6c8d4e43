"""Distributions: complete, without other files, and runnable from another folder."""

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

GENERATED = {"__pycache__", ".DS_Store"}


def _build(project: Path, folder: Path, *kinds: str) -> None:
    """Build distributions of a project, as a build frontend does: "wheel", "sdist"."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    targets = [word for kind in kinds for word in ("-t", kind)]
    done = subprocess.run([*command, *targets], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("built")
    _build(ROOT, folder, "wheel", "sdist")
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel, for the path."""
    folder = tmp_path_factory.mktemp("site")
    flags = ("--no-deps", "--no-index", "--no-compile", "--quiet", "--disable-pip-version-check")
    command = [sys.executable, "-m", "pip", "install", *flags, "--target", str(folder), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
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


def test_the_wheel_contains_exactly_the_required_files(wheel: Path):
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


def test_the_wheel_has_metadata(wheel: Path):
    metadata = _metadata(wheel)

    assert wheel.name == f"quart_notes-{__version__}-py3-none-any.whl"
    assert metadata["Name"] == "quart-notes"
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(metadata.get_payload()).lstrip().startswith("# Quart Notes")


def test_every_licence_is_included(wheel: Path):
    named = _metadata(wheel).get_all("License-File") or []
    common = "quart_notes/domain/common_passwords/LICENSE"
    assert set(named) == {"LICENSE", "static/vendor/swagger-ui/LICENSE", common}

    held = _names(wheel)
    for name in named:
        assert f"quart_notes-{__version__}.dist-info/licenses/{name}" in held
    vendors = {folder.name for folder in (ROOT / "static" / "vendor").iterdir() if folder.is_dir()}
    assert vendors == {name.split("/")[2] for name in named if name.startswith("static/vendor/")}


def test_the_source_distribution_builds_the_same_wheel(built: Path, wheel: Path, tmp_path: Path):
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {"README.md", "LICENSE", "CHANGELOG.md", "Makefile", "pyproject.toml", "tests/test_package.py"}
    assert not [name for name in names if "__pycache__" in name or name.startswith((".venv", "data/", ".git/"))]

    (project,) = tmp_path.iterdir()
    _build(project, tmp_path, "wheel")

    (again,) = tmp_path.glob("*.whl")
    assert _names(again) == _names(wheel)


def _environment(installed: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}


def test_the_installed_package_runs_from_another_folder(installed: Path, tmp_path: Path):
    with (installed / "quart_notes" / "version.py").open("a") as code:
        code.write('__version__ += ".of-the-wheel"\n')
    log = tmp_path / "log"
    command = [sys.executable, str(installed / "bin" / "quart-notes"), "--bind", "127.0.0.1:0"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=tmp_path, env=_environment(installed), stdout=out, stderr=out)
    try:
        wait_for(lambda: "Quart Notes on" in log.read_text() or process.poll() is not None, "it serves", 20)
        found = re.search(r"Quart Notes on (http://\S+)", log.read_text())
        assert found, log.read_text()
        with httpx.Client(base_url=found[1], verify=False) as client:
            assert client.get("/api/version").json() == {"version": f"{__version__}.of-the-wheel"}
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
