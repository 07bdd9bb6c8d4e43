"""Notes, users, rooms and messages made through the API."""

from itertools import count
from typing import Any

import httpx

from quart_notes.web.security.credentials import COOKIE
from tests.support.clients.signing_in import session_of

Json = dict[str, Any]
MAX_ID = 2**63 - 1
NUMBERS = count(1)


async def made(api: httpx.AsyncClient, path: str, **fields: Any) -> Json:
    """The created resource in the response to a POST."""
    answer = await api.post(path, json=fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def person(api: httpx.AsyncClient, nickname: str = "") -> Json:
    """A new user."""
    nickname = nickname or f"somebody-{next(NUMBERS)}"
    return await made(api, "/api/users", name=nickname.title(), email=f"{nickname}@example.org", nickname=nickname)


async def cookie_of(api: httpx.AsyncClient, who: Json) -> str:
    """The cookie of a browser that has chosen this user in open mode."""
    async with httpx.AsyncClient(base_url=api.base_url, verify=False, trust_env=False) as browser:
        answer = await browser.post("/front/me", data={"person_id": who["id"]})
        assert answer.status_code == 303, answer.text
        return f"{COOKIE}={session_of(browser)}"


async def people(api: httpx.AsyncClient, number: int) -> list[Json]:
    """New users."""
    return [await person(api) for _ in range(number)]


async def add_note(api: httpx.AsyncClient, **fields: Any) -> Json:
    """A new note on the shared board."""
    return await made(api, "/api/notes", **(fields or {"title": "a note"}))


async def room(api: httpx.AsyncClient, name: str = "") -> Json:
    """A new room."""
    return await made(api, "/api/rooms", name=name or f"Room {next(NUMBERS)}")


async def say(api: httpx.AsyncClient, where: Json, author: Json, content: str = "hello", **more: Any) -> Json:
    """Post a message in a room."""
    return await made(api, f"/api/rooms/{where['id']}/messages", author_id=author["id"], content=content, **more)


async def tell(api: httpx.AsyncClient, author: Json, recipient: Json, content: str = "psst", **more: Any) -> Json:
    """Send a direct message."""
    ids = {"author_id": author["id"], "recipient_id": recipient["id"]}
    return await made(api, "/api/messages", **ids, content=content, **more)


def whole_message(message: Json, author: Json | None, content: str, **more: Any) -> Json:
    """The complete message in a response; `message` gives its id, its room and its date."""
    about = {name: message[name] for name in ("id", "room_id", "date")}
    no_talk: Json = {"note_id": None, "reply_to": None, "reactions": []}
    nobody = {"guest": None, "recipient_id": None, "recipient": None, "client_key": None, "edited_at": None}
    by = {"author_id": author and author["id"], "author": author}
    return {
        **about,
        **nobody,
        **by,
        "content": content,
        "formatted": None,
        "version": 1,
        "answer": None,
        **no_talk,
        **more,
    }


async def got(api: httpx.AsyncClient, path: str, **query: Any) -> Any:
    """The JSON of a successful GET."""
    answer = await api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def walked(api: httpx.AsyncClient, path: str, relation: str = "next", **query: Any) -> list[list[int]]:
    """The ids on all pages that the page links lead to, page by page."""
    pages = []
    answer = await api.get(path, params=query)
    while True:
        assert answer.status_code == 200, answer.text
        pages.append([thing["id"] for thing in answer.json()])
        if "link" not in answer.headers:
            return pages
        assert answer.links.keys() == {relation}
        assert len(pages) < 2000, "the links go round in a circle"
        answer = await api.get(answer.links[relation]["url"])


async def newest(api: httpx.AsyncClient) -> str:
    """The id of the newest event."""
    return str((await api.get("/api/notes?limit=1")).headers["last-event-id"])


def position(answer: httpx.Response) -> int:
    """The number of the newest event that a response includes."""
    return int(answer.headers["last-event-id"].partition("-")[2])


def refused(answer: httpx.Response, status: int, code: str) -> Json:
    """The problem in a refused response."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = dict(answer.json())
    assert (problem["status"], problem["code"]) == (status, code)
    assert {"type", "title", "status", "detail", "code", "errors"} <= problem.keys()
    assert all(error["message"] for error in problem["errors"])
    return problem


def fields_of(problem: Json) -> set[str]:
    """The fields that a problem names."""
    return {error["field"] for error in problem["errors"]}


async def newest_number(api: httpx.AsyncClient) -> int:
    """The number of the newest event."""
    return position(await api.get("/api/notes?limit=1"))


def lasting(answer: httpx.Response) -> dict[str, str]:
    """The headers of a response except those that differ each time."""
    return {name: value for name, value in sorted(answer.headers.items()) if name not in {"date", "x-request-id"}}
