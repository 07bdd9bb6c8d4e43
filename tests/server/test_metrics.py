"""Metrics: values, their own address, and no effect on other connections."""

import asyncio
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import AsyncMock

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from quart import Quart

from quart_notes.live.histogram import Histogram
from quart_notes.server import serve as serving
from quart_notes.server.transport import METRICS_LIMIT
from quart_notes.server.transport.logging import TextLog
from tests.support.clients.feed_clients import EventStreamClient, LineClient, WebsocketClient, follow
from tests.support.clients.raw_connection import RawConnection
from tests.support.servers.server_process import ROOT, ServerProcess, wait_for

ADDRESS = re.compile(r"Metrics on (http://127\.0\.0\.1:\d+/metrics)")
Figures = dict[str, float]


@pytest.fixture
def monitored(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with metrics."""
    with ServerProcess(tmp_path / "data", "--metrics-bind", "127.0.0.1:0") as server:
        wait_for(lambda: ADDRESS.search(server.log), "it says where its figures are")
        yield server


def _address(server: ServerProcess) -> str:
    found = ADDRESS.search(server.log)
    assert found is not None
    return found[1]


async def _figures(server: ServerProcess) -> Figures:
    return await asyncio.to_thread(_asked, server)


def _asked(server: ServerProcess) -> Figures:
    """All samples, by name and labels as they are written: `name{label="value"}`."""
    answer = httpx.get(_address(server), timeout=20, verify=False, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    samples: Figures = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation, family.name
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            samples[sample.name.removeprefix("quart_notes_") + (f"{{{labels}}}" if labels else "")] = sample.value
    return samples


async def test_metrics_count_requests_events_and_connections(monitored: ServerProcess):
    before = await _figures(monitored)
    assert before["log_newest"] == before["log_events"] == before['events_total{kind="durable"}']
    readers = [await follow(edge, monitored.port) for edge in (WebsocketClient, WebsocketClient, EventStreamClient)]
    guest = await LineClient(monitored.port, 7).open()
    async with monitored.client() as client:
        for number in range(3):
            assert (await client.post("/api/notes", json={"title": f"note {number}"})).status_code == 201
    for reader in readers:
        await reader.until(lambda client: len(client.ids) >= 3)
    volatile = 'events_total{kind="volatile"}'  # the guest has joined the lobby, which is published a moment later
    await asyncio.to_thread(wait_for, lambda: _asked(monitored)[volatile] > before[volatile], "the guest is told of")

    after = await _figures(monitored)

    grown = {name: value - before[name] for name, value in after.items() if name in before}
    assert grown['readers{edge="websocket"}'] == 2
    assert grown['readers{edge="event_stream"}'] == grown['readers{edge="plain_text"}'] == 1
    assert 4 <= after["connections"] <= 5  # four reads; the client's may be cached
    assert grown['events_total{kind="durable"}'] == grown["log_newest"] == grown["log_events"] == 3
    assert grown["deliveries_total"] >= 9
    # Housekeeping writes too, occasionally.
    assert grown["write_batch_size_sum"] >= grown["write_batch_size_count"] == grown["write_seconds_count"] >= 3
    assert 0 < grown["write_seconds_sum"] < 60
    assert after['write_seconds_bucket{le="+Inf"}'] == after["write_seconds_count"]
    assert after["log_lag_events"] == after["writes_waiting"] == after["readers_cut_off_total"] == 0
    assert after["database_up"] == 1
    assert after["database_size_bytes"] > 4096
    assert after["process_open_fds"] > 4
    for reader in (*readers, guest):
        reader.connection.close()
    await asyncio.to_thread(
        wait_for, lambda: not _asked(monitored)['readers{edge="websocket"}'], "they are not counted"
    )


@pytest.mark.sqlite_only("its file goes away")
async def test_without_a_database_the_other_metrics_are_still_served(monitored: ServerProcess):
    file = monitored.data / "quart-notes.sqlite3"
    file.rename(file.with_suffix(".away"))

    figures = await _figures(monitored)

    assert figures["database_up"] == 0
    assert "log_newest" not in figures
    assert figures["connections"] == 0, "who asks for figures is not counted"
    file.with_suffix(".away").rename(file)
    assert (await _figures(monitored))["database_up"] == 1


async def test_the_metrics_address_serves_nothing_else_and_no_other_serves_them(monitored: ServerProcess):
    async with httpx.AsyncClient(timeout=20, verify=False, trust_env=False) as client:
        for path in ("/api/notes", "/", "/docs", "/front/notes", "/static/css/style.css"):
            answer = await client.get(_address(monitored).removesuffix("/metrics") + path)
            assert answer.status_code == 404
            assert answer.text == "Not Found; /metrics is all that is here.\n"
        assert (await client.post(_address(monitored))).status_code == 405
    async with monitored.client() as client:
        assert (await client.get("/metrics")).status_code == 404


def test_there_are_no_metrics_unless_the_settings_ask_for_them(server: ServerProcess):
    assert "Metrics" not in server.log


async def test_a_metrics_connection_does_not_count_against_the_limit(tmp_path: Path):
    flags = ("--metrics-bind", "127.0.0.1:0", "--max-connections", "8")
    with ServerProcess(tmp_path / "data", *flags) as server:
        wait_for(lambda: ADDRESS.search(server.log), "it says where its figures are")
        address = httpx.URL(_address(server))
        asking = [await RawConnection(address.port or 0).connect() for _ in range(METRICS_LIMIT)]
        for connection in asking:
            await connection.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (await connection.head()).status == 200
        people = [await RawConnection(server.port).connect() for _ in range(9)]
        statuses = []
        for connection in people:
            await connection.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            statuses.append((await connection.head()).status)

        assert statuses == [200] * 8 + [503]
        one_more = await RawConnection(address.port or 0).connect()
        await one_more.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await one_more.head()).status == 503
        for connection in (*asking, *people, one_more):
            connection.close()


def test_metrics_on_a_unix_socket(tmp_path: Path):
    with ServerProcess(tmp_path / "data", "--metrics-bind", f"unix:{tmp_path}/figures") as server:
        wait_for(lambda: "Metrics on" in server.log, "it says where its figures are")

        assert f"Metrics on unix:{tmp_path}/figures, path /metrics\n" in server.log
        by_socket = httpx.HTTPTransport(uds=f"{tmp_path}/figures")
        with httpx.Client(transport=by_socket, base_url="http://figures") as client:
            assert "quart_notes_info" in client.get("/metrics").text


async def test_a_failure_of_the_metrics_server_is_logged_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(serving, "hypercorn_serve", AsyncMock(side_effect=RuntimeError("no more descriptors")))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await serving.serve_metrics(Quart(__name__), listener, asyncio.Event(), TextLog)

    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "Figures are no longer shown; everything else goes on"
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "no more descriptors"


def test_a_metrics_address_in_use_stops_the_start(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = ServerProcess(tmp_path / "data", "--metrics-bind", f"127.0.0.1:{port}")
        with pytest.raises(AssertionError, match=f"cannot listen on 127.0.0.1:{port}"), server:
            pass


async def test_a_metrics_connection_does_not_delay_the_shutdown(monitored: ServerProcess):
    address = httpx.URL(_address(monitored))
    async with httpx.AsyncClient(timeout=20, verify=False, trust_env=False) as client:
        await client.get(address)  # its connection stays open

        assert await asyncio.to_thread(monitored.stop) < 5

    assert "Error" not in monitored.log
    assert "Traceback" not in monitored.log


async def test_every_metric_is_documented(monitored: ServerProcess):
    documented = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")
    async with httpx.AsyncClient(timeout=20, verify=False, trust_env=False) as client:
        text = (await client.get(_address(monitored))).text

    names = {family.name for family in text_string_to_metric_families(text)}

    assert {name for name in names if not name.startswith("process_") and f"`{name}" not in documented} == set()


def test_a_histogram_counts_a_value_in_the_first_bucket_that_includes_it():
    histogram = Histogram(1, 2, 4)
    for value in (0.5, 1, 1.5, 4, 5, 100):
        histogram.observe(value)
    assert histogram.counts == [2, 1, 1, 2]
    assert histogram.total == 112
