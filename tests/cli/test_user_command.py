"""`quart-notes user`: account management for operators who cannot sign in."""

from pathlib import Path

import pytest

from tests.support.accounts_app import hash_quickly, opened_house
from tests.support.clients.command_line import Done, assert_refused, run_in
from tests.support.clients.signing_in import sign_in


async def test_the_operator_manages_users_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path / "data") as house:
        await house.welcome("root", "ada")
        token, cookie = await house.token("ada"), await house.cookie("ada")

    def user(*arguments: str, given: str = "") -> Done:
        return run_in(tmp_path, "user", *arguments, given=given)

    assert_refused(user("deactivate", "root"), "last administrator")
    assert "ada is an administrator" in user("admin", "ADA").stdout
    assert user("admin", "root", "--remove").returncode == 0
    assert_refused(user("guest", "ada"), "is an administrator")
    assert user("guest", "root").returncode == 0
    assert user("deactivate", "root").returncode == 0
    assert user("list").stdout.splitlines() == [
        "1\troot\tRoot\troot@example.org\tguest deactivated",
        "2\tada\tAda\tada@example.org\tadmin",
    ]
    assert_refused(user("password", "ada", given="ada@example.org\n"), "your own")
    assert_refused(user("password", "ada", given="short\n"), "8 to 256")
    assert_refused(user("password", "nobody", given="staple wrong horse\n"), "nobody")
    assert user("password", "ada", given="staple wrong horse\n").returncode == 0
    assert user("activate", "root").returncode == 0

    async with opened_house(tmp_path / "data") as house, house.client() as client:
        assert (await sign_in(client, "root")).status_code == 200
        assert (await sign_in(client, "ada", "staple wrong horse")).status_code == 200
        assert (await client.get("/api/me")).json()["admin"] is True
        for old in (house.client(token=token), house.client(cookie)):
            assert (await old.get("/api/notes")).status_code == 401
            await old.aclose()
