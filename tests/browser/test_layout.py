"""Layout: updates shift nothing else, and no elements touch or overlap."""

import re

from playwright.sync_api import ViewportSize, expect

from tests.browser.board import card_of, create, edit, fresh
from tests.browser.rooms import be, person, room, say
from tests.browser.test_accessibility import assert_accessible, assert_fits
from tests.browser.windows import SIZE, visit
from tests.support.servers.server_process import ROOT

NARROW: ViewportSize = {"width": 390, "height": 844}
LAPTOP = SIZE
STATES = [
    "Connecting…",  # the initial content of the page
    *re.findall(
        r'\w: "([^"]+)"', (ROOT / "static/js/shell/connection_status.js").read_text(encoding="utf-8").split("};")[0]
    ),
]
FIELD = "document.querySelector('#search-field').getBoundingClientRect().toJSON()"
CUT = """element => element.scrollWidth > element.clientWidth"""
# The padding on either side of the number in a badge.
ROOM_AROUND = """badge => {
  const [outer, inner] = [badge, badge.querySelector(".badge-count")].map(part => part.getBoundingClientRect());
  return Math.min(inner.left - outer.left, outer.right - inner.right);
}"""
# Every line longer than half of the window, by what draws it; fields may have one.
LONG_LINES = """() => [...document.querySelectorAll("body *:not(textarea)")].flatMap(element => {
  const [{ width, height }, style] = [element.getBoundingClientRect(), getComputedStyle(element)];
  return ["Top", "Bottom", "Left", "Right"].filter(side => {
    const long = /Top|Bottom/.test(side) ? width > innerWidth / 2 : height > innerHeight / 2;
    return long && parseFloat(style[`border${side}Width`]) && style[`border${side}Style`] !== "none";
  }).map(side => `${element.className} ${side}`);
})"""
# Its edge, and its middle from the top.
PLACE = """element => {
  const { left, top, bottom } = element.getBoundingClientRect();
  return [left, Math.round((top + bottom) / 2)];
}"""
# The middle of its text, from the left.
MIDDLE = """element => {
  const range = new Range();
  range.selectNodeContents(element);
  const { left, right } = range.getBoundingClientRect();
  return (left + right) / 2;
}"""
# Visible labels that overlap the focus ring of their field.
TOUCHED = """labels => labels.filter(label => label.checkVisibility() && label.offsetWidth > 1).map(label => {
  const field = label.control;
  field.focus({ focusVisible: true });
  const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(field);
  const ring = outlineStyle === "none" ? 0 : parseFloat(outlineWidth) + parseFloat(outlineOffset);
  return [field.name, ring, field.getBoundingClientRect().top - ring - label.getBoundingClientRect().bottom];
})"""


