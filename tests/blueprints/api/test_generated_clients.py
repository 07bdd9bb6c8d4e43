"""Clients generated from the OpenAPI document pass type checks and run the documented examples."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copy, which

import httpx
import pytest

from tests.support.servers.server_process import ROOT, ServerProcess

CLIENTS = ROOT / "tests" / "clients"
SIZE_PER_PATH_MAX = 2_000  # bytes of the document: what several routes share stands in it once
PYTHON_SETTINGS = "post_hooks: []\n"  # generated code is not formatted
TYPESCRIPT_SETTINGS = {
    "compilerOptions": {
        "strict": True,
        "skipLibCheck": True,
        "noEmit": True,
        "target": "es2023",
        "module": "nodenext",
        "allowImportingTsExtensions": True,
        "typeRoots": ["node_modules/@types"],
    }
}


def _typescript_tools() -> Path | None:
    """The packages of tests/tools/openapi, if `make test` has installed them."""
    places = [Path(folder).parent.parent / "openapi" / "node_modules" for folder in os.get_exec_path()]
    return next((place for place in places if place.is_dir()), None)


def run(folder: Path, *command: str | Path, **environment: str) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout + done.stderr


@pytest.fixture
def document(server: ServerProcess, tmp_path: Path) -> Path:
    file = tmp_path / "openapi.json"
    file.write_bytes(httpx.get(server.base + "/openapi.json", verify=False).content)
    return file


def test_the_document_is_small_and_names_the_schemas_of_requests_and_responses(document: Path):
    described = json.loads(document.read_text())
    assert document.stat().st_size <= SIZE_PER_PATH_MAX * len(described["paths"])
    assert {"NoteCreate", "NoteUpdate", "NoteOut", "ProblemOut"} <= described["components"]["schemas"].keys()
    bodies = [
        operation["requestBody"]
        for path in described["paths"].values()
        for operation in path.values()
        if "requestBody" in operation  # parameters of the path are a list
    ]
    assert bodies
    for body in (*bodies, *described["components"]["requestBodies"].values()):
        content = body.get("content", {}).get("application/json", {"schema": {}})
        assert content["schema"].keys() <= {"$ref"}, body


def test_a_generated_python_client_runs_the_examples(server: ServerProcess, document: Path, tmp_path: Path):
    settings = tmp_path / "settings.yaml"
    settings.write_text(PYTHON_SETTINGS)
    package = tmp_path / "quart_notes_client"
    generator = Path(sys.executable).parent / "openapi-python-client"
    command = (generator, "generate", "--path", document, "--config", settings, "--meta", "none")

    said = run(tmp_path, *command, "--output-path", package)

    assert "arning" not in said
    program = CLIENTS / "api_examples.py"
    strict = ("--strict", "--warn-unreachable", "--config-file=", f"--cache-dir={tmp_path}/cache")
    run(tmp_path, sys.executable, "-m", "mypy", *strict, program, MYPYPATH=str(tmp_path))
    run(tmp_path, sys.executable, program, server.base, PYTHONPATH=str(tmp_path))


def test_a_generated_typescript_client_runs_the_examples(server: ServerProcess, document: Path, tmp_path: Path):
    packages = _typescript_tools()
    if packages is None or which("node") is None:
        pytest.skip("openapi-typescript is not installed; `make test` installs it")
    (tmp_path / "node_modules").symlink_to(packages)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "tsconfig.json").write_text(json.dumps(TYPESCRIPT_SETTINGS))
    program = Path(copy(CLIENTS / "api_examples.ts", tmp_path))
    tool = packages / ".bin"

    run(tmp_path, tool / "openapi-typescript", document, "--output", tmp_path / "quart_notes.ts")
    run(tmp_path, tool / "tsc", "--project", tmp_path)
    run(tmp_path, "node", program, server.base)
