"""The history of a note, the activity and the bin of a board, in two windows."""

from playwright.sync_api import expect

from tests.browser.board import card_of, create, fresh
from tests.browser.windows import visit


def test_the_history_opens_with_h_and_grows_and_restores_with_undo(windows, rest, shared_server):
    note = create(rest, fresh(), "two litres")
    page = visit(windows(), shared_server)
    card_of(page, note).focus()
    page.keyboard.press("h")
    history = page.locator("#history")
    expect(history.locator(".record")).to_have_count(1)

    # Never joined to what was there before.
    rest.delete(f"/api/notes/{note['id']}")
    rest.post(f"/api/notes/{note['id']}/restore")
    rest.patch(f"/api/notes/{note['id']}", json={"description": "three litres"})
    expect(history.locator(".record")).to_have_count(2)
    expect(history.locator(".record").first).to_contain_text("Version 3 Somebody restored, text")

    history.get_by_role("button", name="Restore version 1").click()
    expect(card_of(page, note).locator(".description")).to_have_text("two litres")
    expect(history.locator(".record")).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(card_of(page, note).locator(".description")).to_have_text("three litres")
    history.get_by_role("link", name="Version 4").click()
    expect(page.locator(".comparison-text del")).to_contain_text("three")
    expect(page.locator(".comparison-text ins")).to_contain_text("two")
    assert (
        page.locator(".comparison-text del").evaluate("one => getComputedStyle(one).textDecorationLine")
        == "line-through"
    )


def test_the_activity_and_the_bin_are_live(windows, rest, shared_server):
    note = create(rest, fresh())
    activity = visit(windows(), shared_server, "/front/boards/1/activity")
    bin_ = visit(windows(), shared_server, "/front/boards/1/trash")

    rest.delete(f"/api/notes/{note['id']}")
    expect(activity.locator(".record").first).to_contain_text(f"Somebody deleted {note['title']}")
    entry = bin_.locator(".record", has_text=note["title"])
    expect(entry).to_contain_text("kept until")
    entry.get_by_role("button", name="Restore").click()
    expect(entry).to_have_count(0)
    expect(activity.locator(".record").first).to_contain_text(f"Somebody restored {note['title']}")
    bin_.get_by_role("button", name="Undo").click()
    expect(entry).to_have_count(1)
    entry.get_by_role("button", name="Delete for good").click()
    bin_.get_by_role("button", name="Delete for good").click()
    expect(bin_.get_by_role("heading", name="Bin")).to_be_visible()
    expect(entry).to_have_count(0)
    expect(activity.locator(".record", has_text=note["title"])).to_have_count(0)
