"""The application on unpatched hypercorn: it serves, streams, logs and shuts down."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.server.test_access_log import assert_not_forged, forged_lines, send_forgeries
from tests.support.clients.feed_clients import EDGES, EventStreamClient, follow
from tests.support.clients.raw_http import exchange, request
from tests.support.problem_details import assert_problem
from tests.support.servers.server_process import ROOT, wait_for


class Plain(NamedTuple):
    """Unpatched hypercorn, with its access log."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Plain]:
    """Whether it serves."""
    log = tmp_path / "log"
    command = [sys.executable, "-m", "hypercorn", "-c", str(ROOT / "hypercorn.toml"), "-b", "127.0.0.1:0"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--access-logfile", "-", "quart_notes:create_app()"],
            cwd=tmp_path,
            env=_environment(tmp_path) | {"PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=out,
        )
    try:
        wait_for(lambda: "Running on" in log.read_text(), "hypercorn starts", 20)
        found = re.search(r"Running on http://127\.0\.0\.1:(\d+)", log.read_text())
        assert found, log.read_text()
        yield Plain(process, int(found[1]), log)
    finally:
        process.kill()
        process.wait(20)


def _environment(folder: Path) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("QUART_NOTES_")}
    return inherited | {"QUART_NOTES_DATA": str(folder / "data"), "PYTHONPATH": str(ROOT)}


async def test_it_serves_streams_logs_and_shuts_down(plain: Plain):
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plain.port}", verify=False) as http:
        assert (await http.get("/readyz")).status_code == 200
        clients = [await follow(edge, plain.port) for edge in EDGES]
        first = await http.post("/api/notes", json={"title": "a"})
        second = await http.post("/api/notes", json={"title": "b"})
        for client in clients:
            await client.count(2)
            assert client.ids == [answer.headers["last-event-id"] for answer in (first, second)]
            client.cut()
        async with await follow(EventStreamClient, plain.port, first.headers["last-event-id"]) as back:
            await back.count(1)
        assert (await http.get("/front/notes")).status_code == 200

    assert_problem(exchange(plain.port, request("?x")), 400, "bad_request")
    expected = send_forgeries(plain.port)
    wait_for(lambda: len(forged_lines(plain.log.read_text())) >= expected, "the access log")
    assert_not_forged(plain.log.read_text(), expected)

    left = [await follow(edge, plain.port) for edge in EDGES]
    plain.process.terminate()
    assert await asyncio.to_thread(plain.process.wait, 20) == 0
    assert "Traceback" not in plain.log.read_text()
    for client in left:
        client.cut()


@pytest.mark.parametrize("stage", ["import", "start"])
def test_unpatched_hypercorn_stopped_during_its_start_exits_cleanly(tmp_path: Path, stage: str):
    stop = "os.kill(os.getppid(), signal.SIGTERM)"
    code = ["import os, signal", "from quart_notes import create_app", "app = create_app()"]
    code += [stop] if stage == "import" else ["@app.before_serving", f"async def stop(): {stop}"]
    (tmp_path / "stopped.py").write_text("\n".join(code))
    command = [sys.executable, "-m", "hypercorn", "--bind", "127.0.0.1:0", "stopped:app"]
    env = _environment(tmp_path)

    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
