"""`quart-notes dev`: another server after each change to the code, pages that follow, and errors shown in them."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes import create_app
from quart_notes.dev import process
from quart_notes.dev.process import ServerProcess as Child
from quart_notes.dev.supervisor import Supervisor
from quart_notes.dev.trouble import FILES, HERE, State, Trouble
from quart_notes.dev.watching import Kind, Watched
from quart_notes.settings import Settings
from tests.dev_process import VERSION, DevProcess
from tests.server_process import wait_for

PAGE = {"Accept": "text/html"}
RESTARTS = 40  # of a server that does nothing; by hand it was done with 200 of the real one
ENDS = 10.0  # seconds until everything has gone after Ctrl-C, on a busy machine


@pytest.fixture
def http(only: DevProcess) -> Iterator[httpx.Client]:
    # A connection a request: a kept one ends with its server.
    with httpx.Client(
        base_url=only.base, timeout=20, verify=False, trust_env=False, headers={"Connection": "close"}
    ) as client:
        yield client


@contextmanager
def states(http: httpx.Client) -> Iterator[Iterator[dict[str, Any]]]:
    """What pages hear."""
    with http.stream("GET", "/dev/changes") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield (json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line.startswith("data: "))


def state(http: httpx.Client, other_than: dict[str, Any]) -> dict[str, Any]:
    """What a page hears that comes back until another server answers."""
    found = [other_than]

    def another() -> bool:
        with states(http) as heard:
            found.append(next(heard))
        return bool(found[-1]["run"] != other_than["run"])

    wait_for(another, "another server answers")
    return found[-1]


def version(http: httpx.Client) -> str:
    said: str = http.get("/api/version").json()["version"]
    return said


def serves(http: httpx.Client, said: str) -> None:
    """Return once the server is of that version; the former one may take a last request."""
    wait_for(lambda: version(http) == said, f"{said} is served")


# Another server.


def test_a_change_to_the_code_is_served_by_another_process(dev, http):
    (before,) = dev.server_pids()

    with dev.noticed():
        dev.says("7.1.0")

    serves(http, "7.1.0")
    (after,) = dev.server_pids()
    assert after != before


def test_a_second_edit_of_the_same_length_at_once_is_seen(dev, http):
    for said in ("7.2.0", "7.3.0", "7.4.0"):
        with dev.noticed():
            dev.says(said)

        serves(http, said)


def test_no_request_is_refused_while_servers_come_and_go(dev):
    over = threading.Event()
    statuses: list[int] = []
    failures: list[Exception] = []

    def ask() -> None:
        while not over.is_set():
            try:
                statuses.append(
                    httpx.get(f"{dev.base}/api/version", timeout=20, verify=False, trust_env=False).status_code
                )
            except httpx.HTTPError as error:
                failures.append(error)

    def enough(count: int) -> bool:
        return len(statuses) > count

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    for said in ("7.5.0", "7.6.0"):
        wait_for(partial(enough, len(statuses) + 20), "requests are answered")
        with dev.restarted():
            dev.says(said)
    over.set()
    for thread in asking:
        thread.join()

    assert failures == []
    assert set(statuses) == {200}


def test_a_change_while_a_server_is_starting_is_not_lost(dev, http):
    dev.write(VERSION, "import time\n\ntime.sleep(30)\n" + dev.read(VERSION))
    wait_for(lambda: "time.sleep(30)" in dev.read(VERSION) and len(dev.server_pids()) == 1, "it starts")

    with dev.restarted():
        dev.write(VERSION, dev.read(VERSION).replace("time.sleep(30)", ""))
        dev.says("7.7.0")

    assert version(http) == "7.7.0"


def test_a_change_to_the_settings_begins_another_server(dev, http):
    assert "Open to the network" not in http.get("/front/notes", headers=PAGE).text

    with dev.restarted():
        dev.write("quart-notes.toml", "open_to_network = true\n")

    assert "Open to the network" in http.get("/front/notes", headers=PAGE).text


def test_figures_are_shown_by_one_server_after_the_other_at_one_address(dev, http, unused_tcp_port):
    address = f"http://127.0.0.1:{unused_tcp_port}/metrics"

    def figures() -> str:
        return httpx.get(address, timeout=20, verify=False, trust_env=False).text

    with dev.noticed(f"Metrics on {address}"):
        dev.write("quart-notes.toml", f'metrics_bind = "127.0.0.1:{unused_tcp_port}"\n')
    assert "quart_notes_info{" in figures()

    with dev.noticed(f"Metrics on {address}"):
        dev.says("7.8.0")

    assert 'quart_notes_info{version="7.8.0"} 1.0' in figures()


def test_an_address_for_figures_that_is_taken_is_said_and_heals(dev, http):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        with dev.noticed("does not start"):
            dev.write("quart-notes.toml", f'metrics_bind = "{bind}"\n')

        assert f"cannot listen on {bind}" in http.get("/front/notes", headers=PAGE).text


# What is wrong.


def test_a_syntax_error_is_shown_with_its_file_and_line_and_heals(dev, http):
    with dev.noticed("does not start"):
        dev.write(VERSION, dev.read(VERSION) + '\nbroken = "<b>" +\n')

    page = http.get("/front/notes", headers=PAGE)
    assert page.status_code == 503
    assert page.headers["content-security-policy"]
    assert "SyntaxError: invalid syntax" in page.text
    assert "quart_notes/version.py, line 5" in page.text
    assert "broken = &quot;&lt;b&gt;&quot; +" in page.text
    assert "<b>" not in page.text
    program = http.post("/api/notes", json={"title": "x" * 100_000})
    assert program.status_code == 503
    assert program.headers["content-type"] == "application/problem+json"
    assert "quart_notes/version.py, line 5" in program.json()["detail"]
    for name in FILES:
        assert http.get(f"/dev/{name}").text == (HERE / name).read_text()

    with dev.restarted():
        dev.says("7.8.0")
        dev.edit(VERSION, '\nbroken = "<b>" +\n', "")
    assert http.get("/front/notes", headers=PAGE).status_code == 200


def test_an_open_page_hears_of_the_error_and_of_its_end(dev, http):
    with states(http) as heard:
        first = next(heard)
        assert first["trouble"] is None
        dev.write(VERSION, dev.read(VERSION) + "\ndef broken(:\n")
        assert list(heard) == []  # the server has ended, and the stream with it
    broken = state(http, first)
    assert broken["trouble"]["where"] == "quart_notes/version.py, line 5"
    assert [5, "def broken(:"] in broken["trouble"]["lines"]

    with states(http) as heard:
        assert next(heard) == broken
        dev.edit(VERSION, "\ndef broken(:\n", "")
        assert list(heard) == []
    healed = state(http, broken)

    assert healed["trouble"] is None
    assert healed["run"] != first["run"]


@pytest.mark.parametrize(
    ("name", "added", "said"),
    [
        ("quart_notes/version.py", "\nimport nothing_of_that_name\n", "ModuleNotFoundError: No module named"),
        ("quart_notes/app.py", "\nraise RuntimeError('not now')\n", "RuntimeError: not now"),
        ("quart_notes/dev/child.py", "\ndef broken(:\n", "It ended with exit code 1"),
        ("quart-notes.toml", "log_days = 0\n", "log_days (in the settings file)"),
        ("quart-notes.toml", "log_days = = \n", "quart-notes.toml cannot be read"),
    ],
)
def test_whatever_prevents_the_start_is_said(dev, http, name, added, said):
    before = dev.read(name) if (dev.code / name).exists() else ""
    with dev.noticed("does not start"):
        dev.write(name, before + added)

    page = http.get("/front/notes", headers=PAGE)

    assert page.status_code == 503
    assert said in page.text
    if name.endswith("app.py"):
        assert f"{name}, line {len((before + added).splitlines())}" in page.text


def test_an_error_while_the_server_opens_is_said_with_its_place(dev, http):
    with dev.noticed("does not start"):
        dev.edit("quart_notes/app.py", "await core.log.open()\n", "await core.log.opened_wrongly()\n")

    page = http.get("/front/notes", headers=PAGE)

    assert page.status_code == 503
    assert "AttributeError" in page.text
    assert re.search(r"quart_notes/app\.py, line \d+", page.text)


def test_a_server_that_is_killed_is_missed_until_something_changes(dev, http):
    (pid,) = dev.server_pids()
    with dev.noticed("The server has ended"):
        os.kill(pid, signal.SIGKILL)

    assert "It was ended by SIGKILL" in http.get("/front/notes", headers=PAGE).text
    with dev.restarted():
        dev.edit("templates/notes.html", "{% block title %}", "{# mended #}{% block title %}")
    assert version(http)


# Pages.


def test_a_template_and_a_script_have_the_pages_made_anew(dev, http):
    with states(http) as heard:
        first = next(heard)
        dev.edit("templates/notes.html", "{% block title %}", "{% block title %}NEW ")
        second = next(heard)
        assert (second["run"], second["pages"]) == (first["run"], first["pages"] + 1)
        assert "<title>NEW " in http.get("/front/notes", headers=PAGE).text

        dev.write("static/js/main.js", dev.read("static/js/main.js") + "// changed\n")
        third = next(heard)

    assert third["pages"] == second["pages"] + 1
    assert third["build"] != second["build"]


def test_a_style_sheet_has_another_address_and_the_pages_stay(dev, http):
    def sheet() -> str:
        found = re.search(r'href="(/static/-[^"]+/css/main\.css)"', http.get("/front/notes", headers=PAGE).text)
        assert found
        return found[1]

    before = sheet()
    with states(http) as heard:
        first = next(heard)
        dev.write("static/css/main.css", dev.read("static/css/main.css") + "/* changed */\n")
        second = next(heard)

    assert second["pages"] == first["pages"]
    assert sheet() != before
    assert second["build"] in sheet()
    served = http.get(sheet())
    assert served.text.endswith("/* changed */\n")
    assert served.headers["cache-control"] == "no-cache"  # a kept one would be wrong once the file is as it was


def test_a_template_that_cannot_be_read_is_said_and_heals(dev, http):
    with states(http) as heard:
        next(heard)
        dev.edit("templates/macros/note.html", "{%", "{% if %}{%")
        broken = next(heard)["trouble"]
        assert broken["what"].startswith("TemplateSyntaxError")
        assert re.fullmatch(r"templates/macros/note\.html, line \d+", broken["where"])
        page = http.get("/front/notes", headers=PAGE)
        assert page.status_code == 500
        assert broken["where"] in page.text
        dev.edit("templates/macros/note.html", "{% if %}{%", "{%")

        assert next(heard)["trouble"] is None

    assert http.get("/front/notes", headers=PAGE).status_code == 200


def test_a_template_that_fails_is_said_with_its_line(dev, http):
    with dev.noticed("Changed: users.html"):
        dev.edit("templates/users.html", "{% block main %}", "{% block main %}\n{{ nobody.nothing.at_all }}")
    line = dev.read("templates/users.html").split("\n").index("{{ nobody.nothing.at_all }}") + 1

    page = http.get("/front/users", headers=PAGE)
    program = http.get("/front/users")

    assert page.status_code == program.status_code == 500
    assert f"templates/users.html, line {line}" in page.text
    assert f"templates/users.html, line {line}" in program.json()["detail"]


def test_every_page_brings_the_script_and_only_whole_pages_do(dev, http):
    made = http.post("/api/notes", json={"title": "a note"}).json()

    for address in ("/front/notes", "/front/users", "/docs", "/front/nothing"):
        assert http.get(address, headers=PAGE).text.count("/dev/dev.js") == 1, address
    assert "/dev/" not in http.get(f"/front/notes/{made['id']}").text
    assert "/dev/" not in http.get("/openapi.json").text
    assert http.get("/dev/child.py").status_code == 404


# The end.


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has asked about yet counts as well."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("when", ["serving", "starting", "broken"])
def test_ctrl_c_ends_everything_at_once(tmp_path, when):
    (tmp_path / "project").mkdir()
    with DevProcess(tmp_path / "project") as dev:
        if when == "starting":
            with dev.noticed():
                dev.write(VERSION, "import time\n\ntime.sleep(30)\n" + dev.read(VERSION))
            wait_for(dev.server_pids, "it starts")
        elif when == "broken":
            with dev.noticed("does not start"):
                dev.write("quart-notes.toml", "log_days = 0\n")
        pids = dev.server_pids()

        for pid in (*pids, dev.pid):  # a terminal interrupts all of them
            os.kill(pid, signal.SIGINT)
        assert dev.process is not None
        code = dev.process.wait(ENDS)

        assert code == 0
        assert all(map(gone, pids))
        assert "Traceback" not in dev.log


def test_no_server_outlives_its_supervisor(tmp_path):
    (tmp_path / "project").mkdir()
    with DevProcess(tmp_path / "project") as dev:
        (pid,) = dev.server_pids()

        dev.kill()

        wait_for(lambda: gone(pid), "the server ends")


# The supervisor alone, with a server that does nothing.

IDLE = """
import signal, socket, sys
signal.signal(signal.SIGTERM, signal.{term})
signal.pthread_sigmask(signal.SIG_UNBLOCK, {{signal.SIGINT}})
line = socket.socket(fileno=int(sys.argv[2]))
line.sendall(b'{{"ready": true}}\\n')
while line.recv(4096): pass
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """The processes that are started, in order."""
    found: list[Child] = []
    start = Child.start

    async def noted(*arguments: Any) -> Child:
        found.append(await start(*arguments))
        return found[-1]

    monkeypatch.setattr(Child, "start", noted)
    return found


