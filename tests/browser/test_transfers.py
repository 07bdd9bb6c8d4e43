"""Imports and exports on the pages: checked, uploaded, refused, and robust against mistakes."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.access import Member
from tests.browser.board import card, fresh
from tests.browser.conftest import serving
from tests.browser.test_accessibility import assert_accessible
from tests.browser.transfers import BATCH, BOARD, PNG, expect_state, file, notes, row, send
from tests.browser.windows import visit

# All that a page shows of an element, on the server or by a script; the words of a time change as it passes.
SHAPE = """element => {
  const shape = node => {
    if (node.nodeType === Node.TEXT_NODE) return node.data.trim();
    const said = [...node.attributes].filter(({ name }) => name !== "title");
    const attributes = said.map(({ name, value }) => `${name}=${value}`);
    const inside = node.matches("time") ? [] : [...node.childNodes].map(shape).filter(String);
    return [node.localName, attributes.sort(), inside];
  };
  return shape(element);
}"""
# Distance between a button and the inner edge of its row.
BESIDE_THE_EDGE = """button => {
  const row = button.closest(".job");
  const edge = row.getBoundingClientRect().right - parseFloat(getComputedStyle(row).paddingRight);
  return edge - button.getBoundingClientRect().right;
}"""


@pytest.fixture
def page(windows, shared_server):
    return visit(windows(), shared_server, BOARD)


@pytest.fixture
def plain(windows, shared_server):
    page = windows(java_script_enabled=False)
    page.goto(shared_server.base + BOARD)
    return page


def test_a_file_is_checked_first_and_its_result_is_shown_in_every_browser(page, windows, shared_server, rest):
    other = visit(windows(), shared_server, BOARD)
    name, first, second = f"{fresh('file')}.json", fresh("seeds <b>"), fresh("water & sun")
    send(page, file(name, notes(first, "", second)), "Check first")

    looked = row(page, name)
    expect_state(looked, "Checked")
    expect(looked.locator(".job-text")).to_have_text("2 notes can be imported, 1 could not be read")
    expect(looked.locator(".job-titles li")).to_have_text([first, second])
    expect(looked.locator(".job-titles")).to_be_visible()
    expect(looked.locator(".job-problem")).to_contain_text(["note 2"])
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})  # where each button has a line of its own
    assert looked.locator("[name=import]").evaluate(BESIDE_THE_EDGE) >= 0
    page.set_viewport_size(size)
    expect(looked.locator(".job-reason")).to_be_visible()
    expect(looked).to_contain_text("Nothing was changed")
    assert first not in rest.get("/api/notes").text
    assert page.locator("#import-file").evaluate("field => field.files.length") == 1, "it is there to be imported"

    page.get_by_role("button", name="Import", exact=True).click()
    expect_state(row(page, name), "Done")
    expect(row(page, name).locator(".job-text")).to_have_text("2 notes imported, 1 could not be read")
    assert page.locator("#import-file").evaluate("field => field.files.length") == 0

    for elsewhere in (page, other):
        expect(elsewhere.locator(".job", has_text=name)).to_have_count(2)
        expect_state(row(elsewhere, name), "Done")
    made = [one.evaluate(SHAPE) for one in page.locator(".job", has_text=name).all()]
    visit(page, shared_server, BOARD)
    assert [one.evaluate(SHAPE) for one in page.locator(".job", has_text=name).all()] == made
    visit(page, shared_server)
    expect(card(page, first)).to_be_visible()


def test_a_refused_file_is_explained_in_place(page, windows, tmp_path):
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("#import-file-error")).to_have_text("Choose a file first.")
    expect(page.locator("#import-file")).to_be_focused()
    send(page, file("holiday.png", PNG))
    expect(page.locator("#import-file-error")).to_be_hidden()
    failed = row(page, "holiday.png")
    expect_state(failed, "Failed")
    expect(failed.locator(".job-text")).to_contain_text("not recognised")
    version = int(failed.get_attribute("data-version") or 0)
    failed.get_by_role("button", name="Run again").click()
    expect(failed).to_have_attribute("data-version", str(version + 3))  # waiting, running, failed
    expect_state(failed, "Failed")

    with serving("own", tmp_path, "--max-import-bytes", "100000") as server:
        large = file("large.json", notes(*(f"note {n}" for n in range(9_000))))
        page = visit(windows(), server, BOARD)
        send(page, large)
        expect(page.locator("#import-file-error")).to_contain_text("at most 0.1 MiB can be sent")
        page.locator("#import-form").evaluate("form => form.dataset.maxBytes = 1e9")
        send(page, large)
        expect(page.locator("#import-file-error")).to_contain_text("100,000 bytes")
        plain = windows(java_script_enabled=False)
        plain.goto(server.base + BOARD)
        send(plain, large)
        expect(plain.locator("#import-file-error")).to_contain_text("100,000 bytes")
        for one in (page, plain):
            expect(one.locator(".job")).to_have_count(0)
            expect(one.locator("#empty-jobs")).to_be_visible()


def test_an_upload_shows_its_progress_and_can_be_cancelled(page, rest):
    before = rest.get("/api/jobs").json()
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
    slow.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": 200_000})
    send(page, file("slow.json", notes(*(f"note {n}" for n in range(40_000)))))

    expect(page.locator("#upload-words")).to_have_text(re.compile(r"Sending [\d.]+ MiB of [\d.]+ MiB"))
    expect(page.locator("#upload progress")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Stop sending").click()

    expect(page.locator("#upload")).to_be_hidden()
    expect(page.locator("#announcer")).to_contain_text("Nothing was sent")
    assert rest.get("/api/jobs").json() == before


def test_a_folder_is_uploaded_without_files_that_cannot_be_notes(page, tmp_path):
    folder = tmp_path / fresh("folder")
    folder.mkdir()
    title = fresh("planting")
    for name, content in (("one.md", f"# {title}\n\ntext"), (".hidden.md", "# no"), ("picture.png", "x")):
        (folder / name).write_text(content)
    page.set_input_files("#import-folder", folder)
    page.get_by_role("button", name="Check first").click()

    looked = row(page, "one.md")
    expect(looked.locator(".job-text")).to_have_text("1 note can be imported")
    expect(looked.locator(".job-titles li")).to_have_text([title])


def test_a_checked_file_is_imported_by_one_button_and_lost_fields_are_named(page, shared_server, rest):
    name, first = f"{fresh('file')}.csv", fresh("seeds")
    send(page, file(name, f"title,Assignee\n{first},Ann <b>\nx{first},\n".encode()), "Check first")
    looked = row(page, name)
    expect_state(looked, "Checked")
    expect(looked.locator(".job-lost li")).to_have_text(["Assignee in 1: Ann <b>"])
    expect(looked.locator(".job-lost")).to_be_visible()

    looked.get_by_role("button", name=f"Import what was found in {name}").click()

    expect_state(looked, "Done")
    expect(page.locator(".job", has_text=name)).to_have_count(1)
    expect(looked.locator(".job-text")).to_have_text("2 notes imported, without “Assignee”")
    expect(looked.locator("[name=import]")).to_be_hidden()
    assert first in rest.get("/api/notes").text


def test_imports_and_exports_work_without_scripts(plain, windows, standing_server, rest):
    expect(plain.locator("#import-folder")).to_be_hidden()
    plain.get_by_role("button", name="Import", exact=True).click()
    expect(plain.locator("#import-file-error")).to_have_text("Choose a file first.")
    name, first = f"{fresh('file')}.json", fresh("without")
    plain.check("[name=archived]")
    send(plain, [file(name, notes(first, "")), file("more.json", notes(first))], "Check first")
    looked = row(plain, f"{name} and 1 more")

    expect_state(looked, "Checked")  # the page reloads itself until then
    expect(plain.locator(".notice")).to_contain_text("2 notes can be imported")
    expect(plain.locator("meta[http-equiv]")).to_have_count(0)
    expect(looked.locator(".job-text")).to_have_text("2 notes can be imported, 1 could not be read")
    expect(looked.locator(".job-titles li")).to_have_text([first, first])
    assert rest.get("/api/jobs").json()[-1]["options"] | {"format": None} == {
        **{"format": None, "dry_run": True, "archived": True, "trashed": False}
    }
    looked.get_by_role("button", name=f"Import what was found in {name}").click()
    expect(looked.locator(".job-text")).to_have_text("2 notes imported, 1 could not be read")
    looked.get_by_role("button", name="Remove from list").click()
    expect(looked).to_have_count(0)
    plain.select_option("[name=format]", "csv")
    send(plain, file("holiday.png", PNG))
    looked = row(plain, "holiday.png")
    expect_state(looked, "Failed")
    looked.get_by_role("button", name="Run again").click()
    expect(plain.locator(".notice")).to_contain_text("names a column")
    with plain.expect_download() as sent:
        plain.get_by_role("link", name="Markdown").click()
    assert sent.value.suggested_filename.endswith(".zip")

    page = windows(java_script_enabled=False)
    page.goto(standing_server.base + BOARD)
    send(page, file("all.json", notes(*(f"note {n}" for n in range(2 * BATCH)))))
    expect(row(page, "all.json").locator(".job-count")).to_have_text(f"{BATCH} of {2 * BATCH}")
    page.get_by_role("link", name="Stop reloading").click()
    expect(page.locator("meta[http-equiv]")).to_have_count(0)
    expect(page.get_by_role("link", name="Reload automatically")).to_be_visible()
    page.goto(standing_server.base + "/front/rooms")
    page.locator("#job-mark a").click()
    row(page, "all.json").get_by_role("button", name="Cancel").click()
    expect_state(row(page, "all.json"), "Cancelled")
    expect(page.locator("#job-mark")).to_be_hidden()


def test_a_viewer_exports_notes_and_cannot_import(guarded_server, settled, windows):
    ada, bob = (Member(guarded_server, settled(name), windows) for name in ("ada", "bob"))
    board = ada.board(fresh("board"), viewer=bob)
    ada.note(board, "first")
    page = bob.window(f"/front/boards/{board}/transfer")
    expect(page.locator("#import-form")).to_be_hidden()
    expect(page.locator(".readers-only")).to_be_visible()
    with page.expect_download() as sent:
        page.get_by_role("link", name="JSON").click()
    assert [note["title"] for note in json.loads(Path(sent.value.path()).read_text())["notes"]] == ["first"]

    ada.give(board, bob, "editor")
    expect(page.locator("#import-form")).to_be_visible()
    ada.take(board, bob)
    expect(page.locator("#board-gone")).to_be_visible()
    expect(page.locator("#import-form")).to_be_hidden()


def test_the_pages_of_boards_link_to_imports_and_exports(page, shared_server):
    for path, way in (("/front/notes", "#switcher summary"), ("/front/boards", ""), ("/front/boards/1", "")):
        visit(page, shared_server, path)
        if way:
            page.click(way)
        page.get_by_role("link", name="Import and export").first.click()
        expect(page.locator("h1")).to_have_text("Import and export")
