"""Right-to-left pages, and notes in either direction."""

from playwright.sync_api import expect

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
