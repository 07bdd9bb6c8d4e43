"""Responses match the OpenAPI document: in open mode, and for members and administrators."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import schemathesis
import schemathesis.specs.openapi.checks  # registers its adapters
from hypothesis import HealthCheck, Phase, given, settings
from requests import Session
from schemathesis.checks import CHECKS
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

from tests.support.api_documents import DOCUMENTED, template
from tests.support.cases import check_each
from tests.support.routes import JSON_ROUTES, PASSWORD, VALUES, body_of
from tests.support.servers.populated_server import furnish
from tests.support.servers.server_process import ServerProcess

# Rules that a schema cannot express (a note needs one of two texts; a version may be stale): valid, but refused.
UNSAID = CHECKS.get_by_names(["positive_data_acceptance"])
LABELS = [f"{route.method} {template(route)}" for route in DOCUMENTED if route.endpoint != "live.stream_events"]
FIXED = ["GET /api/version", "GET /db/alive", "GET /healthz", "GET /readyz"]  # they read no body
NOTHING_WRONG = [  # any value is valid
    *FIXED,
    "GET /api/boards/trash",
    "GET /api/rooms/trash",
    "POST /api/sign-out",
    *(f"GET /api/{path}" for path in ("me", "me/preferences", "me/sessions", "me/tokens", "invitations")),
    *(f"{method} /api/me/preferences/{{key}}" for method in ("GET", "PUT", "DELETE")),
]
EXAMPLES = {GenerationMode.POSITIVE: 3, GenerationMode.NEGATIVE: 4}  # of each operation
ACCOUNTS_EXAMPLES = 2
ENDS_SESSION = ("POST /api/sign-out", "PUT /api/me/password", "DELETE /api/me/sessions/{session_id}")
PATIENCE = 60.0  # seconds for a response: a busy machine may be slow
THINGS = 5  # existing resources of each kind
ONES_ID = ("author_id", "recipient_id", "reader_id", "message_id", "person_id")
OTHERS = ("third", "fourth", "fifth")
MEMBER = "member"
FIRST_OTHER = 2  # the first user whom administrators may change in any way


def _walk(operation: Any, mode: GenerationMode, examples: int, check: Callable[[Any, int], None]) -> None:
    """Check examples of an operation, the same ones in each run; the second argument is the number of an example."""
    turn = 0

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def walk(case: Any) -> None:
        nonlocal turn
        turn += 1
        check(case, turn)

    walk()
    assert turn


def _make_about_what_is_there(case: Any, turn: int) -> None:
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            place.update({name: turn % THINGS + 1 for name in place if name in ONES_ID or name in VALUES})


def _operations(server: ServerProcess, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Operations in the document, by label."""
    described: Any = schemathesis.openapi.from_url(
        f"{server.base}/openapi.json", headers=headers or {}, timeout=PATIENCE
    )
    return {operation.label: operation for operation in (each.ok() for each in described.get_all_operations())}


@pytest.fixture(scope="module")
def connections() -> Iterator[Session]:
    """Persistent connections of the requests."""
    with Session() as session:
        session.trust_env = False
        yield session


# Open mode.

ENDPOINTS = {route.rule: route.endpoint for route in JSON_ROUTES if route.method == "POST"}


@pytest.fixture(scope="module")
def operations(shared_server: ServerProcess) -> dict[str, Any]:
    """Operations in the document of a server that has a few resources of each kind."""
    with httpx.Client(base_url=shared_server.base, verify=False, timeout=PATIENCE) as client:
        for n in range(1, THINGS + 1):
            for path in ("notes", "users", "rooms", "rooms/1/messages", "messages"):
                about = body_of(ENDPOINTS[f"/api/{path.replace('1', '<id:room_id>')}"], n)
                between = {"author_id": 1, "recipient_id": n} if path == "messages" else {}
                assert client.post(f"/api/{path}", json={**about, **between}).status_code == 201
    return _operations(shared_server)


def test_every_operation_is_tested(operations: dict[str, Any]):
    assert operations.keys() == {*LABELS, "GET /events"}


@pytest.mark.parametrize("mode", EXAMPLES, ids=lambda mode: mode.value)
def test_every_response_matches_the_document(operations: dict[str, Any], connections: Session, mode: GenerationMode):
    def check(case: Any, turn: int) -> None:
        if turn % 2 and mode is GenerationMode.POSITIVE:  # unless an earlier example deleted it
            _make_about_what_is_there(case, turn)
        case.call_and_validate(session=connections, excluded_checks=UNSAID, timeout=PATIENCE)

    labels = LABELS if mode is GenerationMode.POSITIVE else [label for label in LABELS if label not in NOTHING_WRONG]
    check_each(
        [(label, label) for label in labels],
        lambda label: _walk(operations[label], mode, 1 if label in FIXED else EXAMPLES[mode], check),
    )


# Accounts mode.


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with an administrator, a member, and others; its log must contain no errors."""
    with ServerProcess(tmp_path_factory.mktemp("described") / "data", "--access", "accounts") as server:
        furnish(server)
        with _client(server, "first") as first:
            for nickname in (*OTHERS, MEMBER):
                link = first.post("/api/invitations", json={}).json()["link"]
                person = {"name": nickname, "email": f"{nickname}@example.org", "nickname": nickname}
                with httpx.Client(verify=False, trust_env=False, timeout=PATIENCE) as client:
                    assert client.post(link, data={**person, "password": PASSWORD}).status_code == 303
        yield server
        assert "Traceback" not in server.log, server.log


@contextmanager
def _client(server: ServerProcess, nickname: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base, verify=False, trust_env=False, timeout=PATIENCE) as client:
        assert client.post("/api/sign-in", json={"nickname": nickname, "password": PASSWORD}).status_code == 200
        yield client


def _session(server: ServerProcess, nickname: str) -> dict[str, str]:
    with _client(server, nickname) as client:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


@pytest.mark.parametrize("nickname", ["first", MEMBER])
def test_every_response_matches_the_document_with_accounts(guarded: ServerProcess, connections: Session, nickname: str):
    operations = _operations(guarded, _session(guarded, "first"))
    me: dict[str, str] = {}
    answered: set[int] = set()

    def walk(label: str) -> None:
        wrong: set[str] = set()  # a repeated example may have another response

        def check(case: Any, turn: int) -> None:
            _make_about_what_is_there(case, turn)
            if "/api/users/{user_id}/" in label:  # not the users whose sessions are used
                case.path_parameters["user_id"] = FIRST_OTHER + turn % len(OTHERS)
            if isinstance(case.body, dict):
                case.body.pop("nickname", None)  # they sign in with it, and with their password
                case.body.update({"new": PASSWORD} if "new" in case.body else {})
            if not me or 401 in answered:
                me.update(_session(guarded, nickname))
                answered.clear()
            answer = case.call(session=connections, headers=me, timeout=PATIENCE)
            answered.add(answer.status_code)
            try:
                case.validate_response(answer, excluded_checks=UNSAID, headers=me)
            except FailureGroup as found:
                wrong.update(f"{answer.status_code} {str(failure)[:300]}" for failure in found.exceptions)

        _walk(operations[label], GenerationMode.POSITIVE, ACCOUNTS_EXAMPLES, check)
        if label in ENDS_SESSION:
            me.clear()
        assert not wrong

    check_each([(label, label) for label in LABELS], walk)
