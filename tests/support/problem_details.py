"""Checks of every error response: its form, and what it must not reveal."""

import json
from typing import Any

from tests.support.clients.raw_http import Answer

MEMBERS = {"type", "title", "status", "detail", "code", "errors"}
XSS = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def assert_problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """`answer` is a complete problem with this status and code; returns it."""
    assert answer.status == status, answer.raw[:2000]
    assert answer.headers["content-type"] == "application/problem+json"
    problem = dict(json.loads(answer.body))
    assert problem.keys() >= MEMBERS
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    assert_harmless(answer)
    return problem


def assert_harmless(answer: Answer) -> None:
    """`answer` reveals no internal details and escapes all markup."""
    for revealing in (b"Traceback", b'File "', b"quart_notes.", b"site-packages", b"sqlite3.", b"Error:"):
        assert revealing not in answer.body, revealing
    if "html" in answer.headers.get("content-type", ""):
        assert b"<script>alert" not in answer.body
        assert b"<img src=x" not in answer.body
    assert "x-injected" not in answer.headers
