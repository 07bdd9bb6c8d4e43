"""Formatted messages: the server's and the script's nodes are equal, and nothing in them runs or loads."""

from functools import partial

import pytest
from playwright.sync_api import expect

from quart_notes.schemas import CONTENT_MAX
from tests.browser.content import RISKY
from tests.browser.rooms import edit, enter, fresh, message, person, room, say, sources, write
from tests.browser.test_accessibility import assert_accessible, assert_fits
from tests.browser.test_content import LINKS, MARKUP
from tests.browser.windows import visit
from tests.domain.test_markdown import ADDRESSES, CASES, MESSAGE_CASES

PAGE = 50  # messages
# The nodes of the server's page beside those that the script makes from the API's tree.
DIFFERENCES = """async (path) => {
  const { showText } = await import("/static/js/lib/content.js");
  const page = new DOMParser().parseFromString(await (await fetch(location)).text(), "text/html");
  const differences = [];
  let compared = 0;
  for (const message of await (await fetch(path)).json()) {
    const shown = page.querySelector(`#message-${message.id} .content`);
    if (!shown) continue;
    const made = document.createElement("div");
    made.className = "content";
    made.dir = "auto";
    showText(made, message.content, message.formatted);
    compared++;
    if (!shown.isEqualNode(made)) differences.push([message.content, shown.innerHTML, made.innerHTML]);
  }
  return { compared, differences };
}"""
TEXTS = [text for text in [*CASES, *MESSAGE_CASES, *ADDRESSES, *RISKY] if len(text) <= CONTENT_MAX]


@pytest.fixture
def come(windows, shared_server):
    """Opens a room as a user, in a new browser context."""
    return partial(enter, windows, shared_server)


def test_server_and_script_make_equal_nodes_of_messages(come, rest, ada):
    for start in range(0, len(TEXTS), PAGE):
        texts = TEXTS[start : start + PAGE]
        place = room(rest)
        for text in texts:
            say(rest, place, ada, text)
        page = come(ada, place)

        found = page.evaluate(DIFFERENCES, f"/api/rooms/{place}/messages")

        assert found == {"compared": len(texts), "differences": []}


def test_the_table_of_messages_has_the_same_nodes(windows, rest, ada, shared_server):
    bob = person(rest)
    texts = [*RISKY, *MESSAGE_CASES]
    for text in texts:
        data = {"author_id": ada["id"], "recipient_id": bob["id"], "content": text}
        assert rest.post("/api/messages", json=data).status_code == 201
    page = visit(windows(), shared_server, f"/front/messages/{bob['id']}")

    found = page.evaluate(DIFFERENCES, f"/api/users/{bob['id']}/messages")

    assert found == {"compared": len(texts), "differences": []}
    assert page.evaluate("window.__xss") is None


def test_nothing_in_a_message_runs_or_loads(come, windows, rest, ada, place):
    page, plain = come(ada, place), windows(java_script_enabled=False)
    asked = []
    for one in (page, plain):
        one.on("request", lambda request: asked.append(request.url))
    said = [say(rest, place, ada, text) for text in RISKY]
    assert sources(page, said) == RISKY
    live = page.locator("#messages .content").all_inner_texts()
    page.reload()
    plain.goto(page.url)

    assert page.locator("#messages .content").all_inner_texts() == live
    for one in (page, plain):
        links = one.locator(".content a").evaluate_all(LINKS)
        assert links
        for href, rel, _ in links:
            assert (href or "").startswith(("http://", "https://", "mailto:", "tel:"))
            assert rel == "noopener noreferrer nofollow"
        assert one.locator(f".content :is({MARKUP})").count() == 0
    assert page.evaluate("window.__xss") is None
    assert {url for url in asked if not url.startswith(page.url.partition("/front")[0])} == set()


def test_a_message_is_formatted_in_every_window_and_edited_as_it_was_written(come, rest, ada, place):
    text = f"**bold** {fresh()}\n- [x] done\n- [ ] open"
    here, there = come(ada, place), come(person(rest), place)
    say(rest, place, ada, text)

    for page in (here, there):
        expect(message(page, "done").locator(".content strong")).to_have_text("bold")
        expect(message(page, "done").get_by_role("checkbox", name="open", disabled=True)).to_be_visible()
        expect(message(page, "done").locator(".content button")).to_have_count(0)
    here.reload()
    field = edit(here, "done")
    expect(field).to_have_value(text)
    field.fill("`code`")
    field.press("Enter")
    for page in (here, there):
        expect(page.locator("#messages .content code")).to_have_text("code")
        expect(page.locator("#messages .content strong")).to_have_count(0)


def test_a_text_that_keeps_its_place_while_it_is_sent(come, ada, place):
    page = come(ada, place)
    write(page, "two  blanks\n\n  and *stars*")

    expect(page.locator("#messages .content em")).to_have_text("stars")
    expect(page.locator("#messages .content p").first).to_have_css("white-space", "pre-wrap")


def test_formatted_messages_are_accessible_and_fit_a_small_screen(come, rest, ada, place):
    wide = "x" * 200
    for who in (ada, person(rest)):
        say(rest, place, who, f"> quoted *it*\n\n```\n{wide}\n```\n1. one\n2. [x]: `{wide}`\n- [ ] task")
    page = come(ada, place, viewport={"width": 320, "height": 640})

    assert_fits(page)
    assert page.evaluate("(log => log.scrollWidth <= log.clientWidth)(document.querySelector('#log'))")
    assert_accessible(page)
