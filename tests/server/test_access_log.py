"""The access log: no client can forge a line or a field of it."""

import re
from pathlib import Path

from tests.support.clients.raw_http import exchange, request
from tests.support.servers.server_process import ServerProcess, wait_for

FORGED = "%0d%0a[2026-01-01]%20%22GET%20/forged%22%20200%0d%0a"


def send_forgeries(port: int) -> int:
    """Send requests that could forge a line; returns their number."""
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


def forged_lines(log: str) -> list[str]:
    return [line for line in re.split(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", log) if "forged" in line]


def assert_not_forged(log: str, expected: int) -> None:
    lines = forged_lines(log)
    assert len(lines) == expected, log
    value = r'"(?:[^"\\]|\\.)*"'
    for line in lines:
        assert re.fullmatch(
            rf"\[[^]]+\] \[\d+\] \[INFO\] 127\.0\.0\.1:\d+ - - \[[^]]+\] {value} \d+ [-\d]+ {value} {value}", line
        ), line
        assert line.isprintable()


def test_the_access_log_cannot_be_forged(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--access-log") as server:
        expected = send_forgeries(server.port)
        wait_for(lambda: len(forged_lines(server.log)) >= expected, "the access log")

        assert_not_forged(server.log, expected)
