"""The documents: their examples run, and what they refer to exists."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from click import Context

from quart_notes.cli.main import cli
from quart_notes.domain.text.markdown import format_text
from quart_notes.errors import CATALOGUE
from quart_notes.schemas import ContentNode, NoteOut
from quart_notes.schemas.content import NodeType
from quart_notes.settings import Settings
from quart_notes.settings_sources import PREFIX
from tests.support.clients.httpie import TELL_WORDS, Httpie
from tests.support.servers.server_process import PATIENCE, ROOT, ServerProcess, wait_for

API, LIVE_FEED, CONFIGURATION, COMMANDS, GLOSSARY = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("api", "live-feed", "configuration", "cli", "glossary")
)
EXAMPLES = API + LIVE_FEED
README_LINES = 150
SUFFIXES = "py|js|ts|css|html|toml|md|yaml|service|timer|conf|svg"
BASES = [ROOT, ROOT / "quart_notes", *(ROOT / "quart_notes").glob("*/"), ROOT / "static" / "js"]
TREES = [ROOT / name for name in ("quart_notes", "static", "templates", "tests", "bench", "deploy", "docs")]
ELSEWHERE = {  # on the machines of users or operators; no paths of the project
    *("data/quart-notes.sqlite3", "data/imports", "data/copies", "imports/", "copies/", "quart-notes.toml", "epoch/id")
}
DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")})
CURRENT = [document for document in DOCUMENTS if document.name != "CHANGELOG.md"]  # which names former files
STATUS_LINE = re.compile(r"^HTTP/1\.1 (\d{3})", re.MULTILINE)
HTTPIE = shutil.which("http") or shutil.which("http", path=str(Path(sys.executable).parent))
ENDLESS = "until Ctrl-C"
PLACE = re.compile(r"(?<![\w.])/(work|tmp|home|root|Users)/\S*")  # of a developer's machine


class Block(NamedTuple):
    """A fenced block of a document."""

    language: str
    text: str


class Example(NamedTuple):
    """Command lines that all get the same status."""

    status: int
    endless: bool
    lines: list[str]


def blocks(text: str) -> list[Block]:
    return [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def examples(tools: tuple[str, ...]) -> list[Example]:
    """The examples of the API and the live feed: the lines that use one of the tools, or prepare it."""
    found: list[Example] = []
    for block in blocks(EXAMPLES):
        if block.language != "sh":
            continue
        for line in block.text.splitlines():
            if line.startswith("#"):
                status = re.match(r"# (\d{3})\b", line)
                assert status, f"does not say which status comes back: {line}"
                found.append(Example(int(status[1]), ENDLESS in line, []))
            else:
                word = line.split()[0].partition("=")[0]
                assert word in {"curl", "http", "place"}, f"cannot be pasted: {line}"
                if word in {*tools, "place"}:
                    found[-1].lines.append(line)
    return found


def run(line: str, server: ServerProcess, httpie: Httpie | None, home: Path, endless: bool) -> str:
    """The output of a line; an endless one is interrupted once some output has arrived.

    The shell parses every line. The running HTTPie process gets the resulting arguments, except for an endless line.
    """
    line = line.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}").replace(" :8000/", f" 127.0.0.1:{server.port}/")
    environment = {**os.environ, "PATH": f"{Path(HTTPIE or '').parent}:{os.environ['PATH']}"}
    environment |= httpie.env if httpie else {}
    words_only = httpie and not endless and line.splitlines()[-1].startswith("http ")
    output = home / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", f"{TELL_WORDS}\n{line}" if words_only else line],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        if endless:
            try:
                wait_for(lambda: b"retry: " in output.read_bytes(), f"the stream begins: {line}")
                change_something(server)
                wait_for(lambda: b'"action":"create"' in output.read_bytes(), f"an event arrives: {line}")
            finally:
                os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE)
    assert endless or process.returncode == 0, f"{line}\n{errors.decode()}"
    said = output.read_text()
    return httpie(said.split("\0")[:-1]) if httpie and words_only else said


def change_something(server: ServerProcess) -> None:
    request = urllib.request.Request(
        f"{server.base}/api/notes", b'{"title": "Something"}', {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()


def run_all(tools: tuple[str, ...], server: ServerProcess, home: Path, httpie: Httpie | None = None) -> None:
    prepared: list[str] = []
    for example in examples(tools):
        for line in example.lines:
            if line.startswith("place="):
                prepared = [line]
                continue
            said = run("\n".join([*prepared, line]), server, httpie, home, example.endless)
            assert STATUS_LINE.findall(said) == [str(example.status)], f"{line}\n{said}"
        prepared = []


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_examples_run_in_sequence(server: ServerProcess, tmp_path: Path):
    if HTTPIE is None:
        run_all(("curl",), server, tmp_path)
    else:
        with Httpie(HTTPIE, tmp_path) as httpie:
            run_all(("curl", "http"), server, tmp_path, httpie)


def test_every_route_has_an_example_with_each_tool():
    shown = {
        tool: " ".join(line for example in examples((tool,)) for line in example.lines) for tool in ("curl", "http")
    }
    routes = ("notes ", "notes?", "notes/1 ", "PATCH", "DELETE", "/restore", "If-Match", "If-None-Match", "events")
    system = ("version", "db/alive", "healthz", "readyz", "openapi.json", "asyncapi.json", "docs")

    for route in (*routes, *system):
        assert route in shown["curl"], route
    for route in (*routes, *system):
        assert route.rstrip(" ?").replace("notes/1", "notes/2") in shown["http"], route
    assert "/ws" in LIVE_FEED


def test_the_python_example_receives_an_event(server: ServerProcess):
    (program,) = [block.text for block in blocks(EXAMPLES) if block.language == "python"]
    program = program.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}").replace(
        "print(event)", "print(event); break"
    )

    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: changed_until_it_ends(server, process), "the program hears a change")
        said, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()

    assert json.loads(said)["action"] == "create"


def changed_until_it_ends(server: ServerProcess, process: "subprocess.Popen[str]") -> bool:
    change_something(server)
    return process.poll() is not None


def test_the_responses_in_the_docs_are_those_of_the_server():
    note, formatted = [json.loads(block.text) for block in blocks(API) if block.language == "json"][:2]
    (body,) = set(re.findall(r"""/api/notes/1 .* -d '(\{"description": .*)'$""", API, re.MULTILINE))
    shown = format_text(json.loads(body)["description"])

    assert note.keys() == NoteOut.model_fields.keys()
    assert formatted == {"content": shown.content, "tasks": shown.task_count}


def test_every_type_of_content_is_listed_with_its_fields():
    section = API.partition("\n## Markdown and tasks")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    listed = {name: row[2] if len(row) > 2 else "" for row in rows for name in re.findall(r"`(\w+)`", row[0])}

    assert listed.keys() >= {*get_args(NodeType)}
    fields = " ".join(listed[name] for name in get_args(NodeType))
    for field in ContentNode.__annotations__.keys() - {"type"}:
        assert f"`{field}`" in fields, field


def test_every_error_code_is_listed():
    for kind in CATALOGUE:
        row = next((line for line in API.splitlines() if f"`{kind.code}`" in line and line[0] == "|"), "")
        assert str(kind.status) in row.split("|")[1], kind.code


def test_every_setting_is_listed_with_its_names_and_default():
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in CONFIGURATION.splitlines()]
    listed = {row[3].strip("`"): row for row in rows if len(row) == 6 and row[3].startswith("`")}

    assert list(listed) == list(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        _, flag, variable, _, _, default = listed[name]
        assert f"`--{name.replace('_', '-')}`" in flag
        assert variable == f"`{PREFIX}{name.upper()}`"
        if field.default in {None, "", ()}:
            assert default.startswith("none"), name
        else:
            expected = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert default == f"`{expected}`", name


def test_the_ranges_of_the_settings_are_listed():
    for name, field in Settings.model_fields.items():
        row = next(line for line in CONFIGURATION.splitlines() if f"| `{name}` |" in line)
        for limit in field.metadata:
            for bound in ("ge", "le"):
                if hasattr(limit, bound):
                    assert f"{getattr(limit, bound):,}" in row, (name, bound)


def test_every_flag_is_an_option_of_serve():
    flags = {
        flag for parameter in cli.commands["serve"].params for flag in (*parameter.opts, *parameter.secondary_opts)
    }

    assert set(re.findall(r"`(--[a-z-]+)`", CONFIGURATION)) == flags


def test_the_settings_file_of_the_docs_is_valid():
    (text,) = [block.text for block in blocks(CONFIGURATION) if block.language == "toml"]

    assert Settings(**tomllib.loads(text)).log_days == 30


def test_every_command_is_listed():
    listed = re.findall(r"^\| `quart-notes ([\w-]+)", COMMANDS, re.MULTILINE)

    assert sorted(listed) == cli.list_commands(Context(cli))


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_each_name_in_the_glossary_is_defined_in_its_file():
    places = re.findall(r"\| (?:`(\w+)` in )?`([\w/]+\.py)` \|$", GLOSSARY, re.MULTILINE)
    rows = [line for line in GLOSSARY.splitlines() if re.match(r"\| (?!Term |---)", line)]

    assert len(places) == len(rows) > 0
    for name, path in places:
        code = (ROOT / "quart_notes" / path).read_text(encoding="utf-8")
        defined = rf"^ *(?:(?:async )?def|class) {name}\b|^ *{name}\b(?::|,| =)|, {name}\b.* ="
        assert re.search(defined, code, re.MULTILINE), (name, path)


@pytest.mark.parametrize("document", CURRENT, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_named_in_the_docs_exist(document: Path):
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    missing = {
        name for name in re.findall(r"`([^`\s]+)`", text) if is_path(name) and name not in ELSEWHERE and not found(name)
    }

    assert not missing


def test_a_missing_path_is_detected():
    assert is_path("domain/notices.py")
    assert not found("domain/notices.py")
    assert not found("domain/notices")
    assert found("domain/notes")
    assert found("notes_page.js") or found("main.js")


def is_path(name: str) -> bool:
    """Whether a quoted word names a file or folder of the project."""
    return bool(re.fullmatch(rf"(?!\d)(?:[\w.*-]+/)+(?:[\w.*-]+)?|[\w.-]+\.(?:{SUFFIXES})", name))


def found(name: str) -> bool:
    """Whether any folder of the project contains such a file, folder or module."""
    candidates = [name, f"{name}.py"]
    return any(any(base.glob(one)) for base in BASES for one in candidates) or (
        "/" not in name and any(any(folder.rglob(name)) for folder in TREES)
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_have_targets(document: Path):
    text = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    links = [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'(?:src|srcset)="([^"]+)"', text)]

    for link in links:
        path, _, anchor = link.partition("#")
        if path.startswith("https://"):
            continue
        target = document.parent / path if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def anchors(document: Path) -> set[str]:
    """The anchors that GitHub creates for a document's headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_names_a_path_on_a_developers_machine(document: Path):
    assert not PLACE.findall(document.read_text())
