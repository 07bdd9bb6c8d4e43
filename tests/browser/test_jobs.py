"""Running imports on the pages: progress, end, interruption, retry."""

import httpx
from playwright.sync_api import expect

from tests.browser.rooms import be, person
from tests.browser.test_accessibility import assert_accessible, assert_fits, assert_fits_a_thumb
from tests.browser.transfers import BATCH, BOARD, PNG, bring, expect_state, notes, row
from tests.browser.windows import visit

LONG = "שלום " + "a-name-without-any-space" * 8 + ".json"


def test_a_running_import_is_tracked_across_pages_cancelled_interrupted_and_retried(windows, standing_server):
    server = standing_server
    with httpx.Client(base_url=server.base, timeout=20, verify=False) as rest:
        ada = person(rest)
        rest.post("/front/me", data={"person_id": ada["id"]})
        page = visit(be(windows(), server, ada), server, BOARD)
        elsewhere = visit(be(windows(), server, ada), server, "/front/rooms")
        mark = elsewhere.locator("#job-mark")
        expect(mark).to_be_hidden()
        expect(elsewhere.locator(".shell[data-job]")).to_have_count(0)
        bring(rest, "first.json", notes(*(f"first {n}" for n in range(25))))

        running = row(page, "first.json")
        expect_state(running, "Importing")
        expect(running.locator(".job-count")).to_have_text("10 of 25")
        expect(running.locator("progress")).to_have_js_property("position", 0.4)
        expect(mark).to_contain_text("Importing first.json 40 %")
        expect(elsewhere.locator(".shell[data-job]")).to_have_count(1)
        expect(mark.locator("progress")).to_have_js_property("value", 10)
        page.reload()
        expect(running.locator(".job-count")).to_have_text("10 of 25")
        mark.locator("a").click()
        expect_state(row(elsewhere, "first.json"), "Importing")

        bring(rest, "second.json", notes(*(f"second {n}" for n in range(BATCH + 1))))
        second = row(page, "second.json")
        expect_state(second, "Importing")
        second.get_by_role("button", name="Cancel").focus()
        page.keyboard.press("Enter")
        expect_state(second, "Cancelled")
        expect(second).to_be_focused()
        expect_state(row(elsewhere, "second.json"), "Cancelled")
        second.get_by_role("button", name="Remove from list").focus()
        page.keyboard.press("Enter")
        for where in (page, elsewhere):
            expect(where.locator(".job")).to_have_count(1)
        expect(running).to_be_focused()

        visit(elsewhere, server)
        expect(mark).to_be_visible()
        server.kill()
        server.constants = {}
        server.start()
        expect_state(running, "Interrupted")
        expect(mark).to_be_hidden()
        running.get_by_role("button", name="Run again").click()
        expect_state(running, "Done")
        expect(running.locator(".job-text")).to_have_text("15 notes imported, 10 were there already")
        expect(elsewhere.locator(".toast").last).to_contain_text("15 notes imported")
        expect(mark).to_be_hidden()


def test_an_anonymous_import_is_tracked_on_pages_of_other_boards(windows, standing_server):
    with httpx.Client(base_url=standing_server.base, timeout=20, verify=False) as rest:
        job = bring(rest, "all.json", notes(*(f"note {n}" for n in range(2 * BATCH))))
        page = visit(windows(), standing_server, "/front/rooms")
        expect(page.locator("#job-mark")).to_contain_text("Importing all.json")
        expect(page.locator(".shell[data-job]")).to_have_count(1)

        rest.post(f"/api/jobs/{job}/cancel")

        expect(page.locator("#job-mark")).to_be_hidden()
        expect(page.locator(".shell[data-job]")).to_have_count(0)
        expect(page.locator(".toast")).to_contain_text("all.json: Cancelled")


def test_every_state_is_accessible_and_fits_a_small_screen(windows, standing_server):
    with httpx.Client(base_url=standing_server.base, timeout=20, verify=False) as rest:
        phone = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
        page = visit(windows(**phone), standing_server, BOARD)
        assert_accessible(page)
        bring(rest, "holiday.png", PNG)
        bring(rest, "bad.json", notes(*range(30)), dry_run=True)
        expect_state(row(page, "holiday.png"), "Failed")
        cancelled = bring(rest, LONG, notes(*(f"{LONG} {n}"[:200] for n in range(BATCH + 1))))
        expect(row(page, "שלום").locator(".job-count")).to_be_visible()
        assert_accessible(page, "main")
        rest.post(f"/api/jobs/{cancelled}/cancel")
        expect_state(row(page, "שלום"), "Cancelled")
        row(page, "שלום").locator("summary").first.click()
        page.get_by_role("button", name="Import", exact=True).click()
        assert_accessible(page, "main")
        for direction in ("ltr", "rtl"):
            page.evaluate("direction => document.documentElement.dir = direction", direction)
            assert_fits(page)
        assert_fits_a_thumb(page, "main :is(a, button, input, select, summary):not([type=checkbox], p *)")
