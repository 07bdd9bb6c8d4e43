"""The main features of the pages, in Firefox and in WebKit."""

import json
import re

import pytest

from tests.browser import rooms
from tests.browser.access import PASSWORD, fresh
from tests.browser.board import create, create_many
from tests.browser.board import fresh as fresh_title
from tests.browser.engines.window import Window
from tests.support.servers.server_process import wait_for

LONG = "\n".join(f"line {number}" for number in range(30))
HEBREW = "שלום לכולם"
RAW = r"\d{4}-\d\d-\d\d \d\d:\d\d"  # a time in the server's format, without a script's label
# The cards above may be taller than the browser estimated, which moves it out of view again.
LOOKED_AT = """id => {
  const card = document.querySelector(`#note-${id}`);
  card.scrollIntoView({block: "nearest"});
  const shown = [...card.parentElement.children].filter(one => {
    const {top, bottom} = one.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  const done = one => one.querySelector("time").textContent === "just now" && !one.querySelector(".more-button").hidden;
  return shown.includes(card) && shown.every(one => !one.innerText.includes("line") || done(one));
}"""
NOTE = "ul.notes > li.note"


def note_like(rest, words):
    """The newest note that a search finds."""
    found = rest.get("/api/notes", params={"q": words}).json()
    return found[-1] if found else None


# The board.


@pytest.fixture(scope="module")
def board(module_board: Window) -> Window:
    """A window on the board, live, for the tests of one window."""
    return module_board


def test_a_note_is_added_ticked_edited_deleted_and_restored(board, rest):
    title, other = fresh_title(), fresh_title("other")
    board.write("#add-title", title)
    board.press("Enter")
    board.sees(NOTE, title)
    note = note_like(rest, title)
    card = f"#note-{note['id']}"

    board.sees(f"{card} time", "just now")
    board.click(f"{card} .done-box")
    board.sees(f"{card}[data-done]")
    board.click(f"{card} .done-box")
    board.sees(f"{card}:not([data-done])")
    board.hover(card)
    board.click(f"{card} .edit-link")
    board.write(f"{card} .editor [name=title]", other)
    board.press("Control", "Enter")
    board.sees(f"{card} .title", other)
    board.hover(card)
    board.click(f"{card} .delete-button")
    board.misses(card)
    assert rest.get(f"/api/notes/{note['id']}").status_code == 404
    board.click(".toast-action", "Undo")

    board.sees(f"{NOTE} .title", other)
    wait_for(lambda: note_like(rest, other), "it is there again")


def test_a_long_note_expands_texts_have_their_own_direction_and_a_draft_survives_a_reload(board, rest):
    long, short = create(rest, fresh_title(), LONG), create(rest, fresh_title(), "short")

    board.sees(f"#note-{long['id']} .more-button", "Show more")
    board.sees(f"#note-{short['id']} .description", "short")
    board.misses(f"#note-{short['id']} .more-button")
    shown = "id => document.querySelector(`#note-${id} .description`).clientHeight"
    folded = board.ask(shown, long["id"])
    board.click(f"#note-{long['id']} .more-button")

    board.sees(f"#note-{long['id']} .more-button", "Show less")
    assert board.ask(shown, long["id"]) > 2 * folded

    mixed = create(rest, HEBREW, "words")

    begins = """(id, css) => {
      const text = document.querySelector(`#note-${id} ${css}`);
      const range = document.createRange();
      range.selectNodeContents(text);
      const [box, words] = [text.getBoundingClientRect(), range.getBoundingClientRect()];
      return box.width && (words.left - box.left < 2 ? "left" : box.right - words.right < 2 ? "right" : "between");
    }"""
    board.sees(f"#note-{mixed['id']}", "words")

    assert board.ask(begins, mixed["id"], ".title") == "right"
    assert board.ask(begins, mixed["id"], ".description") == "left"

    found, other = create(rest, fresh_title("needle")), create(rest, fresh_title("straw"))
    board.sees(NOTE, other["title"])

    board.write("#search-field", found["title"])
    board.misses(NOTE, other["title"])
    board.sees(NOTE, found["title"])
    board.press("Escape")
    board.sees(NOTE, other["title"])
    board.write("#add-title", "half a th")
    board.visit("/front/notes")

    board.until("() => document.querySelector('#add-title').value === 'half a th'", what="the draft is there")


