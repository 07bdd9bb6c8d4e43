"""The benchmark's systems, without a server: their events, missing features and missing programs."""

import json

import pytest

from bench import http1, machine
from bench.lines import lines
from bench.systems import BY_KEY, SYSTEMS, System, base, nchan, ours
from bench.workloads import page
from tests.support.servers.bench_peers import told


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_a_delivery_has_a_number_and_a_damaged_one_is_refused(system: System):
    assert system.event(told(system, "create")) == 42
    assert system.event(told(system, "update")) is None
    assert system.event(told(system, "update"), "update") == 42
    with pytest.raises(ValueError, match="not the note"):
        system.event(told(system, "create", description="cut sho"))


def test_a_reset_is_not_a_delivery():
    with pytest.raises(ValueError, match="reset"):
        BY_KEY["ours"].event(b'{"id":"e-1","action":"reset"}')


def test_lines_have_unique_keys_and_rows_with_units():
    keys = [line.key for line in lines(quick=True)]

    assert len(keys) == len(set(keys))
    assert all(row.unit for line in lines(quick=False) for row in line.rows)


def test_setup_links_are_found_in_the_servers_output():
    said = "Set up this server, once: http://127.0.0.1:8000/front/join/abc-DEF\n"
    head = b"HTTP/1.1 303 See Other\r\nSet-Cookie: quart_notes_session_80=x.y; Path=/; HttpOnly\r\n"

    link, cookie = ours.SETUP.search(said), ours.COOKIE.search(head)
    assert link is not None
    assert cookie is not None
    assert (link[1], cookie[1]) == ("/front/join/abc-DEF", b"quart_notes_session_80=x.y")


def test_a_published_event_is_acknowledged_with_its_id():
    answer = http1.Response(202, b"", b"queued messages: 1\r\nlast message id: 1795173614:0", b"")

    assert BY_KEY["nchan"].acknowledged(answer, 3) == "1795173614:0"
    with pytest.raises(ValueError, match="status 403"):
        BY_KEY["nchan"].acknowledged(answer._replace(status=403), 3)


def test_an_acknowledgement_with_another_note_or_status_is_refused():
    system = BY_KEY["ours"]
    note = {"id": 7, "created_at": "x", "updated_at": "x", **system.note(42)}
    answer = http1.Response(201, b"", json.dumps(note).encode(), b"")

    assert system.acknowledged(answer, 42) == 7
    assert system.acknowledged(answer._replace(status=200), 42, changed=True) == 7
    with pytest.raises(ValueError, match="another note"):
        system.acknowledged(answer, 41)
    with pytest.raises(ValueError, match="status 201"):
        system.acknowledged(answer, 42, changed=True)


# Missing features and missing programs.


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch):
    class Absent(System):
        modules = ("json", "no_such_module")

    monkeypatch.setattr(base, "program", lambda _: None)
    monkeypatch.setattr(page, "program", lambda _: None)

    assert Absent().missing() == "Python packages no_such_module"
    assert BY_KEY["pocketbase"].missing() == "programs pocketbase"
    assert BY_KEY["nchan"].missing() == "programs nginx"
    assert page.missing() == "Chromium"


def test_a_missing_nginx_module_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setattr(base, "program", lambda name: f"/usr/sbin/{name}")
    monkeypatch.setattr(nchan, "MODULE", tmp_path / "absent.so")

    assert BY_KEY["nchan"].missing() == "nginx's module nchan (libnginx-mod-nchan)"


def test_a_low_limit_of_open_files_is_reported():
    assert any("open files: 1024" in lack for lack in machine.missing(1024, 5000))


def test_nginx_gets_a_port_and_stays_in_its_folder(tmp_path):
    command = BY_KEY["nchan"].command(12345, tmp_path)

    text = (tmp_path / "nginx.conf").read_text()
    assert str(tmp_path / "nginx.conf") in command
    assert "listen 127.0.0.1:12345 " in text
    assert "{" * 2 not in text
    assert all(str(tmp_path) in line for line in text.splitlines() if "_temp_path" in line)


@pytest.mark.parametrize(
    ("key", "left_out"),
    [
        ("ours", set()),
        ("fastapi", {"unchanged", "boards-ws", "boards-sse", "resume-ws", "resume-sse"}),
        ("nchan", {"list", "one", "unchanged", "update", "start", "mix-ws", "mix-sse", "beside-ws", "beside-sse"}),
    ],
)
def test_a_system_skips_lines_that_it_does_not_support(key: str, left_out: set[str]):
    system = BY_KEY[key]

    concerned = [line for line in lines(quick=True) if line.concerns(system)]
    assert {line.key for line in concerned if not line.runs_on(system)} == left_out


def test_lines_for_some_systems_are_not_reported_as_missing_in_others():
    by_key = {line.key: line for line in lines(quick=True)}

    assert [key for key, line in by_key.items() if line.concerns(BY_KEY["kernel"])] == ["writes"]
    assert [key for key, line in by_key.items() if line.concerns(BY_KEY["sqlite"])] == ["inserts"]
    assert [system.key for system in SYSTEMS if by_key["page"].concerns(system)] == ["ours", "ours-accounts"]
    assert not any(line.runs_on(BY_KEY["pocketbase"]) for key, line in by_key.items() if key.endswith("-ws"))
