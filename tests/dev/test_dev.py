"""`quart-notes dev`: a new server process after each change to the code, and pages that reload."""

import os
import re
import signal
import threading
from http.client import HTTPConnection, HTTPException

import httpx
import pytest

from quart_notes import create_app
from quart_notes.dev.error_page import FILES
from quart_notes.settings import Settings
from quart_notes.web.script_bundles import ENTRY, modules
from tests.server.test_logs import lines
from tests.support.clients import dev_clients
from tests.support.clients.dev_clients import PAGE, states, version
from tests.support.servers.dev_process import VERSION, DevProcess
from tests.support.servers.processes import ended
from tests.support.servers.server_process import wait_for

http = dev_clients.http

ENDS = 10.0  # seconds until every process has ended after Ctrl-C, on a busy machine


# Pages.


def test_a_change_to_a_template_or_a_script_reloads_pages(dev, http):
    with states(http) as heard:
        first = next(heard)
        dev.edit("templates/board.html", "{% block title %}", "{% block title %}NEW ")
        second = next(heard)
        assert (second["run"], second["pages"]) == (first["run"], first["pages"] + 1)
        assert "<title>NEW " in http.get("/front/notes", headers=PAGE).text

        dev.write("static/js/main.js", dev.read("static/js/main.js") + "// changed\n")
        third = next(heard)

    assert third["pages"] == second["pages"] + 1
    assert third["build"] != second["build"]


def test_a_change_to_a_style_sheet_changes_its_url_without_a_reload(dev, http):
    def sheet() -> str:
        found = re.search(r'href="(/static/-[^"]+/css/style\.css)"', http.get("/front/notes", headers=PAGE).text)
        assert found
        return found[1]

    before = sheet()
    with states(http) as heard:
        first = next(heard)
        dev.write("static/css/style.css", dev.read("static/css/style.css") + "/* changed */\n")
        second = next(heard)

    assert second["pages"] == first["pages"]
    assert sheet() != before
    assert second["build"] in sheet()
    served = http.get(sheet())
    assert served.text.endswith("/* changed */\n")
    assert served.headers["cache-control"] == "no-cache"  # a cached sheet would be wrong once the file is restored


def test_scripts_are_served_as_they_are_written(dev, http):
    page = http.get("/front/notes", headers=PAGE).text

    (entry,) = re.findall(r'<script type="module" src="/static/-[^/]+/([^"]+)"', page)
    preloaded = re.findall(r'rel="modulepreload" href="/static/-[^/]+/([^"]+)"', page)
    assert entry == ENTRY
    assert preloaded == modules("board").preloaded
    assert {f"js/{path}" for path in ("lib/api.js", "feed/shared_feed.js", "notes/page.js")} < set(preloaded)


def test_only_complete_pages_include_the_reload_script(dev, http):
    made = http.post("/api/notes", json={"title": "a note"}).json()

    for address in ("/front/notes", "/front/users", "/docs", "/front/nothing"):
        assert http.get(address, headers=PAGE).text.count("/dev/dev.js") == 1, address
    assert "/dev/" not in http.get(f"/front/notes/{made['id']}").text
    assert "/dev/" not in http.get("/openapi.json").text
    assert http.get("/dev/child.py").status_code == 404


# Server restarts.


