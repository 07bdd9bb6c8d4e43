"""`quart-notes dev`: errors are shown in the pages until they are fixed."""

import os
import re
import signal

from quart import Response

from quart_notes.dev.error_page import FILES, HERE, ErrorReport, State
from tests.support.clients import dev_clients
from tests.support.clients.dev_clients import PAGE, states, version
from tests.support.servers.dev_process import VERSION

http = dev_clients.http


# Errors.


def test_a_template_syntax_error_is_reported_until_it_is_fixed(dev, http):
    with states(http) as heard:
        next(heard)
        dev.edit("templates/macros/note_card.html", "{%", "{% if %}{%")
        broken = next(heard)["error"]
        assert broken["what"].startswith("TemplateSyntaxError")
        assert re.fullmatch(r"templates/macros/note_card\.html, line \d+", broken["where"])
        page = http.get("/front/notes", headers=PAGE)
        assert page.status_code == 500
        assert broken["where"] in page.text
        dev.edit("templates/macros/note_card.html", "{% if %}{%", "{%")

        assert next(heard)["error"] is None

    assert http.get("/front/notes", headers=PAGE).status_code == 200


def test_a_template_error_is_reported_with_its_line(dev, http):
    with dev.noticed("Changed: users.html"):
        dev.edit("templates/users.html", "{% block main %}", "{% block main %}\n{{ nobody.nothing.at_all }}")
    line = dev.read("templates/users.html").split("\n").index("{{ nobody.nothing.at_all }}") + 1

    page = http.get("/front/users", headers=PAGE)
    program = http.get("/front/users")

    assert page.status_code == program.status_code == 500
    assert f"templates/users.html, line {line}" in page.text
    assert f"templates/users.html, line {line}" in program.json()["detail"]


def test_a_killed_server_is_reported_and_restarted_at_the_next_change(dev, http):
    (pid,) = dev.server_pids()
    with dev.noticed("The server has ended"):
        os.kill(pid, signal.SIGKILL)

    assert "It was ended by SIGKILL" in http.get("/front/notes", headers=PAGE).text
    with dev.restarted():
        dev.edit("templates/board.html", "{% block title %}", "{# mended #}{% block title %}")
    assert version(http)


def test_a_syntax_error_is_shown_with_its_file_and_line_until_it_is_fixed(dev, http):
    with dev.noticed("does not start"):
        dev.write(VERSION, dev.read(VERSION) + '\nbroken = "<b>" +\n')

    page = http.get("/front/notes", headers=PAGE)
    assert page.status_code == 503
    assert page.headers["content-security-policy"]
    assert "SyntaxError: invalid syntax" in page.text
    assert "quart_notes/version.py, line 5" in page.text
    assert "broken = &#34;&lt;b&gt;&#34; +" in page.text
    assert "<b>" not in page.text
    program = http.post("/api/notes", json={"title": "x" * 100_000})
    assert program.status_code == 503
    assert program.headers["content-type"] == "application/problem+json"
    assert "quart_notes/version.py, line 5" in program.json()["detail"]
    for name in FILES:
        assert http.get(f"/dev/{name}").text == (HERE / name).read_text()

    with dev.restarted():
        dev.edit(VERSION, '\nbroken = "<b>" +\n', "")
    assert http.get("/front/notes", headers=PAGE).status_code == 200


BREAKS = (
    ("quart_notes/dev/child.py", "\ndef broken(:\n", "It ended with exit code 1"),
    ("quart-notes.toml", "log_days = 0\n", "log_days (in the settings file)"),
)


def test_the_reason_of_a_failed_start_is_shown(dev, http):
    for name, added, said in BREAKS:
        before = dev.read(name) if (dev.code / name).exists() else ""
        with dev.noticed("does not start"):
            dev.write(name, before + added)

        page = http.get("/front/notes", headers=PAGE)

        assert page.status_code == 503
        assert said in page.text
        dev.write(name, before)

    with dev.noticed("does not start"):
        dev.edit("quart_notes/app.py", "await core.log.open()\n", "await core.log.opened_wrongly()\n")
    line = dev.read("quart_notes/app.py").partition("opened_wrongly")[0].count("\n") + 1
    page = http.get("/front/notes", headers=PAGE)
    assert page.status_code == 503
    assert "AttributeError" in page.text
    assert f"quart_notes/app.py, line {line}" in page.text


# The report.


async def test_an_error_is_escaped(tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text("one\n</li><script>two()</script>\n" + "x" * 1000)
    report = ErrorReport("<i>", "<Kind>", "<b>$where</b>", str(file), 2)

    page = report.page('/"root')

    assert "<script>" not in page
    assert "&lt;/li&gt;&lt;script&gt;two()" in page
    assert "&lt;b&gt;$where&lt;/b&gt;" in page
    assert "<i>" not in page
    assert max(len(line) for _, line in report.lines()) == 400
    response = Response(page)
    await State("<run>").follow(response, "")
    assert 'data-state="{&quot;' in await response.get_data(as_text=True)


def test_a_report_about_a_deleted_file_has_no_source_lines(tmp_path):
    assert ErrorReport("", "", "", str(tmp_path / "gone.py"), 3).lines() == []
    assert ErrorReport("", "", "").where == ""