def test_the_board_fits_every_window_and_the_width_of_its_search_does_not_depend_on_the_connection(
    windows, shared_server, ada
):
    assert len(STATES) == 5
    page = visit(be(windows(), shared_server, ada), shared_server)
    for width in (320, 390, 640, 735, 740, 800, 900, 960, 1000, 1120, 1240, 1250, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        assert_fits(page)
        if width not in {390, 900, 1120, 1250, 1280, 1440}:
            continue
        page.keyboard.press("/")  # on a phone the field is behind a button
        places = []
        for words in STATES:
            page.locator("#connection").evaluate("(element, words) => element.textContent = words", words)
            places.append(page.evaluate(FIELD))
        assert places == places[:1] * len(STATES), width
        assert places[0]["width"] >= 130, width
        page.fill("#search-field", "")
        assert not page.locator("#search-field").evaluate(CUT), width
        page.keyboard.press("Escape")


def test_a_badge_shows_at_most_99_has_padding_and_cuts_no_name(windows, shared_server, rest):
    ada, bob, place = person(rest), person(rest), room(rest)
    page = be(windows(), shared_server, ada)
    for count, says in ((1, "1"), (99, "99"), (100, "99+")):
        unread = sum(one["count"] for one in rest.get(f"/api/users/{ada['id']}/unread").json())
        for _ in range(unread, count):
            say(rest, place, bob, fresh())
        for path in ("/front/rooms", "/front/notes"):
            visit(page, shared_server, path)
            badges = page.locator(f"#rooms-place .badge, [data-room='{place}'] .badge")
            for viewport in (LAPTOP, NARROW):
                page.set_viewport_size(viewport)
                for badge in badges.all():
                    expect(badge.locator(".badge-count")).to_have_text(says)
                    assert badge.evaluate(ROOM_AROUND) >= 3
                if path == "/front/notes":
                    assert badges.count() == 1
                    assert page.locator(".switcher summary .board-name").inner_text() == "Everybody's board"
                    assert not page.locator(".switcher summary .board-name").evaluate(CUT)


def test_the_rooms_on_a_laptop_have_no_stray_line(windows, shared_server, rest):
    ada, place = person(rest), room(rest)
    page = be(windows(viewport=LAPTOP), shared_server, ada)
    for path, lines in (
        ("/front/rooms", ["shell Bottom"]),
        (f"/front/rooms/{place}", ["shell Bottom", "conversation Left", "conversation-head Bottom"]),
    ):
        visit(page, shared_server, path)
        assert page.evaluate(LONG_LINES) == lines


def test_a_long_name_makes_no_select_wider_than_the_page(windows, shared_server, rest):
    nickname, name = fresh("long").replace(" ", ""), "A long name, " * 7
    made = rest.post("/api/users", json={"name": name.strip(), "email": "a@b.example", "nickname": nickname}).json()
    board = rest.post("/api/boards", json={"name": fresh()}).json()["id"]
    page = windows()
    for path in ("rooms/1", f"boards/{board}", f"messages/{person(rest)['id']}"):
        visit(page, shared_server, f"/front/{path}")
        choice = page.locator("select", has=page.locator(f"option[value='{made['id']}']"))
        for viewport in (LAPTOP, NARROW):
            page.set_viewport_size(viewport)
            box = choice.bounding_box()
            assert box is not None, path
            assert box["x"] + box["width"] <= viewport["width"] - 8, path


def test_the_sign_in_page_has_a_centred_title_and_focuses_the_empty_field(windows, guarded_server):
    page = windows()
    page.goto(f"{guarded_server.base}/front/sign-in")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        for part in (".brand", "h1"):
            middle = page.locator(part).evaluate(MIDDLE)
            assert abs(middle - width / 2) < 2, (part, width, middle)
    expect(page.locator("#sign-in-nickname")).to_be_focused()
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")

    expect(page.locator(".form-error:visible")).to_be_visible()
    expect(page.locator("#sign-in-nickname")).to_have_value("nobody")
    expect(page.locator("#sign-in-password")).to_be_focused()


def test_the_error_of_an_unknown_host_looks_like_other_errors(windows, shared_server):
    page = windows(color_scheme="dark")
    for host in (
        "127.0.0.1",
        "evil.localhost",
    ):  # the second: this machine, but an unknown host
        page.goto(f"http://{host}:{shared_server.port}/front/notes/999999")

        expect(page.locator("html")).to_have_css("background-color", "rgb(23, 22, 20)")
        expect(page.locator("h1")).to_have_css("font-size", "25.6px")
        expect(page.locator(".brand .icon")).to_have_css("width", "20px")
    expect(page.locator("h1")).to_have_text("Misdirected Request")
    expect(page.locator("body")).not_to_contain_text("999999")
    assert_accessible(page)


def test_every_page_has_its_heading_in_place_untouched_labels_and_space_for_large_text(
    windows, shared_server, rest, ada
):
    """Large: at 200 percent, the page needs no horizontal scrolling on a phone."""
    page = be(windows(), shared_server, ada)
    note, gone = create(rest, fresh("long" * 12), "line\n" * 30), create(rest, fresh())
    rest.delete(f"/api/notes/{gone['id']}")
    heads = [
        "notes",
        "boards",
        "boards/1",
        "boards/1/trash",
        "users",
        "search",
        f"messages/{ada['id']}",
        "notes/999999",
    ]
    labelled = ["notes", "users", "rooms", "boards", "boards/1", "boards/1/transfer", f"messages/{ada['id']}"]
    others = [f"notes/{note['id']}/edit", "rooms/1", "boards/1/activity", "search?q=long&in=notes", "sign-in"]
    for path in dict.fromkeys([*heads, *labelled, *others]):
        page.set_viewport_size(LAPTOP)
        page.goto(f"{shared_server.base}/front/{path}")
        if path in heads:
            assert page.locator("h1").evaluate(PLACE) == [32, 97], path
        if path == "rooms":
            assert page.locator("#rooms-head").evaluate(PLACE) == [32, 97]
        if path == "notes":
            edit(page, card_of(page, note))
        if path in labelled:
            found = page.locator("main .field > label").evaluate_all(TOUCHED)
            assert any(ring > 0 for _, ring, _ in found), path
            assert [name for name, _, gap in found if gap < 1] == [], path
        page.set_viewport_size(NARROW)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert_fits(page)
    page.set_viewport_size(LAPTOP)
    page.goto(f"{shared_server.base}/front/account")
    assert page.locator("h1").evaluate(PLACE)[1] == 97