def test_each_change_restarts_the_server_without_refusing_requests_and_metrics_keep_their_address(
    dev, http, unused_tcp_port
):
    address = f"http://127.0.0.1:{unused_tcp_port}/metrics"
    over = threading.Event()
    statuses: list[int] = []
    failures: list[Exception] = []

    def figures() -> str:
        return httpx.get(address, timeout=20, verify=False, trust_env=False).text

    def ask() -> None:
        while not over.wait(0.02):
            connection = HTTPConnection("127.0.0.1", dev.port, timeout=20)  # a new one for each request
            try:
                connection.request("GET", "/api/version")
                statuses.append(connection.getresponse().status)
            except (OSError, HTTPException) as error:
                failures.append(error)
            connection.close()

    assert "Open to the network" not in http.get("/front/notes", headers=PAGE).text
    asking = threading.Thread(target=ask)
    asking.start()
    wait_for(lambda: len(statuses) > 5, "requests are answered")
    pids = dev.server_pids()
    with dev.noticed(f"Metrics on {address}"):
        dev.write("quart-notes.toml", f'open_to_network = true\nmetrics_bind = "127.0.0.1:{unused_tcp_port}"\n')
    assert "Open to the network" in http.get("/front/notes", headers=PAGE).text
    assert "quart_notes_info{" in figures()

    for said in ("7.1.0", "7.2.0"):  # of the same length, and perhaps in the same second
        with dev.noticed(f"Metrics on {address}"):
            dev.says(said)
        assert version(http) == said
        assert f'quart_notes_info{{version="{said}"}} 1.0' in figures()
        pids += dev.server_pids()
    over.set()
    asking.join()

    assert len(set(pids)) == len(pids) == 3
    assert failures == []
    assert set(statuses) == {200}


def test_a_change_during_a_restart_is_not_lost(dev, http):
    dev.write(VERSION, "import time\n\ntime.sleep(30)\n" + dev.read(VERSION))
    wait_for(lambda: "time.sleep(30)" in dev.read(VERSION) and len(dev.server_pids()) == 1, "it starts")

    with dev.restarted():
        dev.write(VERSION, dev.read(VERSION).replace("time.sleep(30)", ""))
        dev.says("7.7.0")

    assert version(http) == "7.7.0"


# Shutdown.


SLOW = ("quart_notes/dev/reload.py", "import time\n\ntime.sleep(30)\n", "Following")
BROKEN = ("quart_notes/dev/child.py", "def broken(:\n", "does not start")


@pytest.mark.parametrize("change", [None, SLOW, BROKEN], ids=["serving", "starting", "broken"])
def test_ctrl_c_ends_all_processes_at_once(tmp_path, change):
    (tmp_path / "project").mkdir()
    name, text, words = change or (VERSION, "", "")
    dev = DevProcess(tmp_path / "project", until=words)
    dev.write(name, text + dev.read(name))
    with dev:
        if change is not BROKEN:
            wait_for(dev.server_pids, "a server is started")
        pids = dev.server_pids()

        for pid in (*pids, dev.pid):  # a terminal interrupts all of them
            os.kill(pid, signal.SIGINT)
        assert dev.process is not None
        code = dev.process.wait(ENDS)

        assert code == 0
        assert all(map(ended, pids))
        assert "Traceback" not in dev.log


def test_the_supervisor_and_its_server_log_json_and_the_server_does_not_outlive_it(tmp_path):
    (tmp_path / "project").mkdir()
    with DevProcess(tmp_path / "project", "--log-format", "json") as dev:
        (pid,) = dev.server_pids()
        said = lines(dev)

        dev.kill()

        wait_for(lambda: ended(pid), "the server ends")
    assert {"quart_notes", "quart_notes.dev.supervisor"} <= {line["logger"] for line in said}
    assert len({line["pid"] for line in said}) == 2


# Production.


async def test_serve_has_neither_route_nor_script_of_dev(tmp_path):
    app = create_app(Settings(data=tmp_path))
    assert not [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/dev")]

    async with app.test_app() as running:
        client = running.test_client()
        for address in ("/front/notes", "/front/users", "/docs"):
            page = await client.get(address, headers=PAGE)
            text = await page.get_data(as_text=True)
            assert page.status_code == 200
            assert "</head>" in text
            assert "/dev/" not in text
            assert "data-state" not in text.partition("</head>")[0]
        for name in ("changes", *FILES):
            assert (await client.get(f"/dev/{name}")).status_code == 404
            assert (await client.get(f"/static/dev/{name}")).status_code == 404
