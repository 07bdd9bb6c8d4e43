"""The pages of notifications, without scripts: the bell, the list, what is read, the levels, and mentions in texts."""

import re

import httpx

from quart_notes.schemas import NoteCreate, ProfileUpdate
from tests.support.accounts_app import House
from tests.support.inboxes import inbox, unread


async def _page(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def bell(page: str) -> int:
    (count,) = re.findall(r'id="bell"[^>]* data-unread="(\d+)"', page)
    return int(count)


async def test_the_bell_and_the_title_count_and_the_page_marks_as_read(house: House):
    said = await house.say("ada", 1, "@bob tea is **ready** <now>")
    note = (await house.core.notes.add(house.caller("ada"), 1, NoteCreate(description="@bob milk"))).result
    async with await house.browser("bob") as browser:
        page = await _page(browser, "/front/inbox")
        ids = re.findall(r'data-id="([1-9]\d*)" data-kind="mention" data-unread', page)
        await browser.post("/front/inbox/read", data={"id": ids[0]})
        after_one = await _page(browser, "/front/boards")
        await browser.post("/front/inbox/read", data={"up_to_id": ids[0]})
        after_all = await _page(browser, "/front/inbox")

    assert "<title>(2) Notifications" in page
    assert f'href="/front/rooms/1/{said.id}"' in page
    assert f'href="/front/boards/1/notes/{note.id}"' in page
    assert "@bob tea is ready &lt;now&gt;" in page
    assert (bell(page), bell(after_one), bell(after_all)) == (2, 1, 0)
    assert 'id="read-all-form" method="post" action="/front/inbox/read" hidden' in after_all
    assert await unread(house, "bob") == 0


async def test_without_notifications_the_page_says_what_comes_there(house: House):
    async with await house.browser("eve") as browser:
        page = await _page(browser, "/front/inbox?before_id=x")

    assert re.search(r'id="empty-inbox"(?![^>]* hidden)', page)


async def test_older_notifications_are_on_further_pages(house: House):
    for number in range(51):
        await house.say("ada", 1, f"@bob {number}")
    async with await house.browser("bob") as browser:
        first = await _page(browser, "/front/inbox")
        (older,) = re.findall(r'rel="next" href="([^"]*)"', first)
        second = await _page(browser, older)

    assert "@bob 1<" in first
    assert "@bob 0<" not in first
    assert "@bob 0<" in second


async def test_a_page_shows_the_nickname_of_today_in_a_mention(house: House):
    bob = house.people["bob"].id
    note = (await house.core.notes.add(house.caller("ada"), 1, NoteCreate(description="@bob, milk"))).result
    await house.say("ada", 1, "hello @bob")
    await house.core.profiles.change(bob, ProfileUpdate(nickname="robert"))
    link = f'<a class="mention" href="/front/messages/{bob}" data-who="{bob}" data-as="mention">@robert</a>'
    async with await house.browser("ada") as browser:
        pages = [await _page(browser, path) for path in ("/front/boards/1/notes", "/front/rooms/1")]
        form = await _page(browser, f"/front/boards/1/notes/{note.id}/edit")

    assert f"<p>{link}, milk</p>" in pages[0]
    assert f"<p>hello {link}</p>" in pages[1]
    assert "@bob, milk" in form


async def test_the_page_of_a_room_sets_its_level(house: House):
    pressed = r'value="(\w+)" aria-pressed="true"'
    async with await house.browser("bob") as browser:
        before = re.findall(pressed, await _page(browser, "/front/rooms/1"))
        answer = await browser.post("/front/rooms/1/level", data={"level": "everything"})
        await browser.post("/front/rooms/1/level", data={"level": "shouting"})
        after = re.findall(pressed, await _page(browser, "/front/rooms/1"))
        foreign = await browser.post("/front/rooms/999/level", data={"level": "nothing"})
    await house.say("ada", 1, "hello")

    assert (before, answer.status_code, after, foreign.status_code) == (["mentions"], 303, ["everything"], 404)
    assert [one.kind for one in await inbox(house, "bob")] == ["message"]
