"""What a first visit transfers, and what a message changes on an open page."""

from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.browser.board import create
from tests.browser.rooms import Person, message, say
from tests.browser.windows import IN_MOTION, visit
from tests.support.servers.server_process import ServerProcess

NOTES = 45
TEXT = (
    "Bread, milk and what else is missing for the week; the list of the last time is in the kitchen, on the left,"
    " behind the door, at the calendar, in blue: number {}."
)
REQUESTS_MAX = 10  # the page, two style sheets, three scripts, and what is before the first paint
BYTES_MAX = 115_000  # by gzip, with the headers of responses; brotli saves a tenth. Half of it is scripts
# Tells the page an unread count of a room, and the same again; the ids or names of what changed each time.
WATCH = """async (room) => {
  const name = ({ target }) => target.closest("[id]")?.id || target.nodeName;
  const changed = [];
  const watcher = new MutationObserver((records) => changed.push(...records.map(name)));
  watcher.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  const counted = async () => {
    document.dispatchEvent(new CustomEvent("unread", { detail: new Map([[room, 3]]) }));
    await Promise.resolve();
    return changed.splice(0);
  };
  return { another: await counted(), same: await counted() };
}"""


def test_a_first_visit_of_a_board_is_light(browser: Browser, server: ServerProcess):
    with httpx.Client(base_url=server.base, timeout=20, verify=False) as rest:
        for number in range(NOTES):
            create(rest, f"note {number} of this board", TEXT.format(number))
    context = browser.new_context(ignore_https_errors=True)  # with an empty cache
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: list[float] = []

        def loaded(event: dict[str, Any]) -> None:
            sizes.append(event["encodedDataLength"])

        session.on("Network.loadingFinished", loaded)
        visit(page, server)

        expect(page.locator("ul.notes > li")).to_have_count(NOTES)
        assert 3 < len(sizes) <= REQUESTS_MAX
        assert sum(sizes) <= BYTES_MAX
    finally:
        context.close()


def test_unread_counts_that_stay_change_nothing_on_the_page(hers: Page, place: int):
    """Each message of an open room counts up and is read at once: a change would cost a layout of the page."""
    changed = hers.evaluate(WATCH, place)

    assert {"TITLE", "rooms-place", "rooms"} <= set(changed["another"])
    assert changed["same"] == []


def test_a_message_is_shown_without_an_animation(hers: Page, rest: httpx.Client, bob: Person, place: int):
    """Each of its frames would cost as much as the message itself."""
    hers.emulate_media(**IN_MOTION)
    hers.evaluate("addEventListener('animationstart', ({ target }) => (window.animated = target.id), true)")

    say(rest, place, bob, "are you there?")

    expect(message(hers, "are you there?")).to_be_visible()
    assert hers.evaluate("document.getAnimations().length") == 0
    assert hers.evaluate("window.animated") is None
