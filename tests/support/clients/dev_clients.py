"""What comes to `quart-notes dev`: a client, and pages that hear of changes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.support.servers.dev_process import DevProcess

PAGE = {"Accept": "text/html"}


@pytest.fixture
def http(only: DevProcess) -> Iterator[httpx.Client]:
    """Makes a connection a request: a kept one ends with its server."""
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


def version(http: httpx.Client) -> str:
    """Which one the server says it is."""
    said: str = http.get("/api/version").json()["version"]
    return said
