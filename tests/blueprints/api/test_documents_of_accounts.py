"""In accounts mode too nothing is answered that the OpenAPI document does not say, to members and administrators."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from requests import Session
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

from tests.blueprints.api.test_documents import ENDLESS, LABELS, ONES_ID, UNSAID
from tests.support.cases import check_each
from tests.support.routes import PASSWORD, VALUES
from tests.support.servers.populated_server import furnish
from tests.support.servers.server_process import ServerProcess

EXAMPLES = 8  # of each operation
OTHERS = ("third", "fourth", "fifth")
MEMBER = "member"
FIRST_OTHER = 2  # number of the first person whom administrators may do anything to


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with an administrator, a member, and others; its log must stay free of errors."""
    with ServerProcess(tmp_path_factory.mktemp("described") / "data", "--access", "accounts") as server:
        furnish(server)
        with _client(server, "first") as first:
            for nickname in (*OTHERS, MEMBER):
                link = first.post("/api/invitations", json={}).json()["link"]
                person = {"name": nickname, "email": f"{nickname}@example.org", "nickname": nickname}
                with httpx.Client(trust_env=False) as client:
                    assert client.post(link, data={**person, "password": PASSWORD}).status_code == 303
        yield server
        assert "Traceback" not in server.log, server.log


@contextmanager
def _client(server: ServerProcess, nickname: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base, trust_env=False) as client:
        assert client.post("/api/sign-in", json={"nickname": nickname, "password": PASSWORD}).status_code == 200
        yield client


@pytest.mark.parametrize("nickname", ["first", MEMBER])
def test_nothing_that_the_document_does_not_say_is_answered(server: ServerProcess, nickname: str):
    described: Any = schemathesis.openapi.from_url(f"{server.base}/openapi.json", headers=_session(server, "first"))
    operations = {operation.label: operation for operation in (each.ok() for each in described.get_all_operations())}
    me: dict[str, str] = {}
    answered: set[int] = set()

    def check(label: str) -> None:
        turn = 0
        wrong: set[str] = set()  # an example that is tried again may be answered otherwise

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operations[label].as_strategy(generation_mode=GenerationMode.POSITIVE))
        def walk(case: Any) -> None:
            nonlocal turn
            turn += 1
            for place in (case.path_parameters, case.query, case.body):
                if isinstance(place, dict):
                    place.update({name: turn % 5 + 1 for name in place if name in ONES_ID or name in VALUES})
            if "/api/users/{user_id}/" in label:  # not to those who ask
                case.path_parameters["user_id"] = FIRST_OTHER + turn % len(OTHERS)
            if isinstance(case.body, dict):
                case.body.pop("nickname", None)  # they sign in with it, and with their password
                case.body.update({"new": PASSWORD} if "new" in case.body else {})
            if turn == 1 or 401 in answered:
                me.update(_session(server, nickname))
                answered.clear()
            answer = case.call(session=connections, headers=me, timeout=10)
            answered.add(answer.status_code)
            try:
                case.validate_response(answer, excluded_checks=UNSAID, headers=me)
            except FailureGroup as found:
                wrong.update(f"{answer.status_code} {str(failure)[:300]}" for failure in found.exceptions)

        walk()
        assert turn
        assert not wrong

    with Session() as connections:
        connections.trust_env = False
        check_each([(label, label) for label in LABELS if label not in ENDLESS], check)


def _session(server: ServerProcess, nickname: str) -> dict[str, str]:
    with _client(server, nickname) as client:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
