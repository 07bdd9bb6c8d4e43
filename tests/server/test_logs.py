"""The log: one line for each event, as text or JSON, without forgery or secrets."""

import json
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quart_notes.server import logs
from quart_notes.server.logs import FIELDS, JsonLines, TextLines
from quart_notes.web.request_ids import CURRENT
from tests.support.clients.raw_http import exchange, handshake, request, websocket_request
from tests.support.servers.server_process import ServerProcess, wait_for

Json = dict[str, Any]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NASTY = 'a\r\nb\t"\\ \x1b[31m \x00 \x7f \x85 \u2028 \u202e \ud800 é'


def record(message: object = "It is so", *args: object, **further: Any) -> logging.LogRecord:
    made = logging.LogRecord("quart_notes.somewhere", logging.WARNING, "x.py", 1, message, args, None)
    for name, value in further.items():
        setattr(made, name, value)
    return made


def read(line: str) -> Json:
    assert line.isascii()
    assert line.isprintable()
    said = json.loads(line)
    assert isinstance(said, dict)
    return said


@pytest.fixture
def named() -> Iterator[None]:
    """Within a request."""
    token = CURRENT.set("abc-1")
    yield
    CURRENT.reset(token)


def test_a_json_line_has_time_logger_and_message():
    made = record("It is %s", "so")
    made.created = 1_795_190_400.0129

    assert read(JsonLines().format(made)) == {
        "time": "2026-11-20T16:00:00.012Z",
        "level": "WARNING",
        "logger": "quart_notes.somewhere",
        "message": "It is so",
        "pid": made.process,
    }


def test_a_json_line_escapes_line_breaks_and_control_characters():
    assert read(JsonLines().format(record("%s", NASTY)))["message"] == NASTY
    assert read(JsonLines().format(record("x", **{FIELDS: {NASTY: NASTY}})))[NASTY] == NASTY


def test_a_json_line_contains_an_exception_as_text():
    try:
        raise ValueError(NASTY)
    except ValueError:
        made = record(exc_info=sys.exc_info())

    said = read(JsonLines().format(made))

    assert said["exception"].startswith("Traceback (most recent call last):\n")
    assert NASTY in said["exception"]


def test_wrong_format_arguments_lose_no_line():
    assert read(JsonLines().format(record("%d of %d", "x")))["message"] == "%d of %d ('x',)"


@pytest.mark.usefixtures("named")
def test_within_a_request_a_line_has_the_request_id():
    assert read(JsonLines().format(record()))["request_id"] == "abc-1"
    assert read(JsonLines().format(record(request_id="other-2")))["request_id"] == "other-2"
    assert TextLines().format(record()).endswith("WARNING quart_notes.somewhere: It is so [abc-1]")


def test_outside_a_request_a_line_has_no_request_id():
    assert "request_id" not in read(JsonLines().format(record()))
    assert TextLines().format(record()).endswith("WARNING quart_notes.somewhere: It is so")


def test_the_request_id_is_in_the_line_and_not_after_the_exception(named: None):
    try:
        raise ValueError("no")
    except ValueError:
        first, *_, last = TextLines().format(record(exc_info=sys.exc_info())).splitlines()

    assert first.endswith("It is so [abc-1]")
    assert last == "ValueError: no"


def test_secrets_of_links_are_redacted():
    try:
        raise ValueError("GET /front/join/s3cret?x failed")
    except ValueError:
        made = record(
            "At %s", "/notes/front/join/s3cret", exc_info=sys.exc_info(), stack_info="%2Ffront%2fjoin%2Fs3cret"
        )

    line = JsonLines().format(made)

    assert "s3cret" not in line
    assert read(line)["message"] == "At /notes/front/join/…"


def test_warnings_are_logged_as_json_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    logs.configure("json")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("something is old", stacklevel=1)
    finally:
        logging.captureWarnings(False)

    said = read(capsys.readouterr().err.rstrip("\n"))
    assert said["logger"] == "py.warnings"
    assert "something is old" in said["message"]


# A server


def lines(server: ServerProcess) -> list[Json]:
    """The lines of its log, parsed as JSON."""
    return [read(line) for line in server.log.splitlines()]


