"""Archive, colours and filters on the board's page: by keys and by hand, live in other windows, undone by one Undo."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.board import add, card, card_of, create, focused, fresh
from tests.browser.windows import Windows, visit
from tests.support.servers.server_process import ServerProcess

COLOURS = ("none", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "grey")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TEXT = "soft [link](https://example.org) `code` **strong** ~~gone~~\n\n- [x] done\n- [ ] open\n\n> quote\n\n# Heading"
# For each text on the cards: what it is, and its contrast with what is behind it, from the colours that are painted.
CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour, under = [0, 0, 0, 0]) => {
    canvas.clearRect(0, 0, 1, 1);
    if (under[3]) { canvas.fillStyle = `rgb(${under.slice(0, 3).join(" ")})`; canvas.fillRect(0, 0, 1, 1); }
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.unshift(getComputedStyle(one).backgroundColor);
    return layers.reduce((under, colour) => rgba(colour, under), [255, 255, 255, 255]);
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (text, under) => {
    const [a, b] = [rgba(text, under), under].map(luminance).sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const found = [];
  for (const card of document.querySelectorAll(".note[data-colour]")) {
    const about = `${card.dataset.colour}${"done" in card.dataset ? ", done" : ""}`;
    const texts = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const element = text.parentElement;
      if (!text.textContent.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
      const under = behind(element);
      const { color } = getComputedStyle(element);
      found.push([`${about}: ${element.className || element.tagName}`, contrast(color, under)]);
      const mark = getComputedStyle(element, "::highlight(found)");
      found.push([`${about}: marked ${element.className || element.tagName}`,
        contrast(mark.color, rgba(mark.backgroundColor, under))]);
    }
    for (const control of card.querySelectorAll(".icon-button")) {
      found.push([`${about}: ${control.className}`, contrast(getComputedStyle(control).color, behind(control))]);
    }
  }
  return found;
}"""

BACKGROUNDS = "cards => cards.map(card => getComputedStyle(card).backgroundColor)"


@pytest.fixture
def both(windows: Windows, shared_server: ServerProcess) -> tuple[Page, Page]:
    """Two people's windows on the board."""
    return visit(windows(), shared_server), visit(windows(), shared_server)


def counts(page: Page) -> list[int]:
    """Open and done notes, as the page says."""
    return [int(number) for number in re.findall(r"\d+", page.locator("#summary").inner_text())]


def test_shift_e_archives_everywhere_keeps_the_focus_and_u_takes_it_back(
    windows: Windows, shared_server: ServerProcess, rest: httpx.Client
):
    first, note, _ = (create(rest, fresh("archive")) for _ in range(3))
    here, there = both = [visit(windows(), shared_server) for _ in range(2)]
    card_of(there, note).focus()
    card_of(here, note).focus()
    before = counts(here)

    here.keyboard.press("Shift+E")

    for page in both:
        expect(card_of(page, note)).to_have_count(0)
        expect(page.locator("#summary")).to_have_text(f"{before[0] - 1} open, {before[1]} done")
        assert focused(page) == f"note-{first['id']}", "the next card has it"
    expect(here.locator(".toast")).to_contain_text(f"Archived “{note['title']}”.")
    expect(there.locator("#announcer")).to_contain_text(f"Somebody archived “{note['title']}”.")
    here.keyboard.press("u")
    for page in both:
        expect(card_of(page, note)).to_be_visible()
        expect(page.locator("#summary")).to_have_text(f"{before[0]} open, {before[1]} done")
    expect(card_of(here, note)).to_be_focused()
    assert rest.get(f"/api/notes/{note['id']}").json()["archived_at"] is None


def test_the_archive_is_a_filter_and_an_archived_note_has_its_page(
    windows: Windows, shared_server: ServerProcess, rest: httpx.Client
):
    archive = visit(windows(), shared_server, "/front/notes?archived=true")
    note = create(rest, fresh("kept"))
    path = f"/api/notes/{note['id']}"

    rest.patch(path, json={"archived": True})
    expect(card_of(archive, note).locator(".note-archived")).to_be_visible()
    add(archive, fresh("new"))
    expect(archive.locator(".toast")).to_contain_text("Added. It does not match the filter.")
    card_of(archive, note).hover()
    card_of(archive, note).locator(".archive-button").click()

    expect(card_of(archive, note)).to_have_count(0)
    expect(archive.locator(".toast", has_text="is back on the board")).to_be_visible()
    assert rest.get(path).json()["archived_at"] is None
    rest.patch(path, json={"archived": True})
    visit(archive, shared_server, f"/front/notes/{note['id']}")
    expect(card_of(archive, note).locator(".archive-button")).to_have_attribute("aria-pressed", "true")
    rest.patch(path, json={"archived": False})
    expect(card_of(archive, note).locator(".note-archived")).to_be_hidden()
    expect(card_of(archive, note)).to_be_visible()


