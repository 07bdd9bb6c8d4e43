"""The access log: nothing that a client sends forges a line or a field of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.clients.raw_http import exchange, request
from tests.support.problem_details import assert_problem
from tests.support.servers.server_process import ROOT, ServerProcess, wait_for

FORGED = "%0d%0a[2026-01-01]%20%22GET%20/forged%22%20200%0d%0a"


def _tease(port: int) -> int:
    """Send what would forge a line; returns the number of requests."""
    targets = [
        f"/{FORGED}",
        f"/api/notes?x={FORGED}",
        f"/api/notes/1{FORGED}",
        "/%22%20200%20%22GET%20/forged",
        "/%1b[31m%e2%80%a8%c2%85/forged",
    ]
    for target in targets:
        assert exchange(port, request(target, 'User-Agent: x" 200 "GET /forged', "Referer: \\")).status
    return len(targets)


def _told(log: str) -> list[str]:
    return [line for line in re.split(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", log) if "forged" in line]


def _assert_not_forged(log: str, expected: int) -> None:
    lines = _told(log)
    assert len(lines) == expected, log
    value = r'"(?:[^"\\]|\\.)*"'
    for line in lines:
        assert re.fullmatch(
            rf"\[[^]]+\] \[\d+\] \[INFO\] 127\.0\.0\.1:\d+ - - \[[^]]+\] {value} \d+ [-\d]+ {value} {value}", line
        ), line
        assert line.isprintable()


def test_the_access_log_cannot_be_forged(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--access-log") as server:
        expected = _tease(server.port)
        wait_for(lambda: len(_told(server.log)) >= expected, "the access log")

        _assert_not_forged(server.log, expected)


def test_the_access_log_of_plain_hypercorn_cannot_be_forged(tmp_path: Path):
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "hypercorn",
                "-c",
                str(ROOT / "hypercorn.toml"),
                "-b",
                "127.0.0.1:0",
                "--access-logfile",
                "-",
                "quart_notes:create_app()",
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "QUART_NOTES_DATA": str(tmp_path / "data"),
                "PYTHONUNBUFFERED": "1",
            },
            stdout=out,
            stderr=out,
        )
    try:
        wait_for(lambda: "Running on" in log.read_text(), "hypercorn starts", 20)
        found = re.search(r"Running on http://127\.0\.0\.1:(\d+)", log.read_text())
        assert found, log.read_text()
        port = int(found[1])
        assert exchange(port, request("/api/notes")).status == 200
        assert_problem(exchange(port, request("?x")), 400, "bad_request")
        expected = _tease(port)
        wait_for(lambda: len(_told(log.read_text())) >= expected, "the access log")

        _assert_not_forged(log.read_text(), expected)
        assert "Traceback" not in log.read_text()
    finally:
        process.terminate()
        process.wait(20)
