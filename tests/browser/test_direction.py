"""Right-to-left pages, and notes in either direction."""

from playwright.sync_api import expect

from tests.browser import rooms
from tests.browser.board import card, create, fresh
from tests.browser.test_accessibility import assert_fits
from tests.browser.windows import visit

HEBREW = "שלום"
APART = """search => {
  const [field, icon] = [search.querySelector("input"), search.querySelector(".icon").getBoundingClientRect()];
  const { left, right } = field.getBoundingClientRect();
  const { paddingLeft, paddingRight } = getComputedStyle(field);
  return left + parseFloat(paddingLeft) >= icon.right || right - parseFloat(paddingRight) <= icon.left;
}"""


def test_fields_are_aligned_with_their_text_and_nothing_is_covered_or_cut(windows, shared_server, rest):
    page = visit(windows(viewport={"width": 360, "height": 740}), shared_server)
    title = page.locator("#add-title")
    for direction in ("ltr", "rtl"):
        page.evaluate("direction => document.documentElement.dir = direction", direction)

        title.fill("")
        expect(title).to_have_css("direction", direction)  # an empty field has the direction of the page
        title.fill(HEBREW)
        expect(title).to_have_css("direction", "rtl")
        title.fill("words")
        expect(title).to_have_css("direction", "ltr")
        page.locator("#search-button").click()  # on a phone the field is behind it
        for text in ("words", HEBREW):
            page.fill("#search-field", text)
            assert page.locator(".search").evaluate(APART), text
        page.fill("#search-field", "")
        long = fresh("long" * 40)
        create(rest, long, HEBREW * 40)
        expect(card(page, long)).to_be_visible()
        assert_fits(page)


# How far a text is from where its line begins: pixels, in a page that is written from right to left.
INDENT = """line => {
  const text = document.createRange();
  text.selectNodeContents(line);
  return Math.round(line.getBoundingClientRect().right - text.getBoundingClientRect().right);
}"""

RIGHT = "element => element.getBoundingClientRect().right"


def test_names_and_what_is_chosen_from_begin_at_the_side_of_the_page(windows, shared_server, rest):
    ada, bob = rooms.person(rest), rooms.person(rest)
    note = create(rest, fresh("words"))["id"]
    thread = rest.put(f"/api/notes/{note}/thread").json()["id"]
    rooms.say(rest, thread, bob, f"words {HEBREW} @{ada['nickname']}")
    page = visit(rooms.be(windows(), shared_server, ada), shared_server, f"/front/rooms/{thread}")
    page.evaluate("document.documentElement.dir = 'rtl'")

    for name in page.locator(".room-name:visible").all():
        assert name.evaluate(INDENT) == 0, name.inner_text()
    field = page.locator("#message-form textarea")
    field.press_sequentially(f"{HEBREW} @")
    expect(page.locator(".completions")).to_be_visible()
    menu, form = [page.locator(part).evaluate(RIGHT) for part in (".completions", "#message-form")]
    assert menu < form, "it begins at the letter, towards the left"

    visit(page, shared_server, "/front/inbox")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.locator(".notification-text").evaluate(INDENT) == 0
    assert_fits(page)
    page.set_viewport_size({"width": 390, "height": 740})
    visit(page, shared_server, "/front/users")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.locator(".user-name").first.evaluate(INDENT) == 0
