"""What tests/routes.py speaks of, put into a server, and all that is stored there."""

import httpx

from quart_notes.blueprints.identity import COOKIE
from tests.raw_http import exchange
from tests.raw_http import request as raw_request
from tests.routes import PASSWORD
from tests.server_process import ServerProcess, wait_for


def furnish(server: ServerProcess) -> None:
    """Put in what tests/routes.py speaks of, on a server that is empty."""
    first, second = (
        {"name": f"Person {nickname}", "email": f"{nickname}@example.org", "nickname": nickname}
        for nickname in ("first", "second")
    )
    with httpx.Client(base_url=server.base, verify=False, trust_env=False) as client:
        if server.in_accounts_mode:
            begun = client.post(f"/front/join/{server.links()['setup']}", data={**first, "password": PASSWORD})
        else:
            assert client.post("/api/users", json=first).status_code == 201
            begun = client.post("/front/me", data={"person_id": 1})
        assert begun.status_code == 303, begun.text
        server.me = f"Cookie: {COOKIE}={client.cookies[COOKIE]}"
        made = [client.post("/api/notes", json={"title": "the only one"})]
        made += [client.post("/api/users", json=second)]
        made += [client.post("/api/rooms/1/messages", json={"author_id": 1, "content": "the first word"})]
        made += [client.post("/api/boards", json={"name": "Allotment"})]
        assert client.put("/api/me/preferences/theme", json="dark").status_code == 200
        assert client.post("/api/assistant/room").status_code == 201  # to open it again changes nothing
        assert put_failed_job(client) == 1
    assert [(answer.status_code, answer.json()["id"]) for answer in made] == [(201, 1), (201, 2), (201, 1), (201, 4)]


def put_failed_job(client: httpx.Client) -> int:
    """A new job that has failed, and can be run again; its number."""
    sent = client.post("/api/imports", content=b"nothing that is known")
    assert sent.status_code == 202, sent.text
    wait_for(lambda: client.get(sent.headers["Location"]).json()["state"] == "failed", "it fails")
    return int(sent.json()["id"])


def everything(server: ServerProcess) -> list[bytes | str]:
    """All that is stored, as it is sent, and the newest event."""
    names = ["notes", "users", "rooms?person_id=1", "rooms/1/messages", "messages", "users/1/unread", "boards"]
    names += ["boards/4/members", "boards/4/notes", "me/preferences", "jobs"]
    if server.in_accounts_mode:
        names += ["me/sessions", "me/tokens", "invitations"]
    answers = [exchange(server.port, raw_request(f"/api/{name}", server.me)) for name in names]
    assert {answer.status for answer in answers} == {200}
    return [*(answer.body for answer in answers), answers[-1].headers["last-event-id"]]