@contextmanager
def supervising(folder: Path, term: str = "SIG_DFL") -> Iterator[Supervisor]:
    for name in ("quart_notes", "templates", "static"):
        (folder / name).mkdir()
    watched = Watched(folder / "quart_notes", folder / "templates", folder / "static", frozenset())
    program = (sys.executable, "-S", "-E", "-c", IDLE.format(term=term))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Supervisor(listener, watched, "{}", "", program)


async def nth(started: list[Child], number: int) -> None:
    """Return once that many have been started, and the last is ready."""
    async with asyncio.timeout(20):
        while len(started) < number:  # noqa: ASYNC110 - nobody says it
            await asyncio.sleep(0.005)
        await started[-1].ready.wait()


async def test_nothing_is_left_open_after_many_restarts(tmp_path, started):
    def measure() -> tuple[int, int, int]:
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), len(asyncio.all_tasks())

    code = {Path("code.py"): Kind.CODE}
    with supervising(tmp_path) as supervised:
        running = asyncio.create_task(supervised.run())
        await nth(started, 1)
        before: list[tuple[int, int, int]] = []
        for number in range(2, RESTARTS + 2):
            supervised.notice(code)
            await nth(started, number)
            if number == 3:
                before.append(measure())

        async with asyncio.timeout(10):
            while measure() > before[0]:  # noqa: ASYNC110 - nobody says it
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert len(started) == RESTARTS + 1
    assert [await child.ended() for child in started]


