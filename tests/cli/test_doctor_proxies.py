"""The doctor's checks of proxies in front of the server."""

from pathlib import Path
from typing import Any

import pytest

from quart_notes.cli.doctor import proxies as doctor_proxies
from quart_notes.cli.doctor.proxies import proxies
from quart_notes.server import sockets
from quart_notes.settings import Settings
from tests.support.doctor_findings import only
from tests.support.servers.server_process import ServerProcess

LOCAL, SOCKET, REACHED = "127.0.0.1:1", "unix:/nowhere/sock", "192.0.2.1:1"


@pytest.mark.parametrize(
    ("settings", "verdict", "said"),
    [
        ({}, "ok", "nobody's"),
        ({"bind": REACHED, "open_to_network": True}, "ok", "nobody's"),
        ({"bind": LOCAL, "access": "accounts"}, "ok", "nobody's"),
        ({"bind": LOCAL, "access": "accounts", "proxy_hops": 1}, "ok", "1 in front"),
        ({"bind": SOCKET, "access": "accounts", "proxy_hops": 2, "root_path": "/x"}, "ok", "2 in front"),
        ({"bind": REACHED, "access": "accounts"}, "warn", "without https"),
        ({"bind": REACHED, "access": "accounts", "proxy_hops": 1}, "warn", "can claim any address in X-Forwarded-For"),
        (
            {"bind": "0.0.0.0:1", "open_to_network": True, "proxy_hops": 1},
            "warn",
            "can claim any address in X-Forwarded-For",
        ),
        ({"bind": LOCAL, "access": "accounts", "root_path": "/x"}, "warn", "(root_path)"),
        ({"bind": SOCKET, "access": "accounts"}, "warn", SOCKET),
    ],
)
def test_the_number_of_trusted_proxies_is_checked(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], verdict: str, said: str
):
    monkeypatch.setattr(doctor_proxies, "believes_headers", lambda _: None)

    found, detail = only(proxies(Settings(**settings)))

    assert found == verdict
    assert said in detail


@pytest.mark.parametrize("believing", [0, 1, 2])
def test_a_server_running_with_other_settings_is_reported(tmp_path: Path, believing: int):
    with ServerProcess(tmp_path / "data", "--proxy-hops", str(believing), "--root-path", "/x") as running:
        for hops in (0, 1):
            settings = Settings(bind=f"127.0.0.1:{running.port}", proxy_hops=hops, root_path="/x")

            found = [one for one in proxies(settings) if one.verdict == "warn"]

            if bool(believing) == bool(hops):
                assert not found
            else:
                said = f"the server that runs {'believes' if believing else 'ignores'} X-Forwarded headers"
                assert only(found)[1].startswith(said)


def test_a_foreign_server_is_not_checked(unused_tcp_port: int, tmp_path: Path):
    settings = Settings(bind=f"127.0.0.1:{unused_tcp_port}", proxy_hops=1)
    assert only(proxies(settings))[0] == "ok"

    listener = sockets.listen(f"unix:{tmp_path}/sock")
    try:
        settings = Settings(bind=f"unix:{tmp_path}/sock", proxy_hops=1)
        assert doctor_proxies.believes_headers(settings) is None
    finally:
        listener.close()
