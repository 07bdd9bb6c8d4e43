"""Guessing passwords: attempts are limited, and the user can still sign in."""

import asyncio
import time
from collections import Counter

import pytest

from quart_notes.domain.passwords import HASHES_AT_ONCE, KNOWN_HASHES_AT_ONCE, MAX_WAITING
from quart_notes.web.security.credentials import DEVICE_COOKIE
from tests.support.accounts_app import House
from tests.support.api_fixtures import refused
from tests.support.clients.raw_connection import until
from tests.support.clients.signing_in import WRONG, Counted, cookie_at, device_of, sign_in


async def _rush(house: House, number: int, nickname: str = "ada", address: str = "192.0.2.66") -> Counter[int]:
    async with house.client(address=address) as client:
        answers = await asyncio.gather(*(sign_in(client, nickname, WRONG) for _ in range(number)))
    for answer in answers:
        if answer.status_code == 429:
            assert refused(answer, 429, "too_many_attempts")
            assert 1 <= int(answer.headers["retry-after"]) <= 100
    return Counter(answer.status_code for answer in answers)


async def test_after_hundreds_of_wrong_passwords_the_user_can_still_sign_in(house: House, counted: Counted):
    async with house.client(address="192.0.2.66") as known, house.client(address="198.51.100.1") as elsewhere:
        assert (await sign_in(known)).status_code == 200
        counted.calls.clear()
        statuses = await _rush(house, 300)

        assert statuses == {401: 10, 429: 290}
        assert counted.calls == {"verify": 10}, "what is refused costs no hash"
        assert (await sign_in(known)).status_code == 200, "from a browser that is known, at the same address"
        assert (await sign_in(elsewhere)).status_code == 200, "from another address"
        async with house.client(address="192.0.2.66") as stranger:
            refused(await sign_in(stranger), 429, "too_many_attempts")
            assert (await sign_in(stranger, "bob")).status_code == 200, "somebody else, at the same address"


async def test_attempts_are_limited_for_each_address(house: House, counted: Counted):
    statuses: Counter[int] = Counter()
    for n in range(110):
        statuses += await _rush(house, 1, f"somebody-{n}")

    assert statuses[401] in range(100, 110)  # the limit refills by one attempt a second
    assert statuses[429] == 110 - statuses[401]
    assert (await _rush(house, 1, address="198.51.100.1")) == {401: 1}


async def test_attempts_from_unknown_browsers_are_limited_for_each_nickname(house: House, counted: Counted):
    async with house.client(address="192.0.2.66") as known:
        assert (await sign_in(known)).status_code == 200
        statuses: Counter[int] = Counter()
        for n in range(60):
            statuses += await _rush(house, 2, address=f"203.0.113.{n}")
            statuses += await _rush(house, 1, "nobody", address=f"203.0.113.{n}")

        assert statuses[401] in range(60, 80)  # 30 for each nickname, and one refilled every six seconds
        assert statuses[429] == 180 - statuses[401]
        async with house.client(address="198.51.100.1") as stranger:
            refused(await sign_in(stranger), 429, "too_many_attempts")
            assert (await sign_in(stranger, "bob")).status_code == 200
        assert (await sign_in(known)).status_code == 200
        counted.gate.clear()  # the attack uses all attempts of unknown browsers
        waiting = [asyncio.ensure_future(house.core.passwords.verify(WRONG, None)) for _ in range(MAX_WAITING)]
        await asyncio.sleep(0)
        async with house.client(address="198.51.100.1") as stranger:
            refused(await sign_in(stranger, "bob"), 503, "overloaded")
        signing_in = asyncio.ensure_future(sign_in(known))
        await until(
            lambda: counted.now == HASHES_AT_ONCE + KNOWN_HASHES_AT_ONCE, "the known browser's password is looked at"
        )
        counted.gate.set()
        assert (await signing_in).status_code == 200
        await asyncio.gather(*waiting)


async def test_the_right_password_does_not_count_for_the_nickname(house: House):
    for n in range(40):
        async with house.client(address=f"203.0.113.{n}") as client:
            assert (await sign_in(client)).status_code == 200


async def test_time_and_the_right_password_reset_the_limit(house: House, monkeypatch: pytest.MonkeyPatch):
    real, later = time.time, 0.0
    monkeypatch.setattr(time, "time", lambda: real() + later)
    async with house.client() as client:
        assert await _rush(house, 12, address="192.0.2.1") == {401: 10, 429: 2}
        later += int((await sign_in(client)).headers["retry-after"])
        assert (await sign_in(client)).status_code == 200, "after the time that was named"
    assert await _rush(house, 12, address="192.0.2.1") == {401: 10, 429: 2}, "all is forgiven with the right one"


async def test_a_known_browser_has_its_own_limit(house: House):
    async with house.client() as thief, house.client() as owner:
        assert (await sign_in(thief)).status_code == 200
        assert (await sign_in(owner)).status_code == 200
        assert device_of(thief) != device_of(owner)
        statuses = Counter([(await sign_in(thief, "ada", WRONG)).status_code for _ in range(15)])

        assert statuses == {401: 10, 429: 5}
        assert (await sign_in(owner)).status_code == 200


@pytest.mark.parametrize("mark", ["", "x", "2", "2.x", "2 x", "made up"])
async def test_a_forged_device_cookie_is_ignored(house: House, mark: str):
    await _rush(house, 10)
    async with house.client(address="192.0.2.66") as client:
        name, sign = cookie_at(client.base_url, DEVICE_COOKIE), house.core.signing_key.sign
        client.cookies.set(name, mark)
        refused(await sign_in(client), 429, "too_many_attempts")
        client.cookies.set(name, sign("session", f"{house.people['ada'].id} x"))
        refused(await sign_in(client), 429, "too_many_attempts")
        client.cookies.set(name, sign("device", f"{house.people['bob'].id} x"))
        refused(await sign_in(client), 429, "too_many_attempts")