async def test_a_server_that_does_not_end_is_killed(tmp_path, started, monkeypatch):
    monkeypatch.setattr(process, "STOPS", 0.2)
    with supervising(tmp_path, term="SIG_IGN") as supervised:
        running = asyncio.create_task(supervised.run())
        await nth(started, 1)

        supervised.notice({Path("code.py"): Kind.CODE})
        await nth(started, 2)

        assert (await started[0].ended()).message.startswith("It was ended by SIGKILL")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_file_that_changes_in_any_way_is_noticed(tmp_path, started):
    with supervising(tmp_path) as supervised:
        running = asyncio.create_task(supervised.run())
        await nth(started, 1)
        new = tmp_path / "quart_notes" / "new"
        acts = [
            lambda: (tmp_path / "quart_notes" / "one.py").write_text("1"),
            lambda: (tmp_path / "quart_notes" / "one.py").replace(tmp_path / "quart_notes" / "two.py"),
            (tmp_path / "quart_notes" / "two.py").unlink,
            lambda: (new.mkdir(), (new / "three.py").write_text("3")),
            lambda: (new / "three.py").write_text("4"),
        ]
        for number, act in enumerate(acts, 2):
            act()
            await nth(started, number)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert len(started) >= len(acts) + 1


# What a change means.


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("quart_notes/domain/notes.py", Kind.CODE),
        ("quart_notes/dev/dev.js", None),
        ("quart_notes/domain/__pycache__/notes.cpython-311.pyc", None),
        ("quart_notes/domain/.notes.py.swp", None),
        ("quart_notes/domain/notes.py~", None),
        ("templates/macros/note.html", Kind.PAGE),
        ("templates/4913", None),
        ("static/js/main.js", Kind.PAGE),
        ("static/css/main.css", Kind.LOOK),
        ("static/icons/icon.svg", Kind.LOOK),
        ("static/icons/.icon.svg.tmp", None),
        ("quart-notes.toml", Kind.CODE),
        ("other.toml", None),
        ("tests/test_notes.py", None),
    ],
)
def test_what_a_change_means(tmp_path, name, kind):
    watched = Watched(
        tmp_path / "quart_notes",
        tmp_path / "templates",
        tmp_path / "static",
        frozenset({tmp_path / "quart-notes.toml"}),
    )

    assert watched.kind(str(tmp_path / name)) is kind


