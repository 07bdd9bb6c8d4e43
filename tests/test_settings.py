"""Settings: flags override the environment, which overrides the file; invalid values stop the start."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quart_notes.settings import Settings, SettingsError, is_loopback
from quart_notes.settings_sources import PREFIX, load
from tests.support.cases import check_each
from tests.support.servers.server_fork import run

FIELDS = list(Settings.model_fields)

# For each setting three valid values other than its default, and some invalid ones, as text.
GOOD: dict[str, tuple[Any, Any, Any]] = {
    "bind": ("127.0.0.1:1", "[::1]:2", "unix:/tmp/x"),
    "data": ("a", "b", "c"),
    "database_url": ("sqlite:///a", "postgres://u:p@[::1]:5432/b?sslmode=require", "postgresql:///c?host=/run/d"),
    "database_pool": (1, 2, 1000),
    "database_timeout": (1, 2, 3600),
    "access": ("accounts", "accounts", "accounts"),
    "open_to_network": (True, True, True),
    "server_config": ("a.toml", "b.toml", "c.toml"),
    "access_log": (True, True, True),
    "log_format": ("json", "json", "json"),
    "metrics_bind": ("127.0.0.1:1", "[::1]:2", "unix:/tmp/x"),
    "workers": (2, 3, 64),
    "worker_timeout": (1, 2, 3600),
    "max_connections": (8, 9, 1_000_000),
    "drain": (1, 2, 300),
    "proxy_hops": (1, 2, 10),
    "hosts": ("a.example", "b, C.example", "d_e.lan 192.168.1.5"),
    "public_url": ("https://a.example", "http://b:8000", "https://[::1]:8443"),
    "origins": ("https://a.example", "http://localhost:3000,https://b", "https://[::1]"),
    "hsts": (1, 3600, 63_072_000),
    "root_path": ("/a", "/b/c", "/d.e-f_g~h"),
    "log_days": (1, 2, 3650),
    "log_rows": (100, 101, 100_000_000),
    "trash_days": (1, 2, 3650),
    "history_days": (1, 2, 3650),
    "notification_days": (1, 2, 3650),
    "ollama_url": ("http://localhost:1", "https://[::1]:2/a", "none"),
    "ollama_model": ("a", "b:latest", "hf.co/c/d-GGUF:Q4_K_M"),
    "assistant_answers": (1, 2, 64),
    "assistant_timeout": (1, 2, 3600),
    "max_import_bytes": (1024, 1025, 1 << 40),
    "max_kept_import_bytes": (1024, 1025, 1 << 40),
    "stream_road": ("send", "send", "send"),
}
NUMBERS = {
    "workers": (0, 65),
    "worker_timeout": (0, 3601),
    "max_connections": (7, 1_000_001),
    "drain": (-1, 301),
    "proxy_hops": (-1, 11),
    "hsts": (-1, 63_072_001),
    "log_days": (0, 3651),
    "log_rows": (99, 100_000_001),
    "trash_days": (0, 3651),
    "history_days": (0, 3651),
    "notification_days": (0, 3651),
    "database_pool": (0, 1001),
    "database_timeout": (0, 3601),
    "assistant_answers": (0, 65),
    "assistant_timeout": (0, 3601),
    "max_import_bytes": (1023, (1 << 40) + 1),
    "max_kept_import_bytes": (1023, (1 << 40) + 1),
}
NO_NUMBER = ["", "x", "1.5", "-1", "1e3", "0x10", "NaN", "9" * 30, "1 2"]
NO_ADDRESS = [
    *("", "x", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:８０"),
    *("unix:", "fd://3", "http://127.0.0.1:80/"),
]
BAD: dict[str, list[str]] = {
    "bind": NO_ADDRESS,
    "metrics_bind": NO_ADDRESS,
    "data": [""],
    "database_url": [
        *("", "x", "sqlite://x", "sqlite:///", "sqlite:////", "sqlite:///..", "mysql://", "postgres:/x/y"),
        *("postgres://", "postgres://x", "postgres://x/", "postgres:///y", "postgres://x/y/z", "postgres://x/y#z"),
        *("postgres://x:y/z", "postgres://x:99999/y", "postgres://x:0/y", "postgres://[x/y", "postgres://x/y?z"),
        *("postgres://x/y?sslmode=", "postgres://x/y?sslmode=maybe", "postgres://x:1/y@z"),
    ],
    "access": ["", "account", "OPEN", "none"],
    "open_to_network": ["", "maybe", "2", "-1"],
    "server_config": [""],
    "log_format": ["", "JSON", "xml", "1"],
    "access_log": ["", "maybe", "2"],
    "root_path": [
        *("x", "//evil.example", "/a b", "/é", "/a?b", "/a#b", "/../a", "/a/./b", "/a//b", "http://x/", "/a\r\nX: y"),
    ],
    "hosts": ["a:80", "http://a", "a/b", "*", "*.example", "a@b", "é", "a:"],
    "public_url": ["x", "notes.example", "ftp://x", "http://", "https://x?y", "https://u@x", "https://x y"],
    "origins": ["x", "*", "null", "https://a/", "https://a/b", "ws://a", "https://u@a", "https://*.example"],
    "ollama_url": [
        *("x", "localhost:11434", "ftp://x", "http://", "http://x y", "http://x?y", "http://x#y", "http://u:p@x"),
        *("http://x/\r\nY", "http://x:123456", "http://x//y", "file:///x"),
    ],
    "ollama_model": ["", " ", "a b", "-a", "é", "a\n", "a" * 201],
    "stream_road": ["", "DIRECT", "both"],
    **{name: [*NO_NUMBER, *map(str, limits)] for name, limits in NUMBERS.items()},
}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def _toml(name: str, value: object) -> str:
    return f"{name} = {str(value).lower() if isinstance(value, bool) else repr(value)}\n"


def _variable(name: str, value: object) -> dict[str, str]:
    return {PREFIX + name.upper(): str(value)}


def test_every_setting_is_tested_here():
    assert list(GOOD) == FIELDS
    assert set(BAD) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_flag_overrides_the_environment_which_overrides_the_file(empty_folder: Path, name: str):
    flag, variable, line = (Settings(**{name: value}) for value in GOOD[name])
    default = Settings()
    assert getattr(default, name) not in {getattr(flag, name), getattr(line, name)}

    assert load({}, {}) == default
    (empty_folder / "quart-notes.toml").write_text(_toml(name, GOOD[name][2]))
    assert load({}, {}) == line
    assert load({}, _variable(name, GOOD[name][1])) == variable
    assert load({name: GOOD[name][0]}, _variable(name, GOOD[name][1])) == flag
    assert load({name: None}, {}) == line  # a flag that was not given


@pytest.mark.parametrize(
    "url",
    [
        *("postgres:///notes?host=/run/postgresql&password=s3cret&sslmode=bogus",),
        *("postgres:///notes?password=s3cret", "postgres://u:1/s3cret@host", "postgres://u:1/s3cret@host/notes"),
        *("postgres://u:s3cret@host", "postgres://u:s3cret/notes", "mysql://root:s3cret/x", "s3cret"),
    ],
)
def test_a_possible_password_is_never_shown(url: str):
    with pytest.raises(SettingsError) as caught:
        load({"database_url": url}, {})
    assert " must " in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://u:s3cret@host:5433/notes?sslpassword=s3cret", "postgres://host:5433/notes"),
        ("postgres://u:s3@cret@host/notes", "postgres://host/notes"),
        ("postgres:///notes?host=/run/d&user=u&password=s3cret", "postgres:///run/d/notes"),
        ("postgres://host/notes?password=s3cret", "postgres://host/notes"),
    ],
)
def test_a_database_is_shown_without_its_password(url: str, shown: str):
    place = load({"database_url": url}, {}).database

    assert str(place) == shown
    assert "s3cret" not in repr(place)


@pytest.mark.parametrize("name", BAD)
def test_an_invalid_value_is_reported_with_its_source(empty_folder: Path, name: str):
    load({name: GOOD[name][0]}, {})

    def is_named(value: str) -> None:
        origins: list[tuple[dict[str, Any], dict[str, str], str]] = [
            ({name: value}, {}, f"--{name.replace('_', '-')}"),
            ({}, _variable(name, value), PREFIX + name.upper()),
        ]
        if not value.strip():
            del origins[1]  # an unset variable
        for flags, environment, origin in origins:
            with pytest.raises(SettingsError, match="^" + re.escape(f"{name} (from {origin}): ")):
                load(flags, environment)

        if value.strip() and "\n" not in value:
            (empty_folder / "quart-notes.toml").write_text(_toml(name, value))
            with pytest.raises(SettingsError, match=re.escape(f"{name} (in the settings file): ")):
                load({}, {})
            (empty_folder / "quart-notes.toml").unlink()

    check_each(((value, value) for value in BAD[name]), is_named)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("bind", "bind = 8000"),
        ("data", 'data = ["a"]'),
        ("log_days", "log_days = true"),
        ("trash_days", "trash_days = [1]"),
        ("access_log", "access_log = {}"),
        ("root_path", "root_path = 1"),
        ("nonsense", "nonsense = 1"),
        ("server", "[server]\nbind = 1"),
        ("config", 'config = "x"'),
    ],
)
def test_an_invalid_line_in_the_file_is_named(empty_folder: Path, name: str, line: str):
    (empty_folder / "quart-notes.toml").write_text(line)

    with pytest.raises(SettingsError, match=rf"^{name} \(in the settings file\): "):
        load({}, {})


@pytest.mark.parametrize("name", NUMBERS)
def test_a_range_is_reported_and_includes_its_limits(name: str):
    low, high = (load({name: limit}, {}) for limit in (NUMBERS[name][0] + 1, NUMBERS[name][1] - 1))
    assert getattr(low, name) < getattr(high, name)

    for beyond, limit in ((NUMBERS[name][0], NUMBERS[name][0] + 1), (NUMBERS[name][1], NUMBERS[name][1] - 1)):
        with pytest.raises(SettingsError, match=rf"\b{limit}\b.*got {beyond}"):
            load({name: beyond}, {})


def test_all_errors_are_reported_at_once():
    with pytest.raises(SettingsError) as caught:
        load({"bind": "x"}, _variable("log_days", 0))

    assert {line.partition(" ")[0] for line in str(caught.value).splitlines()} == {"bind", "log_days"}


@pytest.mark.parametrize(
    "name", ["BIMD", "", "PORT", "LOG_DAYS_", "SECRET", "NAME", "METRICS_PORT", "SERVICE_PORT", "PORT_8000", "ENV"]
)
def test_an_unknown_variable_stops_the_start(name: str):
    with pytest.raises(SettingsError, match=f"^{PREFIX}{name}: there is no such setting; known are .*{PREFIX}BIND"):
        load({}, {PREFIX + name: "x"})


def test_all_unknown_variables_are_named_at_once():
    with pytest.raises(SettingsError, match=f"^{PREFIX}BINND, {PREFIX}DATTA: "):
        load({}, {PREFIX + "DATTA": "x", PREFIX + "BINND": "", PREFIX + "DATA": "y"})


@pytest.mark.parametrize("name", FIELDS)
def test_a_blank_setting_is_unset(empty_folder: Path, name: str):
    for nothing in ("", " ", "\t"):
        (empty_folder / "quart-notes.toml").write_text("")
        assert load({}, _variable(name, nothing)) == Settings()

        (empty_folder / "quart-notes.toml").write_text(_toml(name, GOOD[name][2]))
        assert load({}, _variable(name, nothing)) == Settings(**{name: GOOD[name][2]})

        (empty_folder / "quart-notes.toml").write_text(f'{name} = "{nothing}"')
        assert load({}, {}) == Settings()
        assert load({}, _variable(name, GOOD[name][1])) == Settings(**{name: GOOD[name][1]})


def test_a_blank_settings_file_is_ignored():
    assert load({"config": ""}, {PREFIX + "CONFIG": " "}) == Settings()


# Variables that Kubernetes and Docker set for a service and a container called quart-notes, and for others.
OF_OTHERS = """
SERVICE_HOST=10.96.0.7
SERVICE_PORT=8000
SERVICE_PORT_HTTP=8000
SERVICE_PORT_HTTP_METRICS=9464
PORT=tcp://10.96.0.7:8000
PORT_8000_TCP=tcp://10.96.0.7:8000
PORT_8000_TCP_PROTO=tcp
PORT_8000_TCP_PORT=8000
PORT_8000_TCP_ADDR=10.96.0.7
PORT_53_UDP=udp://[fd00::7]:53
PORT_9_SCTP_ADDR=fd00::7
PORT_8000_TCP_START=tcp://172.17.0.5:8000
PORT_8000_TCP_END=tcp://172.17.0.5:8001
PORT_8000_TCP_PORT_START=8000
PORT_8000_TCP_PORT_END=8001
NAME=/web/quart-notes
ENV_PYTHON_VERSION=3.13.1
ENV_QUART_NOTES_BIND=0.0.0.0:8000
1_PORT=tcp://172.17.0.5:8000
1_NAME=/web_1/quart-notes_1
POSTGRES_SERVICE_HOST=10.96.0.8
POSTGRES_SERVICE_PORT_POSTGRES=5432
POSTGRES_PORT=tcp://10.96.0.8:5432
POSTGRES_PORT_5432_TCP_ADDR=10.96.0.8
"""


def test_other_variables_are_ignored():
    given = dict(line.split("=", 1) for line in OF_OTHERS.split())
    assert load({}, {PREFIX + name: value for name, value in given.items()}) == Settings()

    assert load({}, {"QUART_DEBUG": "1", "PORT": "1", "quart_notes_bind": "x"}) == Settings()


def test_the_path_of_the_settings_file_is_configurable(empty_folder: Path):
    other = empty_folder / "other.toml"
    other.write_text("log_days = 3")
    (empty_folder / "quart-notes.toml").write_text("log_days = 2")

    assert load({}, {}).log_days == 2
    assert load({}, {PREFIX + "CONFIG": "other.toml"}).log_days == 3
    assert load({"config": other}, {PREFIX + "CONFIG": "missing.toml"}).log_days == 3


@pytest.mark.parametrize("content", [b"x", b"\xff = 1", b"log_days = \n", b"log_days = 1\nlog_days = 2"])
def test_an_unreadable_settings_file_is_named(empty_folder: Path, content: bytes):
    (empty_folder / "quart-notes.toml").write_bytes(content)

    with pytest.raises(SettingsError, match=r"^config: quart-notes\.toml cannot be read"):
        load({}, {})


def test_an_explicit_settings_file_must_exist(empty_folder: Path):
    with pytest.raises(SettingsError, match=r"^config: .*missing\.toml does not exist"):
        load({"config": empty_folder / "missing.toml"}, {})
    with pytest.raises(SettingsError, match=r"^config: "):
        load({"config": empty_folder}, {})


@pytest.mark.parametrize("bind", ["127.0.0.1:0", "127.255.0.9:80", "[::1]:80", "localhost:80", "unix:/tmp/x.sock"])
def test_loopback_needs_no_permission(bind: str):
    assert is_loopback(bind)
    assert load({"bind": bind}, {}).bind == bind


@pytest.mark.parametrize(
    "bind",
    [
        *("0.0.0.0:80", "[::]:80", "192.168.1.2:80", "example.com:80", "128.0.0.1:80", "[::ffff:10.0.0.1]:80"),
        *("127.0.0.1.evil.example:80", "localhost.evil.example:80"),
    ],
)
def test_the_network_needs_permission_and_the_error_explains_it(bind: str):
    with pytest.raises(SettingsError) as caught:
        load({"bind": bind}, {})
    for word in ("bind", bind, "--open-to-network", "QUART_NOTES_OPEN_TO_NETWORK", "127.0.0.1"):
        assert word in str(caught.value)

    assert load({"bind": bind, "open_to_network": True}, {}).bind == bind
    assert load({"bind": bind, "access": "accounts"}, {}).bind == bind
    assert load({"bind": bind}, {PREFIX + "OPEN_TO_NETWORK": "true"}).open_to_network
    with pytest.raises(SettingsError):
        load({"bind": bind, "open_to_network": False}, {PREFIX + "OPEN_TO_NETWORK": "true"})


def test_settings_are_immutable():
    with pytest.raises(ValueError, match="frozen"):
        Settings().bind = "0.0.0.0:80"  # type: ignore[misc]


def test_every_setting_has_a_description():
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--bind", "0.0.0.0:0"], "--open-to-network"),
        (["--bind", "nonsense"], "bind"),
        (["--log-days", "0"], "log_days"),
        (["--log-days", "x"], "--log-days"),
        (["--config", "missing.toml"], "missing.toml"),
        (["--server-config", "missing.toml"], "missing.toml"),
        (["--server-config", "broken.toml"], "broken.toml"),
        (["--server-config", "."], "server_config"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_an_invalid_setting_stops_the_start_with_an_explanation(empty_folder: Path, flags: list[str], named: str):
    (empty_folder / "broken.toml").write_text("bind = ")

    done = run("serve", *flags, folder=empty_folder)

    assert done.returncode in {1, 2}
    assert done.stdout == ""
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not (empty_folder / "data").exists()
