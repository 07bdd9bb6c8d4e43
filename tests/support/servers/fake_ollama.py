"""A server that speaks Ollama's wire format, in a process of its own: `ollama_program`."""

import subprocess
import sys
from typing import Any

import httpx

from tests.support.servers import ollama_program
from tests.support.servers.server_process import wait_for

Json = dict[str, Any]


class FakeOllama:
    """The server in its process, and the controls of its answers."""

    def __enter__(self) -> "FakeOllama":
        command = [sys.executable, "-S", "-E", ollama_program.__file__]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        self._client = httpx.Client(base_url=self.url, timeout=10, verify=False, trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._process.kill()
        self._process.communicate()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def will(self, word: str, *steps: Any) -> None:
        """From now on answer a question with this word in its last line with these steps."""
        assert self._client.post("/control", json={"scripts": {word: steps}}).status_code == 200

    def has(self, *models: str) -> None:
        """From now on have these models."""
        assert self._client.post("/control", json={"models": models}).status_code == 200

    def release(self, name: str) -> None:
        """Continue the steps held under this name."""
        assert self._client.post("/control", json={"release": [name]}).status_code == 200

    def _state(self) -> Json:
        return dict(self._client.get("/control").json())

    @property
    def received(self) -> list[Json]:
        """The chat requests so far, oldest first."""
        return list(self._state()["received"])

    @property
    def looked_at(self) -> list[str]:
        """The paths requested so far, without this one."""
        return [path for path in self._state()["paths"] if path != "/control"]

    @property
    def open(self) -> int:
        """The number of chats that it is answering."""
        return int(self._state()["open"])

    @property
    def most(self) -> int:
        """The maximum number of concurrent answers so far."""
        return int(self._state()["most"])

    def is_answering(self, number: int = 1) -> None:
        """Return once it is answering this many."""
        wait_for(lambda: self.open == number, f"{number} chats are open")
