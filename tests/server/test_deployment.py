"""Files for servers, proxies and containers: valid, if their program is installed, and consistent with the settings."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from quart_notes.app import RESPONSE_TIMEOUT
from quart_notes.live.broadcaster import HEARTBEAT
from quart_notes.server.serve import STREAM_SHUTDOWN_TIMEOUT
from quart_notes.settings import Settings
from quart_notes.settings_sources import PREFIX, load
from quart_notes.web.request_body import MAX_BODY
from tests.support.servers.server_process import ROOT

DEPLOY = ROOT / "deploy"
POSTGRES = DEPLOY / "compose.postgres.yaml"
DOCUMENT = (ROOT / "docs" / "deployment.md").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


def program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/sbin:/sbin")


def accepted(*command: str | Path | None, **environment: str) -> None:
    ended = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout.decode()


def variables(text: str) -> dict[str, str]:
    """The settings in a file's environment variables."""
    said = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    return dict(re.findall(rf"({PREFIX}[A-Z_]+)=([^\s'\"),]+)", said))


@pytest.mark.skipif(program("caddy") is None, reason="Caddy is not installed")
def test_caddy_accepts_its_file(tmp_path: Path):
    command = (program("caddy"), "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile")

    accepted(*command, HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))


def test_nginx_overwrites_every_header_that_the_server_trusts():
    text = (DEPLOY / "nginx.conf").read_text()
    blocks = [block for block in text.split("location ")[1:] if "proxy_pass" in block]

    assert len(blocks) == 2
    for block in blocks:
        for name in ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id"):
            assert f"proxy_set_header {name} " in block, name


def seconds(text: str) -> int:
    """A duration in seconds, as nginx, systemd and compose write it."""
    found = re.fullmatch(r"(\d+)(s|m|)", text)
    assert found, text
    return int(found[1]) * (60 if found[2] == "m" else 1)


def test_nginx_leaves_the_body_limit_to_the_server():
    text = (DEPLOY / "nginx.conf").read_text()

    assert re.findall(r"client_max_body_size (\w+);", text) == ["0"]
    assert re.findall(r"proxy_request_buffering (\w+);", text) == ["off"]
    assert f"{MAX_BODY // 1024} KiB" in text
    assert f"{MAX_BODY // 1024} KiB" in DOCUMENT


def test_the_timeouts_of_nginx_exceed_the_heartbeat():
    text = (DEPLOY / "nginx.conf").read_text()
    waits = [seconds(wait) for wait in re.findall(r"proxy_(?:read|send)_timeout (\w+);", text)]
    silences = [HEARTBEAT * 3, RESPONSE_TIMEOUT, Settings.model_fields["database_timeout"].default]

    assert len(waits) == 4
    assert min(waits) > max(silences)
    assert f"Timeouts of {waits[0]} seconds" in DOCUMENT
    assert f"every {HEARTBEAT:g} seconds" in DOCUMENT


def test_limits_of_files_and_stop_timeouts_match_the_settings():
    unit = (DEPLOY / "quart-notes.service").read_text()
    container = (ROOT / "compose.yaml").read_text()
    descriptors = [int(number) for number in re.findall(r"(?:LimitNOFILE=|nofile: )(\d+)", unit + container)]
    stops = [seconds(time) for time in re.findall(r"(?:TimeoutStopSec=|stop_grace_period: )(\w+)", unit + container)]
    config = tomllib.loads((ROOT / "hypercorn.toml").read_text())

    assert len(descriptors) == len(stops) == 2
    assert min(descriptors) > Settings.model_fields["max_connections"].default
    assert min(stops) > config["shutdown_timeout"] + STREAM_SHUTDOWN_TIMEOUT + Settings.model_fields["drain"].default


@pytest.mark.skipif(program("nginx") is None or program("openssl") is None, reason="nginx or openssl is not installed")
def test_nginx_accepts_its_file(tmp_path: Path):
    key, certificate, site, whole = (tmp_path / name for name in ("key.pem", "certificate.pem", "site", "nginx.conf"))
    make = (program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost")
    accepted(*make, "-keyout", key, "-out", certificate)
    text = (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"(ssl_certificate\s+)[^;]+", rf"\g<1>{certificate}", text)
    text = re.sub(r"(ssl_certificate_key\s+)[^;]+", rf"\g<1>{key}", text)
    # Checking the file opens its ports: use only unprivileged ports.
    site.write_text(re.sub(r"(listen (?:\[::\]:)?)(\d+)", lambda found: f"{found[1]}{40_000 + int(found[2])}", text))
    temporary = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy"))
    whole.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {temporary} include {site}; }}")

    accepted(program("nginx"), "-t", "-p", tmp_path, "-c", whole)


def test_a_server_is_restarted_after_any_exit_code():
    """A process behind the pruned log exits with code 0."""
    unit = (DEPLOY / "quart-notes.service").read_text()
    container = (ROOT / "compose.yaml").read_text()

    assert re.findall(r"^Restart=(.+)$", unit, re.MULTILINE) == ["always"]
    assert re.findall(r"^    restart: (.+)$", container, re.MULTILINE) == ["unless-stopped"]


@pytest.mark.skipif(program("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_accepts_its_files(unit: Path, tmp_path: Path):
    for path in UNITS:  # systemd-analyze also checks the program that a unit starts
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/quart-notes/bin/quart-notes", "/bin/true"))

    accepted(program("systemd-analyze"), "verify", tmp_path / unit.name, SYSTEMD_UNIT_PATH=f"{tmp_path}:")


def test_the_proxies_use_the_address_of_the_server():
    default = str(Settings.model_fields["bind"].default)

    for name in ("nginx.conf", "Caddyfile", "quart-notes.service"):
        assert default in (DEPLOY / name).read_text(), name


@pytest.mark.parametrize(
    "file", [*UNITS, ROOT / "Dockerfile", ROOT / "compose.yaml", POSTGRES], ids=lambda path: path.name
)
def test_the_settings_in_a_file_are_valid(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT / "tests")  # no settings file here

    load(environ=variables(file.read_text()))


def test_the_image_copies_everything_that_the_wheel_is_built_from():
    copied = " ".join(re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)).split()
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert {"pyproject.toml", "README.md", "LICENSE", "hypercorn.toml", "quart_notes", "templates", "static"} <= set(
        copied
    )
    assert set(copied) - {"./"} == let_through
    assert all((ROOT / name).exists() for name in let_through)


def test_the_health_check_of_the_image_uses_the_address_of_its_server():
    assert variables(DOCKERFILE)[f"{PREFIX}BIND"].rpartition(":")[2] == "8000"
    assert "HTTPConnection('127.0.0.1', 8000" in DOCKERFILE


def test_the_deployment_document_links_to_every_file():
    for file in (*DEPLOY.iterdir(), ROOT / "Dockerfile", ROOT / "compose.yaml"):
        assert f"(../{file.relative_to(ROOT)})" in DOCUMENT, file.name
