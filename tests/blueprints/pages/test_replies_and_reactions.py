"""Replies, reactions and the address of a message on the pages, without scripts."""

import re

import httpx

from tests.support.api_fixtures import Json, cookie_of, got, people, refused, room, say, tell

PARTS = {"quote": r'<a class="quote"([^>]*)>', "composer": r'name="reply_to" value="(\d*)"'}
CHIP = re.compile(r'<button class="reaction".*?name="(\w+)" value="(.+?)".*?aria-pressed="(\w+)" title="(.*?)"')
FORMS = {"Accept": "text/html"}


async def _as(api: httpx.AsyncClient, who: Json) -> None:
    name, _, value = (await cookie_of(api, who)).partition("=")
    api.cookies.clear()
    api.cookies.set(name, value)
    api.headers.update(FORMS)


def _item(page: str, message: Json) -> str:
    """The markup of a message."""
    return page.partition(f'<li id="message-{message["id"]}"')[2].partition("</li>")[0]


async def test_a_reply_is_written_at_the_address_of_its_message_by_a_form(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place = await room(api)
    first = await say(api, place, ada, "first **words**")
    for number in range(110):
        await say(api, place, bob, f"later {number}")
    await _as(api, ada)
    address = f"/front/rooms/{place['id']}/{first['id']}"

    page = (await api.get(f"{address}?reply=yes")).text
    assert "data-marked autofocus" in _item(page, first)
    assert "later 99" in page
    assert "later 100" not in page
    assert re.findall(PARTS["composer"], page) == [str(first["id"])]
    assert re.findall(PARTS["composer"], (await api.get(address)).text) == [""]

    form = {"content": "reply", "reply_to": first["id"], "client_key": "a-key-of-the-page"}
    assert (await api.post(f"/front/rooms/{place['id']}/messages", data=form)).status_code == 303
    reply = (await got(api, f"/api/rooms/{place['id']}/messages"))[-1]
    assert (reply["content"], reply["reply_to"]["id"]) == ("reply", first["id"])
    item = _item((await api.get(f"/front/rooms/{place['id']}")).text, reply)
    assert f'href="{address}#message-{first["id"]}"' in item
    assert re.search(r'<b class="quote-text one-line" dir="auto">first words</b>', item)

    await api.delete(f"/api/messages/{first['id']}?author_id={ada['id']}")
    item = _item((await api.get(f"/front/rooms/{place['id']}")).text, reply)
    assert "href" not in re.findall(PARTS["quote"], item)[0]
    assert "Deleted message" in item
    refused_page = await api.post(f"/front/rooms/{place['id']}/messages", data={**form, "client_key": "another-key"})
    assert refused_page.status_code == 422
    assert "There is no message" in refused_page.text


async def test_an_address_leads_to_messages_that_one_sees_only(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place, other = await room(api), await room(api)
    here, there = await say(api, place, ada), await say(api, other, ada)
    private = await tell(api, ada, bob)
    await _as(api, bob)

    assert (await api.get(f"/front/rooms/{private['room_id']}/{private['id']}")).status_code == 200
    for message_id in (there["id"], private["id"], 10**9):
        assert (await api.get(f"/front/rooms/{place['id']}/{message_id}")).status_code == 404
    assert (await api.get(f"/front/rooms/{place['id']}/{here['id']}")).status_code == 200


async def test_a_reaction_is_chosen_and_removed_by_forms(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    place = await room(api)
    message = await say(api, place, bob)
    await api.put(f"/api/messages/{message['id']}/reactions/👍", params={"author_id": bob["id"]})
    await _as(api, ada)
    address = f"/front/rooms/{place['id']}/messages/{message['id']}/reactions"

    async def chips() -> list[tuple[str, ...]]:
        return CHIP.findall(_item((await api.get(f"/front/rooms/{place['id']}")).text, message))

    both = ", ".join(one["nickname"] for one in (bob, ada))
    assert (await api.get(address)).text.count('class="emoji"') == 20
    assert (await api.post(address, data={"emoji": "👍"})).status_code == 303
    assert await chips() == [("remove", "👍", "true", both)]
    assert (await api.post(address, data={"remove": "👍"})).status_code == 303
    assert await chips() == [("emoji", "👍", "false", bob["nickname"])]
    wrong = await api.post(address, data={"emoji": "ok"})
    assert wrong.status_code == 422
    assert "This is not an emoji." in wrong.text
    api.cookies.clear()
    refused(await api.post(address, data={"emoji": "👍"}, headers={"Accept": "application/json"}), 403, "not_yours")
    assert "disabled" in _item((await api.get(f"/front/rooms/{place['id']}")).text, message)


async def test_the_table_of_direct_messages_shows_quotes_and_reactions(api: httpx.AsyncClient):
    ada, bob = await people(api, 2)
    first = await tell(api, ada, bob, "first")
    reply = await tell(api, bob, ada, "reply", reply_to=first["id"])
    await api.put(f"/api/messages/{reply['id']}/reactions/🎉", params={"author_id": ada["id"]})
    await _as(api, ada)

    page = (await api.get(f"/front/messages/{ada['id']}")).text

    assert f'href="/front/rooms/{first["room_id"]}/{first["id"]}#message-{first["id"]}"' in page
    assert CHIP.findall(page)[0] == ("remove", "🎉", "true", ada["nickname"])
