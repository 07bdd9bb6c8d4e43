"""Common and guessable passwords are refused wherever a password is set."""

import re
from pathlib import Path
from typing import Any

import pytest

from quart_notes.domain.password_rules import LIST, require_strong
from quart_notes.errors import ValidationFailedError
from quart_notes.schemas import UserCreate
from tests.support.accounts_app import House, opened_house
from tests.support.api_fixtures import fields_of, refused
from tests.support.clients.signing_in import sign_in
from tests.support.routes import PASSWORD

WHY = re.compile("This password is too common|This is your own nickname")
PAGE: dict[str, Any] = {"headers": {"Accept": "text/html"}}
ADA = ("ada.lovelace", "Augusta Ada Lovelace", "countess@analytical.example")
COMMON = [
    "password", "12345678", " " * 8, "\u3000" * 8, "\u200b" * 8, "PassWord", "ｐａｓｓｗｏｒｄ", "p@ssw0rd", "letmein1",
]  # fmt: skip
COMMON += [
    "qwertyuiop", "iloveyou", "i love you", "password2026", "!monkey!", "1 dragon 1", "passwort", "motdepasse",
    "quartnotes", "Quart Notes 1",
]  # fmt: skip
OWN = ["ada.lovelace", "Ada-Lovelace", "AdaLovelace1815", "augusta ada lovelace", "AUGUSTA1", "lovelace", "countess"]
OWN += ["countess@analytical.example", "Countess@Analytical.Example!!", "ada ada ada", "Lovelace Ada 1815"]
GOOD = [
    PASSWORD, "x" * 256, "eightish", "staple wrong horse", "пароль из слов", "password of a whole sentence",
    "lovelace loves me",
]  # fmt: skip


def _is_refused(password: str) -> bool:
    try:
        require_strong("password", password, *ADA)
    except ValidationFailedError as error:
        assert [one.field for one in error.errors] == ["password"]
        return True
    return False


@pytest.mark.parametrize("password", COMMON + OWN)
def test_a_common_or_guessable_password_is_refused(password: str):
    assert len(password) >= 8
    assert _is_refused(password)


@pytest.mark.parametrize("password", GOOD)
def test_any_other_password_is_accepted(password: str):
    assert not _is_refused(password)


def test_the_list_of_common_passwords_is_long_lower_case_and_has_a_licence():
    lines = LIST.read_text(encoding="utf-8").splitlines()

    assert len({*lines}) == len(lines) >= 3000
    assert all(line and line == line.lower() for line in lines)
    assert sum(_is_refused(line) for line in lines) == len(lines)
    assert "Redistribution and use" in LIST.with_name("LICENSE").read_text(encoding="utf-8")


def test_very_short_or_missing_names_do_not_make_a_password_guessable():
    for person in (("7", "7", None), ("_", ".", ""), ("ada", "ada", None)):
        require_strong("password", "4711 0815 is no name", *person)
    with pytest.raises(ValidationFailedError):
        require_strong("password", "12021906", "12021906", "Grace", None)


@pytest.mark.parametrize("weak", ["password", " " * 8, "Newcomer-2026", "new@example.org"])
async def test_a_weak_password_is_refused_wherever_one_is_set(house: House, weak: str):
    someone = {"name": "Newcomer", "email": "new@example.org", "nickname": "newcomer"}
    person = (await house.core.users.add(UserCreate(**someone))).result
    join, claim = await house.link(), await house.link(user_id=person.id)
    async with house.client() as client:
        for link, form in ((join, {**someone, "nickname": "newcomer2", "email": "new@example.org"}), (claim, {})):
            answer = await client.post(f"/front/join/{link}", data={**form, "password": weak}, **PAGE)
            assert answer.status_code == 422
            assert WHY.search(answer.text)
            assert (await client.get("/api/me")).status_code == 401
        assert (await client.post(f"/front/join/{claim}", data={"password": PASSWORD})).status_code == 303

        change = {"current": PASSWORD, "new": weak}
        assert fields_of(refused(await client.put("/api/me/password", json=change), 422, "validation_failed")) == {
            "new"
        }
        page = await client.post("/front/account/password", data=change, **PAGE)
        assert page.status_code == 422
        assert WHY.search(page.text)
        for _ in range(12):  # a refused password does not count as a wrong one
            assert (await client.put("/api/me/password", json=change)).status_code == 422
        change["new"] = "staple wrong horse"
        assert (await client.put("/api/me/password", json=change)).status_code == 204


@pytest.mark.parametrize("weak", ["password", "r00t@example.org", "The Root 1"])
async def test_the_setup_link_refuses_weak_passwords_of_new_and_existing_users(tmp_path: Path, weak: str):
    about = {"name": "The Root", "email": "r00t@example.org", "nickname": "root"}
    async with opened_house(tmp_path / "data") as house:
        known = (await house.core.users.add(UserCreate(**about))).result
        setup = await house.link()
        async with house.client() as client:
            for form in ({**about, "nickname": "root2"}, {"user_id": str(known.id)}):
                answer = await client.post(f"/front/join/{setup}", data={**form, "password": weak}, **PAGE)
                assert answer.status_code == 422
                assert WHY.search(answer.text)
            form = {"user_id": str(known.id), "password": PASSWORD}
            assert (await client.post(f"/front/join/{setup}", data=form)).status_code == 303
            assert (await client.get("/api/me")).json()["admin"] is True


@pytest.mark.parametrize("weak", ["password", "ada@example.org"])
async def test_a_reset_link_refuses_weak_passwords_and_stays_valid(house: House, weak: str):
    link = await house.link(user_id=house.people["ada"].id)
    async with house.client() as client:
        answer = await client.post(f"/front/join/{link}", data={"password": weak}, **PAGE)
        assert answer.status_code == 422
        assert WHY.search(answer.text)
        assert (await sign_in(client, "ada")).status_code == 200  # the former password is still valid
        assert (await client.post(f"/front/join/{link}", data={"password": "staple wrong horse"})).status_code == 303
    async with house.client() as client:
        assert (await sign_in(client, "ada", PASSWORD)).status_code == 401
        assert (await sign_in(client, "ada", "staple wrong horse")).status_code == 200
