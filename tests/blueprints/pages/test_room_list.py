"""The list of rooms and conversations beside the pages of the rooms, without scripts."""

import re

import httpx

from quart_notes.schemas import RoomCreate
from tests.support.accounts_app import House


def _ids(page: str, list_id: str) -> list[int]:
    """The rooms of a list, from the top."""
    _, _, rest = page.partition(f'<ul class="rooms" id="{list_id}"')
    return [int(found) for found in re.findall(r'data-room="(\d+)"', rest.partition("</ul>")[0])]


async def _page(browser: httpx.AsyncClient, path: str = "/front/rooms") -> str:
    answer = await browser.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


async def _open(house: House, name: str) -> int:
    return (await house.core.rooms.add(house.caller("ada"), RoomCreate(name=name))).result.id


async def _talk(house: House, one: str, other: str) -> int:
    people = house.people[one].id, house.people[other].id
    return (await house.core.rooms.direct_conversation(house.caller(one), *people)).result.id


async def test_the_room_with_the_newest_message_is_first_after_the_lobby(house: House):
    attic, barn, cellar = [await _open(house, name) for name in ("attic", "barn", "cellar")]
    await house.welcome("eva")
    bob, eva = [await _talk(house, "ada", name) for name in ("bob", "eva")]
    browser = await house.browser("ada")
    assert _ids(await _page(browser), "rooms") == [1, cellar, barn, attic], "without messages the newest room is first"

    await house.say("bob", attic)
    said = await house.say("bob", barn)
    await house.say("eva", eva)
    await house.say("bob", bob)

    page = await _page(browser, f"/front/rooms/{cellar}")
    assert _ids(page, "rooms") == [1, barn, attic, cellar]
    assert _ids(page, "conversations") == [bob, eva]
    await house.core.messages.delete(house.caller("bob"), said.id, house.people["bob"].id)
    assert _ids(await _page(browser), "rooms") == [1, attic, cellar, barn], "a deleted message is no activity"


async def test_a_conversation_has_the_avatar_of_the_other_person(house: House):
    talk = await _talk(house, "ada", "bob")

    _, _, row = (await _page(await house.browser("ada"))).partition(f'data-room="{talk}"')

    (avatar,) = re.findall(r'<b class="avatar" data-who="(\d+)".*?>(.)</b>', row.partition("</li>")[0])
    assert avatar == (str(house.people["bob"].id), "B")


async def test_more_than_eight_entries_have_a_filter_for_scripts(house: House):
    rooms = [await _open(house, f"room {number}") for number in range(7)]
    browser = await house.browser("ada")
    field = 'class="search rooms-filter needs-script" id="rooms-filter"'
    assert len([1, *rooms]) == 8
    assert f"{field} hidden>" in await _page(browser)

    await _talk(house, "ada", "bob")

    assert f"{field}>" in await _page(browser)
