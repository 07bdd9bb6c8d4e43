"""A changed name: in every open window at once, and after a reset."""

import re
import sqlite3
from contextlib import closing
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.rooms import be, created, enter, fresh, message, person, room, say
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


def test_a_new_name_is_shown_in_every_open_window_at_once(windows, shared_server, rest):
    ada, bob, place = person(rest), person(rest), room(rest)
    before, after = ada["nickname"], f"Zoë.{ada['nickname'][-4:]}"
    say(rest, place, ada, fresh())
    sent = {"author_id": ada["id"], "recipient_id": bob["id"], "content": fresh()}
    direct = created(rest.post("/api/messages", json=sent))["room_id"]
    board = created(rest.post(f"/api/boards?person_id={bob['id']}", json={"name": fresh("board")}))["id"]
    assert rest.put(f"/api/boards/{board}/members/{ada['id']}", json={"role": "editor"}).status_code == 200
    enter(windows, shared_server, ada, place)
    paths = [f"rooms/{place}", f"rooms/{direct}", "users", f"messages/{ada['id']}", f"messages/{bob['id']}"]
    paths += [f"boards/{board}", "notes"]
    bobs = be(windows(), shared_server, bob)
    others = [visit(windows(bobs.context), shared_server, f"/front/{path}") for path in paths]
    nobodys = visit(windows(), shared_server, f"/front/rooms/{place}")
    expect(others[0].locator("#here")).to_contain_text(before)
    others[1].wait_for_function("name => document.title.includes(name)", arg=before)
    own = next(one for one in rest.get(f"/api/boards?person_id={ada['id']}").json() if one["kind"] == "personal")
    hers = visit(be(windows(), shared_server, ada), shared_server, f"/front/boards/{own['id']}/notes")
    assert own["name"] == f"Personal ({before})"

    page = visit(windows(hers.context), shared_server)
    page.locator(".me-button").click()
    page.locator("#me").get_by_role("link", name="Profile").click()
    page.get_by_label("Nickname").fill(after)
    page.get_by_label("Name", exact=True).fill("Zoë King")
    page.get_by_role("button", name="Save profile").click()

    expect(page.locator("#profile")).to_contain_text("Your profile is changed.")
    for one in (*others, nobodys, hers):
        expect_renamed(one, before, after)
        one.wait_for_function("name => !document.body.outerHTML.includes(name)", arg=ada["name"])
    expect(others[1]).to_have_title(re.compile(rf"(\(\d+\) )?{after} · "))
    say(rest, place, ada, text := fresh())
    expect(message(others[0], text).locator(".author")).to_have_text(after)
    for one in others[1:]:
        live = shown(one)
        one.reload()
        assert shown(one) == live  # as the server renders it


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
def test_after_a_reset_the_page_shows_the_current_names(windows, server):
    with httpx.Client(base_url=server.base, verify=False) as rest:
        ada = person(rest, "ada")
    page = visit(be(windows(), server, ada), server)
    expect(page.locator(".me-button")).to_have_accessible_name(f"You are {ada['nickname']}")

    server.stop()
    with closing(sqlite3.connect(server.data / "quart-notes.sqlite3")) as database:
        database.executescript("""
            UPDATE "user" SET nickname = 'zoe', nickname_key = 'zoe';
            UPDATE log_head SET epoch = 'feed';
        """)
    server.start()

    expect(page.locator(".me-button")).to_have_accessible_name("You are zoe")
