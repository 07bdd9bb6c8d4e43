"""Clients of `quart-notes dev`: HTTP, and the state stream of pages."""

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
    """Opens a new connection for each request: a persistent one ends with its server."""
    with httpx.Client(
        base_url=only.base, timeout=20, verify=False, trust_env=False, headers={"Connection": "close"}
    ) as client:
        yield client


@contextmanager
def states(http: httpx.Client) -> Iterator[Iterator[dict[str, Any]]]:
    """The states that pages get."""
    with http.stream("GET", "/dev/changes") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield (json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line.startswith("data: "))


def version(http: httpx.Client) -> str:
    """The version that the server reports."""
    said: str = http.get("/api/version").json()["version"]
    return said