def test_an_edit_conflict_shows_both_versions_and_loses_neither(board, rest):
    note = create(rest, fresh_title(), "before")
    card = f"#note-{note['id']}"
    board.hover(card)
    board.click(f"{card} .edit-link")
    board.write(f"{card} .editor [name=description]", "mine")
    assert rest.patch(f"/api/notes/{note['id']}", json={"description": "theirs"}).status_code == 200

    board.sees(f"{card} .editor .elsewhere")
    board.click(f"{card} .editor .save-button")
    board.sees(f"{card} .mine", "mine")
    board.sees(f"{card} .theirs", "theirs")
    board.click(f"{card} [data-choice=mine]")

    board.sees(f"{card} .description", "mine")
    wait_for(lambda: rest.get(f"/api/notes/{note['id']}").json()["description"] == "mine", "it is saved")


def test_every_visible_note_of_a_long_board_has_a_date_and_is_clamped(window, rest):
    board = rest.post("/api/boards", json={"name": fresh_title("board")}).json()["id"]  # the shared board stays short
    create_many(rest, [{"description": LONG}] * 60, board)
    made = [note["id"] for note in rest.get(f"/api/boards/{board}/notes").json()]
    window.visit(f"/front/boards/{board}/notes")

    for note in (made[-1], made[0]):
        window.until(LOOKED_AT, note, what="is in sight, and all there have a button and a date:")


# Two windows.


def test_windows_show_each_others_changes_even_after_the_first_one_is_closed(window, board, rest):
    first, second, elsewhere = window, window.another(), board
    for each in (first, second):
        each.visit("/front/notes")
    title, later = fresh_title(), fresh_title("later")

    second.write("#add-title", title)
    second.press("Enter")
    for each in (first, second, elsewhere):
        each.sees(NOTE, title)
    first.goto("about:blank")  # it had the connection of both
    create(rest, later)

    second.sees(NOTE, later)
    second.sees("#connection", "Live")
    board.goto("about:blank")  # a live board would take time from the tests below


# A conversation.


def test_a_message_is_sent_to_every_window_at_once_and_can_be_edited(window, rest):
    ada, bob = rooms.person(rest, "ada"), rooms.person(rest, "bob")
    place = rooms.room(rest)
    rooms.say(rest, place, bob, HEBREW)
    window.goto(f"/front/rooms/{place}")
    window.ask("(id) => { document.querySelector('#who').value = id }", str(ada["id"]))
    window.click("#who-form button")
    window.sees("#connection", "Live")
    other = window.another()
    other.visit(f"/front/rooms/{place}")

    window.write("#message-form [name=content]", "hello <b>all</b>")
    window.press("Enter")
    for each in (window, other):
        each.sees("#messages .message", "hello <b>all</b>")
    rooms.say(rest, place, bob, "and you")
    other.sees("#messages .message", "and you")
    assert not re.search(RAW, other.ask("() => document.querySelector('#messages').innerText"))
    window.hover("#messages .message", "hello")
    window.click("#messages .message .edit-link")
    window.write(".message-editor [name=content]", "good evening")
    window.press("Enter")

    other.sees("#messages .message", "good evening")
    wait_for(lambda: "good evening" in rooms.said(rest, place), "the server has it")


# Signing in.


def test_only_the_right_password_signs_in_and_signing_out_ends_it(open_window, guarded_server, settled):
    nickname = fresh("ada")
    settled(nickname)
    window = open_window(guarded_server)
    window.goto("/front/sign-in")

    for password, seen in (("a wrong one", "[role=alert]"), (PASSWORD, ".me-button")):
        window.write("[name=nickname]", nickname)
        window.write("[name=password]", password)
        window.press("Enter")
        window.sees(seen, "" if password == PASSWORD else "password")
    window.sees("#connection", "Live")
    window.click(".me-button")
    window.click("#me form[action$=sign-out] button")
    window.until("() => location.pathname.endsWith('/front/sign-in')", what="out")

    window.goto("/front/notes")
    window.until("() => location.pathname.endsWith('/front/sign-in')", what="still out")


# An import.


def test_the_notes_of_an_imported_file_are_on_the_board(window, rest, tmp_path):
    title, file = fresh_title("seeds <b>"), tmp_path / f"{fresh_title('file')}.json"
    file.write_text(json.dumps([{"title": title}, {"title": 7}]))
    window.visit("/front/boards/1/transfer")
    other = window.another()
    other.visit("/front/notes")

    window.choose("#import-file", file)
    window.click("#import-form [type=submit]:not([name])")
    window.sees(".job[data-state=done] .job-file", file.name)

    other.sees(NOTE, title)
    assert note_like(rest, title)