def test_a_note_that_is_archived_while_it_is_edited_stays_until_the_editor_closes(window: Page, rest: httpx.Client):
    here = window
    note = create(rest, fresh("edited"), "text")
    card_of(here, note).focus()
    here.keyboard.press("e")
    here.keyboard.type("more")

    rest.patch(f"/api/notes/{note['id']}", json={"archived": True})

    expect(card_of(here, create(rest, fresh("later")))).to_be_visible()
    expect(card_of(here, note).locator(".editor")).to_be_visible()
    with here.expect_response(f"**/api/notes/{note['id']}") as asked:
        here.reload()
    assert asked.value.status == 200, "it is not deleted"
    expect(here.locator(".toast")).to_have_count(0)
    here.goto(f"{here.url}?archived=true")
    here.locator(".note .editor textarea").focus()
    here.keyboard.press("Control+Enter")
    expect(here.locator(".note .editor")).to_have_count(0)
    here.goto(here.url.partition("?")[0])
    expect(card_of(here, note)).to_have_count(0)
    saved = rest.get(f"/api/notes/{note['id']}").json()
    assert ("more" in f"{saved['title']}{saved['description']}", saved["archived_at"] is not None) == (True, True)


def test_c_opens_the_colours_at_the_card_and_arrows_and_enter_choose_one(both: tuple[Page, Page], rest: httpx.Client):
    here, there = both
    note = create(rest, fresh("colour"))
    menu = here.get_by_role("menu", name="Colour")
    card_of(here, note).focus()

    here.keyboard.press("c")
    expect(menu.get_by_role("menuitemradio", name="No colour", checked=True)).to_be_focused()
    here.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(card_of(here, note)).to_be_focused()
    here.keyboard.press("c")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        here.keyboard.press(key)

    for page in both:
        expect(card_of(page, note)).to_have_attribute("data-colour", "teal")
        expect(card_of(page, note).locator(".colour-link")).to_have_attribute(
            "aria-label", f"Colour (teal): {note['title']}"
        )
    expect(card_of(here, note)).to_be_focused()
    expect(here.locator("#announcer")).to_contain_text(f"Teal: “{note['title']}”. Undo: press u.")
    here.keyboard.press("u")
    for page in both:
        expect(card_of(page, note)).to_have_attribute("data-colour", "none")
    here.fill("#add-note-form [name=title]", fresh("green"))
    here.locator("#add-note-form").get_by_label("Colour").select_option("green")
    here.click("#add-note-form [type=submit]")
    expect(there.locator("ul.notes > li").first).to_have_attribute("data-colour", "green")
    expect(here.locator("#add-note-form")).to_have_attribute("data-colour", "none")
    card_of(here, note).focus()
    here.keyboard.press("p")
    for page in both:
        expect(page.locator("ul.notes > li").first).to_have_id(f"note-{note['id']}")
    expect(card_of(here, note)).to_have_attribute("data-pinned", "")
    expect(here.locator("#announcer")).to_contain_text(f"Pinned “{note['title']}”. Undo: press u.")
    here.keyboard.press("u")
    for page in both:
        expect(card_of(page, note)).not_to_have_attribute("data-pinned", "")
    expect(card_of(here, note)).to_be_focused()
    here.keyboard.press("p")
    here.keyboard.press("p")
    expect(here.locator(".toast").last).to_contain_text(f"“{note['title']}” is no longer pinned.")
    here.keyboard.press("u")
    for page in both:
        expect(card_of(page, note)).to_have_attribute("data-pinned", "")


