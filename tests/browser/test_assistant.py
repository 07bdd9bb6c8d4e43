"""The assistant on the pages: its room, a missing model, and mentions in other rooms."""

import re
from functools import partial

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import rooms
from tests.browser.assistant import FIELD, answer
from tests.browser.conftest import OFTEN
from tests.browser.rooms import message, person, room, say, write
from tests.browser.test_accessibility import assert_accessible
from tests.browser.windows import visit
from tests.support.servers.server_process import wait_for


@pytest.fixture(scope="module")
def shared_server(assisted_server):
    return assisted_server


@pytest.fixture
def come(windows, shared_server):
    """Opens a room as a user, in a new browser context."""
    return partial(rooms.enter, windows, shared_server)


def test_its_room_is_the_first_conversation_and_appears_in_all_windows(windows, shared_server, rest, ada, model):
    names = "#conversations .room-name"
    direct = {"author_id": ada["id"], "recipient_id": person(rest, "aaa")["id"], "content": "x"}
    rest.post("/api/messages", json=direct)
    here = visit(rooms.be(windows(), shared_server, ada), shared_server, "/front/rooms")
    there = visit(windows(here.context), shared_server, "/front/notes")
    elsewhere = visit(windows(here.context), shared_server, "/front/rooms")
    table = visit(windows(here.context), shared_server, f"/front/messages/{ada['id']}")
    assert here.locator(names).first.text_content() == "Assistant"
    assert len(here.locator(names).all()) == 2

    here.get_by_role("button", name="Assistant").click()

    expect(here.locator("h1")).to_have_text("Assistant")
    expect(here.locator(".model")).to_contain_text("llama3.2")
    expect(here.locator("#empty-room")).to_contain_text("Only you can read")
    assert here.locator("#ask-button").count() == 0
    link = elsewhere.locator("#conversations > .room").first.get_by_role("link", name="Assistant")
    expect(link).to_have_attribute("href", re.compile(here.url.rpartition("/front")[2].partition("#")[0] + "$"))
    expect(elsewhere.locator(".assistant-door")).to_have_count(0)
    here.goto("about:blank")
    room_id = int((link.get_attribute("href") or "").rpartition("/")[2])
    say(rest, room_id, ada, model.will("It ", "grows ", "and grows"))
    expect(there.locator("#rooms-place .badge-count")).to_have_text("1")  # an answer counts once
    link.click()
    expect(answer(elsewhere, "done").locator(".content")).to_have_text("It grows and grows")
    expect(there.locator("#rooms-place .badge")).to_be_hidden()
    rest.post("/api/messages", json={**direct, "content": "y"})
    expect(table.locator(".message-row .content")).to_have_text(["x", "y"])  # direct messages


def until_found(page: Page) -> None:
    """Return to the page, which then checks for the model, until it says no longer that the model is missing."""

    def found() -> bool:
        with page.expect_response("**/api/assistant"):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        return page.locator("#assistant-missing").is_hidden()

    wait_for(found, "the model is there")


def test_the_page_names_the_missing_model_until_it_is_there(home, upstream, model):
    upstream.has("another:latest")
    try:
        page = home()
        missing = page.locator("#assistant-missing")
        expect(missing).to_contain_text("ollama pull llama3.2")
        assert_accessible(page, "main")
        write(page, model.will("x"))
        expect(answer(page, "failed")).to_contain_text("ollama pull llama3.2")
        page.fill(FIELD, "half a ")
    finally:
        upstream.has("llama3.2:latest")
    until_found(page)
    page.get_by_role("button", name="Ask again").click()

    expect(answer(page, "done").locator(".content")).to_have_text("x")
    expect(page.locator(FIELD)).to_have_value("half a ")


# In other rooms.


def test_it_is_mentioned_with_the_keyboard_or_a_button_accessibly_and_everybody_sees_the_answer(come, rest, ada, model):
    place, bob = room(rest), person(rest, "bob")
    question = model.will("Here ", "you are")
    page, other = come(ada, place), come(bob, place)
    offer = page.locator(".completion", has_text="asks the assistant")
    hint, field = page.locator("#ask-hint"), page.locator(FIELD)

    for typed, offered in (("to a@as", False), (" @bob", False), (" @", True), ("ASS", True), ("x", False)):
        page.keyboard.type(typed)
        expect(offer).to_be_visible() if offered else expect(offer).to_be_hidden()
    page.keyboard.press("Backspace")
    expect(offer).to_be_visible()
    assert_accessible(page, "main")
    page.keyboard.press("Escape")
    expect(offer).to_be_hidden()
    expect(field).to_be_focused()
    expect(hint).to_be_hidden()
    page.fill(FIELD, "")
    page.keyboard.type("Hello @a")
    expect(offer).to_be_visible()
    page.keyboard.press("Tab")
    expect(field).to_have_value("Hello @assistant ")
    expect(field).to_be_focused()
    expect(hint).to_be_visible()
    assert_accessible(page, "#message-form")
    page.locator("#ask-button").click()  # mentioned already
    expect(field).to_have_value("Hello @assistant ")
    page.reload()
    expect(field).to_have_value("Hello @assistant ")  # a draft like any other
    expect(hint).to_be_visible()
    expect(page.locator("#connection")).to_have_text("Live")
    page.fill(FIELD, "Hello")
    page.locator("#ask-button").click()
    page.keyboard.type(question)
    page.keyboard.press("Enter")

    for window in (page, other):
        expect(message(window, f"Hello @assistant {question}")).to_have_count(1)
        expect(answer(window, "done").locator(".content")).to_have_text("Here you are")
    expect(hint).to_be_hidden()
    assert answer(other, "done").locator(".delete-button").is_hidden()  # it is not bob's
    other.keyboard.press("Escape")
    other.keyboard.press("@")
    expect(other.locator(FIELD)).to_have_value("@assistant ")
    expect(other.locator(FIELD)).to_be_focused()


def test_without_a_model_no_page_shows_the_assistant(windows, server, upstream):
    """Only users who can set it up see how; it appears as soon as there is a model."""
    server.stop()
    server.flags = ("--ollama-url", upstream.url)
    server.constants = OFTEN
    upstream.has("another:latest")
    try:
        server.start()
        with httpx.Client(base_url=server.base, verify=False) as rest:
            ada, place = person(rest, "ada"), room(rest)
        page = rooms.enter(windows, server, ada, place)
        assert page.locator("#ask-button, .assistant-door").count() == 0
        assert "Assistant" not in (page.locator("#conversations").text_content() or "")
        page.get_by_role("button", name="Set up an assistant").click()
        expect(page.locator("#assistant-missing")).to_contain_text("ollama pull llama3.2")
    finally:
        upstream.has("llama3.2:latest")
    page.get_by_role("heading", name="Assistant").wait_for()
    until_found(page)
    visit(page, server, f"/front/rooms/{place}")

    expect(page.locator("#ask-button")).to_be_visible()
    expect(page.locator("#conversations .room-name").first).to_have_text("Assistant")