def noted(server: ServerProcess, path: str) -> list[Json]:
    """Its access log of a path."""
    return [line for line in lines(server) if line["logger"] == "hypercorn.access" and line["path"] == path]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server behind a proxy that logs JSON."""
    folder = tmp_path_factory.mktemp("told") / "data"
    with ServerProcess(folder, "--log-format", "json", "--access-log", "--proxy-hops", "1") as server:
        yield server


def test_every_line_of_a_server_is_json(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--log-format", "json", "--metrics-bind", "127.0.0.1:0") as server:
        assert server.process is not None
        assert exchange(server.port, request("/api/notes")).status == 200
        server.stop()

        said = lines(server)
        assert {line["message"].partition(" on ")[0] for line in said} >= {"Quart Notes", "Metrics", "Stopping"}
        assert all(TIME.fullmatch(line["time"]) for line in said)
        assert {line["pid"] for line in said} == {server.pid}


NOTE = (["Content-Type: application/json"], b'{"title": "x"}')


@pytest.mark.parametrize(
    ("path", "method", "headers", "body"),
    [
        ("/api/notes", "GET", [], b""),
        ("/api/notes", "GET", [], b""),  # cached now
        ("/api/notes", "POST", *NOTE),
        ("/api/version", "GET", [], b""),
        ("/nothing", "GET", [], b""),
        ("/api/boards/1/notes", "GET", [], b""),
    ],
)
def test_the_access_log_describes_request_and_response(
    told: ServerProcess, path: str, method: str, headers: list[str], body: bytes
):
    sent = request(f"{path}?q=not-told", "X-Forwarded-For: 192.0.2.7", *headers, method=method, body=body)

    answer = exchange(told.port, sent)

    name = answer.headers["x-request-id"]
    wait_for(lambda: any(line["request_id"] == name for line in noted(told, path)), "it is noted")
    (line,) = [line for line in noted(told, path) if line["request_id"] == name]
    assert line.pop("time")
    assert 0 < line.pop("seconds") < 20
    assert line == {
        "level": "INFO",
        "logger": "hypercorn.access",
        "message": f"{method} {path}",
        "pid": told.pid,
        "method": method,
        "path": path,
        "status": answer.status,
        "bytes": len(answer.body),
        "client": "192.0.2.7",
        "request_id": name,
    }
    assert "not-told" not in told.log


def test_websockets_and_streams_are_in_the_access_log(told: ServerProcess):
    opened = handshake(told.port, websocket_request("/ws"))
    begun = handshake(told.port, request("/events"))  # disconnects during the stream

    wait_for(lambda: noted(told, "/ws") and noted(told, "/events"), "they are noted")
    assert noted(told, "/ws")[0]["request_id"] == opened.headers["x-request-id"]
    assert noted(told, "/ws")[0]["status"] == 101
    assert noted(told, "/events")[0]["request_id"] == begun.headers["x-request-id"]
    assert noted(told, "/events")[0]["bytes"] is None


def test_the_json_log_cannot_be_forged_and_redacts_secrets(told: ServerProcess):
    for path in ("/x%0d%0a%7b%22level%22:1%7d", "/%22,%22status%22:200", "/%1b[31m%e2%80%a8%7f%c2%85", "/%ed%a0%80"):
        assert exchange(told.port, request(path)).status == 404
    assert exchange(told.port, request("/front/join/s3cret")).status in {404, 410}

    wait_for(lambda: noted(told, "/front/join/…"), "it is noted")
    assert noted(told, '/x\r\n{"level":1}')[0]["status"] == 404
    assert noted(told, '/","status":200')[0]["status"] == 404
    assert noted(told, "/\x1b[31m\u2028\x7f\x85")
    assert "s3cret" not in told.log
    lines(told)


@pytest.mark.sqlite_only("its file goes away")
def test_a_failure_is_logged_with_the_request_id_of_its_response(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--log-format", "json") as server:
        (tmp_path / "data" / "quart-notes.sqlite3").unlink()
        answer = exchange(server.port, request("/api/notes", NOTE[0][0], method="POST", body=NOTE[1]))

        name = json.loads(answer.body)["request_id"]

        (line,) = [line for line in lines(server) if line.get("request_id") == name]
        assert line["level"] == "WARNING"
        assert line["message"].startswith("Answered 503 database_unavailable")