def test_a_page_with_a_filter_stays_current(windows: Windows, shared_server: ServerProcess, rest: httpx.Client):
    page = visit(windows(), shared_server)
    red, other = create(rest, fresh("red")), create(rest, fresh("red"))
    rest.patch(f"/api/notes/{red['id']}", json={"colour": "red"})
    page.fill("#search-field", "red")
    page.get_by_label("Filter", exact=True).click()
    page.get_by_label("Colour", exact=True).and_(page.locator("select")).select_option("red")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile(r"/front/notes\?(q=red&colour=red|colour=red&q=red)$"))
    expect(card_of(page, red)).to_be_visible()
    expect(card_of(page, other)).to_have_count(0)

    rest.patch(f"/api/notes/{other['id']}", json={"title": "red still, but of no colour"})
    rest.patch(f"/api/notes/{red['id']}", json={"colour": "blue"})
    expect(card_of(page, red)).to_have_count(0)
    rest.patch(f"/api/notes/{other['id']}", json={"colour": "red"})
    expect(card_of(page, other)).to_be_visible()
    rest.patch(f"/api/notes/{red['id']}", json={"colour": "red"})
    expect(page.locator("ul.notes > li")).to_have_count(2)

    page.fill("#search-field", "still")
    expect(page).to_have_url(re.compile(r"\?q=still&colour=red$"))
    expect(page.locator("#summary")).to_have_text("1 of 2 notes")
    page.get_by_role("link", name=re.compile("^Red.*remove this filter")).click()
    expect(page).not_to_have_url(re.compile("colour"))


def test_every_text_on_every_colour_can_be_read_in_both_themes(
    windows: Windows, server: ServerProcess, finished: Callable[[Page], None]
):
    with httpx.Client(base_url=server.base, verify=False) as rest:
        for colour in COLOURS:
            rest.post("/api/boards/1/labels", json={"name": f"label {colour}", "colour": colour}).raise_for_status()
        for index, colour in enumerate(COLOURS):
            labels = [f"label {colour}", f"label {COLOURS[index - 1]}"]
            for done in (False, True):
                fields: dict[str, Any] = {"title": f"{colour} title", "description": TEXT, "colour": colour}
                fields |= {"pinned": True, "labels": labels}
                note = rest.post("/api/notes", json=fields).raise_for_status().json()
                rest.patch(f"/api/notes/{note['id']}", json={"done": done}).raise_for_status()
    page = visit(windows(), server)
    expect(page.locator("ul.notes > li")).to_have_count(2 * len(COLOURS))
    backgrounds: set[str] = set()

    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        finished(page)
        measured: list[tuple[str, float]] = page.evaluate(CONTRASTS)
        backgrounds |= set(page.locator("ul.notes > li:not([data-done])").evaluate_all(BACKGROUNDS))

        assert len(measured) > 20 * len(COLOURS)
        assert [(what, round(ratio, 2)) for what, ratio in measured if ratio < 4.5] == [], theme
    assert len(backgrounds) == 2 * len(COLOURS), "each colour differs from the others"


@pytest.fixture
def finished() -> Callable[[Page], None]:
    """Lets all transitions of a page end."""
    return lambda page: page.evaluate("document.getAnimations().forEach((one) => one.finish())")


def test_on_a_phone_one_button_shows_the_tools_and_no_card_grows(
    windows: Windows, shared_server: ServerProcess, rest: httpx.Client
):
    note = create(rest, fresh("phone"))
    page = visit(windows(**PHONE), shared_server)
    one = card_of(page, note)
    before = one.bounding_box()
    expect(one.locator(".colour-link")).to_be_hidden()

    one.get_by_role("button", name="More").tap()

    expect(one.get_by_role("button", name="More")).to_have_attribute("aria-expanded", "true")
    for tool in one.locator(".note-tools .icon-button:not(.select-button)").all():
        box = tool.bounding_box()
        assert box, tool
        assert (box["width"] >= 44, box["height"] >= 44) == (True, True), box
    assert one.bounding_box() == before
    one.locator(".colour-link").tap()
    page.get_by_role("menuitemradio", name="Pink").tap()
    expect(one).to_have_attribute("data-colour", "pink")
    one.get_by_role("button", name="More").tap()
    one.get_by_role("button", name="Archive").tap()
    expect(one).to_have_count(0)


def test_without_scripts_a_form_colours_archives_and_filters(
    windows: Windows, shared_server: ServerProcess, rest: httpx.Client
):
    note = create(rest, fresh("plain"))
    page = windows(java_script_enabled=False)
    page.goto(f"{shared_server.base}/front/notes")

    card_of(page, note).locator(".colour-link").click()
    page.get_by_label("Colour", exact=True).select_option("purple")
    page.get_by_role("button", name="Save").click()
    expect(card_of(page, note)).to_have_attribute("data-colour", "purple")
    card_of(page, note).get_by_role("button", name="Archive").click()
    expect(card_of(page, note)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(card_of(page, note)).to_have_count(1)
    rest.patch(f"/api/notes/{note['id']}", json={"archived": True})
    page.get_by_label("Filter", exact=True).click()
    page.get_by_label("Where").select_option("true")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(card(page, note["title"])).to_have_count(1)
    page.get_by_role("link", name="Show all").click()
    expect(card(page, note["title"])).to_have_count(0)
