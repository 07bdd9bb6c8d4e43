"""A changed name: in every open window at once; and names and unread marks after a reset."""

import re
import sqlite3
from contextlib import closing
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import create
from tests.browser.rooms import Person, be, created, enter, fresh, message, person, room, say
from tests.browser.windows import visit


def expect_renamed(page: Page, before: str, after: str) -> None:
    """The old name is nowhere in the page or its title, except in typed text."""
    page.wait_for_function("name => !(document.title + document.body.outerHTML).includes(name)", arg=before)
    assert after in page.content()


def shown(page: Page) -> Any:
    """All texts of the page that name users, by selector."""
    return page.locator("[data-who]").evaluate_all(
        """places => places.map(({ dataset, ariaLabel, textContent }) =>
            [dataset.who, dataset.as ?? "", ariaLabel ?? "", dataset.as === "label" ? "" : textContent.trim()])"""
    )


def rename(rest: httpx.Client, who: Person, nickname: str, name: str) -> None:
    sent = {"nickname": nickname, "name": name}
    rest.patch(f"/api/me?person_id={who['id']}", json=sent).raise_for_status()


def test_a_new_name_is_shown_at_once_on_every_page_of_others(windows, shared_server, rest):
    ada, bob, place = person(rest), person(rest), room(rest)
    say(rest, place, ada, fresh())
    sent = {"author_id": ada["id"], "recipient_id": bob["id"], "content": fresh()}
    direct = created(rest.post("/api/messages", json=sent))["room_id"]
    board = created(rest.post(f"/api/boards?person_id={bob['id']}", json={"name": fresh("board")}))["id"]
    assert rest.put(f"/api/boards/{board}/members/{ada['id']}", json={"role": "editor"}).status_code == 200
    enter(windows, shared_server, ada, place)
    page = be(windows(), shared_server, bob)
    messages = [f"messages/{user['id']}" for user in (ada, bob)]
    names = [ada["nickname"], ada["name"]]

    for number, path in enumerate(
        [f"rooms/{place}", f"rooms/{direct}", "users", *messages, f"boards/{board}", "notes"]
    ):
        visit(page, shared_server, f"/front/{path}")
        if number == 0:
            expect(page.locator("#here")).to_contain_text(names[0])
        if number == 1:
            page.wait_for_function("name => document.title.includes(name)", arg=names[0])
        after = [f"Zoë{number}.{ada['nickname'][-4:]}", f"Zoë King {number}"]
        rename(rest, ada, *after)
        expect_renamed(page, names[0], after[0])
        page.wait_for_function("name => !document.body.outerHTML.includes(name)", arg=names[1])
        names = after
        if number == 0:
            say(rest, place, ada, text := fresh())
            expect(message(page, text).locator(".author")).to_have_text(names[0])
        if number == 1:
            expect(page).to_have_title(re.compile(rf"(\(\d+\) )?{names[0]} · "))
        if number:  # who is in a room changes as its page is loaded again
            live = shown(page)
            page.reload()
            assert shown(page) == live, f"as the server renders it, {path}"


def test_a_name_changed_on_the_page_of_the_profile_is_shown_in_every_open_window(windows, shared_server, rest):
    ada, place = person(rest), room(rest)
    before, after = ada["nickname"], f"Zoë.{ada['nickname'][-4:]}"
    say(rest, place, ada, fresh())
    own = next(one for one in rest.get(f"/api/boards?person_id={ada['id']}").json() if one["kind"] == "personal")
    assert own["name"] == f"Personal ({before})"
    nobodys = visit(windows(), shared_server, f"/front/rooms/{place}")
    hers = visit(be(windows(), shared_server, ada), shared_server, f"/front/boards/{own['id']}/notes")

    page = visit(windows(hers.context), shared_server)
    page.locator(".me-button").click()
    page.locator("#me").get_by_role("link", name="Profile").click()
    page.get_by_label("Nickname").fill(after)
    page.get_by_label("Name", exact=True).fill("Zoë King")
    page.get_by_role("button", name="Save profile").click()

    expect(page.locator("#profile")).to_contain_text("Your profile is changed.")
    for one in (nobodys, hers):
        expect_renamed(one, before, after)
        one.wait_for_function("name => !document.body.outerHTML.includes(name)", arg=ada["name"])
    live = shown(hers)
    hers.reload()
    assert shown(hers) == live, "as the server renders it"


def test_the_typing_notice_uses_the_new_name_at_once(windows, shared_server, rest):
    ada, bob, place = person(rest), person(rest), room(rest)
    page = enter(windows, shared_server, bob, place)
    rest.post(f"/api/rooms/{place}/typing", json={"author_id": ada["id"]})
    expect(page.locator("#typing")).to_have_text(f"{ada['nickname']} is typing…")

    renamed = f"x{ada['nickname']}"
    assert rest.patch(f"/api/me?person_id={ada['id']}", json={"nickname": renamed}).status_code == 200

    expect(page.locator("#typing")).to_have_text(f"{renamed} is typing…")


def test_a_guest_has_no_profile(windows, shared_server):
    page = visit(windows(), shared_server)
    page.locator(".me-button").click()
    expect(page.locator("#me").get_by_role("link", name="Profile")).to_have_count(0)

    answer = httpx.get(f"{shared_server.base}/front/account", headers={"Accept": "text/html"}, verify=False)

    assert answer.status_code == 409
    assert "Choose who you are first" in answer.text


@pytest.mark.sqlite_only("the file is changed while nothing serves it")
def test_after_a_reset_the_page_shows_the_current_names_and_what_is_unread(windows, server):
    with httpx.Client(base_url=server.base, verify=False) as rest:
        ada, bob = person(rest, "ada"), person(rest, "bob")
        party, picnic = (create(rest, title)["id"] for title in ("Party", "Picnic"))
        for note in (party, picnic):
            thread = rest.put(f"/api/notes/{note}/thread").json()["id"]
            say(rest, thread, ada, "Who brings cake?")  # so she follows it
            say(rest, thread, bob, "I do")
        say(rest, 1, bob, f"@{ada['nickname']}")
        rest.delete(f"/api/notes/{picnic}")
    page = visit(be(windows(), server, ada), server)
    expect(page.locator(".me-button")).to_have_accessible_name(f"You are {ada['nickname']}")
    unread = [page.locator(mark) for mark in ("#rooms-place .badge", "#bell .badge", f"#note-{party} .thread-news")]
    for mark in unread:
        expect(mark).to_be_visible()

    server.stop()
    with closing(sqlite3.connect(server.data / "quart-notes.sqlite3")) as database:
        database.executescript(f"""
            UPDATE "user" SET nickname = 'zoe', nickname_key = 'zoe', read_from = 1000 WHERE nickname LIKE 'ada%';
            UPDATE notification SET read_at = created_at;
            UPDATE reading SET last_read_id = 1000 WHERE room_id <> {thread};
            UPDATE note SET deleted_at = NULL;
            UPDATE room SET deleted_at = NULL;
            UPDATE log_head SET epoch = 'feed';
        """)
    server.start()

    expect(page.locator(".me-button")).to_have_accessible_name("You are zoe")
    expect(page.locator(f"#note-{picnic} .thread-news")).to_be_visible()
    expect(unread[0].locator(".badge-count")).to_have_text("1")
    for mark in unread[1:]:
        expect(mark).to_be_hidden()