def test_an_installed_package_is_watched_once(tmp_path):
    package = tmp_path / "quart_notes"
    watched = Watched(package, package / "templates", package / "static", frozenset({tmp_path / "gone" / "x.toml"}))

    assert watched.places() == {True: [package], False: []}
    assert watched.kind(str(package / "templates" / "notes.html")) is Kind.PAGE


# What is said.


def test_what_is_wrong_is_text_wherever_it_stands(tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text("one\n</li><script>two()</script>\n" + "x" * 1000)
    trouble = Trouble("<i>", "<Kind>", "<b>$where</b>", str(file), 2)

    page = trouble.page('/"root')

    assert "<script>" not in page
    assert "&lt;/li&gt;&lt;script&gt;two()" in page
    assert "&lt;b&gt;$where&lt;/b&gt;" in page
    assert "<i>" not in page
    assert max(len(line) for _, line in trouble.lines()) == 400
    assert b'data-state="{&quot;' in State("<run>").followed(page.encode(), "")


def test_a_place_that_has_gone_has_no_lines(tmp_path):
    assert Trouble("", "", "", str(tmp_path / "gone.py"), 3).lines() == []
    assert Trouble("", "", "").where == ""


# Nothing of it elsewhere.


async def test_serve_has_no_route_and_no_script_of_it(tmp_path):
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


def test_serve_does_not_even_import_it():
    program = (
        "import sys, quart_notes.cli; print([n for n in sys.modules if 'watchfiles' in n or 'quart_notes.dev' in n])"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
