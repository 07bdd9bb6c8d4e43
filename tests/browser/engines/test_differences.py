"""Differences from Chromium: text areas, buttons without focus, sizes in a room, pages from the back-forward cache."""

from tests.browser.board import create
from tests.browser.board import fresh as fresh_title
from tests.browser.rooms import person
from tests.support.servers.server_process import wait_for

LONG = "\n".join(f"line {number}" for number in range(12))
NOTE = "ul.notes > li.note"
# Safari on a Mac: a click focuses the button's container.
AS_ON_A_MAC = """() => addEventListener("mousedown", event => {
  const button = event.target.closest("button");
  if (!button) return;
  event.preventDefault();
  const around = button.parentElement.closest("[tabindex]");
  if (around) around.focus(); else document.activeElement.blur();
})"""
ROOM = """css => {
  const field = document.querySelector(css);
  return field && field.clientHeight >= field.scrollHeight && field.clientHeight;
}"""


def test_the_text_area_fits_the_text_and_a_click_on_add_keeps_the_focus(board, rest):
    note = create(rest, fresh_title(), LONG)
    card = f"#note-{note['id']}"
    board.hover(card)
    board.click(f"{card} .edit-link")

    board.until(ROOM, f"{card} textarea", what="all lines are in sight:")
    board.write(f"{card} textarea", "one line")
    board.until("css => document.querySelector(css).clientHeight < 120", f"{card} textarea", what="it shrinks again:")
    board.press("Escape")

    board.ask(AS_ON_A_MAC)
    for title in (fresh_title(), fresh_title()):
        board.write("#add-title", title)
        board.click("#add-note-form [type=submit]")

        board.sees(NOTE, title)
        board.until("() => document.activeElement.id === 'add-title'", what="the focus is back in the title")


BE = """id => void fetch("/front/me", {method: "POST", body: new URLSearchParams({person_id: id})}).then(
  ({ ok }) => { window.chosen = ok; })"""
# Pixels: how far the empty field can be scrolled; the height of an entry of the list of rooms beside its link; the
# same of the form in the picker beside its emojis.
SIZES = """() => {
  document.documentElement.dir = "rtl";
  const [field, room, picker] = ["#message-form textarea", "#rooms > .room", "#emoji-picker"].map(
    css => document.querySelector(css));
  picker.showPopover();
  return [
    field.scrollWidth - field.clientWidth,
    room.offsetHeight - room.firstElementChild.offsetHeight,
    picker.firstElementChild.offsetHeight - picker.querySelector(".emojis").offsetHeight,
  ];
}"""


def test_a_room_from_right_to_left_has_no_empty_lines_and_nothing_beside_its_field(window, rest):
    window.visit("/front/rooms")
    window.ask(BE, person(rest)["id"])
    window.until("() => window.chosen === true", what="somebody is chosen:")
    window.visit("/front/rooms/1")

    assert window.ask(SIZES) == [0, 0, 0]


def test_the_back_button_shows_the_current_board(board, rest):
    ticked = create(rest, fresh_title())
    card = f"#note-{ticked['id']}"
    board.click(f"{card} .done-box")
    wait_for(lambda: rest.get(f"/api/notes/{ticked['id']}").json()["done"], "it is done")
    board.visit("/front/users")
    rest.patch(f"/api/notes/{ticked['id']}", json={"done": False})
    newer = create(rest, fresh_title("newer"))

    board.ask("() => { setTimeout(() => history.back()) }")
    board.sees(NOTE, newer["title"])
    board.sees("#connection", "Live")
    board.sees(f"{card}:not([data-done]) .done-box:not(:checked)")
    later = create(rest, fresh_title("later"))
    board.sees(NOTE, later["title"])
