"""The chosen user in open mode: a cookie set by a form; and the form of a new user."""

import re
from html import escape
from http.cookies import Morsel, SimpleCookie

import httpx
import pytest

from quart_notes.web.security.credentials import COOKIE
from tests.support.api_fixtures import MAX_ID, person, refused

YEAR = 365 * 24 * 3600  # seconds


async def _be(api: httpx.AsyncClient, **form: object) -> httpx.Response:
    return await api.post("/front/me", data={name: str(value) for name, value in form.items()})


def _cookie(answer: httpx.Response) -> "Morsel[str]":
    (header,) = answer.headers.get_list("set-cookie")
    ((_, cookie),) = SimpleCookie(header).items()
    return cookie


async def test_the_chosen_user_is_remembered_for_a_year(api: httpx.AsyncClient):
    ada = await person(api)

    answer = await _be(api, person_id=ada["id"], next="/front/rooms/1?before_id=5")

    cookie = _cookie(answer)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/front/rooms/1?before_id=5"
    assert (await api.get("/api/me")).json()["user"] == ada
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert int(cookie["max-age"]) == YEAR
    assert not cookie["secure"], "over plain http a browser would not keep it"


async def test_the_choice_can_be_cleared(api: httpx.AsyncClient):
    await _be(api, person_id=(await person(api))["id"])

    answer = await _be(api, person_id="")

    cookie = _cookie(answer)
    assert answer.status_code == 303
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", "0", "/")


@pytest.mark.parametrize("wrong", [MAX_ID, MAX_ID + 1, 0, -1, "x", "1.0", "\u0661", "9" * 5000, " 1"])
async def test_a_missing_user_cannot_be_chosen(api: httpx.AsyncClient, wrong: object):
    answer = await _be(api, person_id=wrong)

    refused(answer, 404, "not_found")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "elsewhere",
    [
        "", "/", "/api/notes", "https://evil.example/front/", "//evil.example/front/", "/\\evil.example", "/front",
        "/front//evil.example", "/front/\\evil", "front/users", "javascript:alert(1)", "/front/é", "/front/\r\nX: y",
        "/front/\x00", " /front/users",
    ],
)  # fmt: skip
async def test_the_choice_redirects_to_our_own_pages_only(api: httpx.AsyncClient, elsewhere: str):
    answer = await _be(api, person_id=(await person(api))["id"], next=elsewhere)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/front/users"
    assert "x" not in answer.headers


@pytest.mark.parametrize("page", ["/front/notes", "/front/users", "/front/rooms", "/front/rooms/1"])
@pytest.mark.parametrize("cookie", ["", "x", "0", "-1", "9" * 19, "9" * 400, str(MAX_ID), "\xff", '"; alert(1)'])
async def test_a_page_is_shown_with_any_cookie(api: httpx.AsyncClient, page: str, cookie: str):
    headers = [(b"Cookie", COOKIE.encode() + b"=" + cookie.encode("latin-1"))]

    answer = await api.get(page, headers=headers)

    assert answer.status_code == 200
    assert 'data-person=""' in answer.text


WRONG = [
    ("nickname", "", "cannot be empty"),
    ("nickname", "<b>x</b>", "letters"),
    ("email", "nobody", "e-mail"),
    ("name", " ", "cannot be empty"),
    ("name", "x" * 101, "100"),
]


@pytest.mark.parametrize(("field", "value", "said"), WRONG)
async def test_an_invalid_new_user_is_shown_again_with_the_error_beside_its_field(
    api: httpx.AsyncClient, field: str, value: str, said: str
):
    typed = {"name": "Ada Lovelace", "email": "ada@example.org", "nickname": "refused", field: value}

    answer = await api.post("/front/users", data=typed, headers={"Accept": "text/html"})

    assert answer.status_code == 422
    (error,) = re.findall(rf'<p class="field-error" id="add-{field}-error">([^<]+)</p>', answer.text)
    assert said in error
    for name, text in typed.items():
        (element,) = re.findall(rf'<input [^>]*id="add-{name}"[^>]*>', answer.text)
        assert f'value="{escape(text)}"' in element
        assert ('aria-invalid="true"' in element) == (name == field)
