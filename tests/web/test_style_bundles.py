"""The style sheets of a page in two files."""

import re

import pytest

from quart_notes.web.assets import static_text
from quart_notes.web.style_bundles import bundle, bundles, sheets
from tests.support.clients.raw_http import exchange, request

LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)">')


def _rules(sheet: str) -> list[str]:
    """The words of a sheet without its comments."""
    return re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL).split()


def test_a_bundle_has_the_texts_of_its_sheets_in_their_order():
    (path,) = bundles(["style", "notes/page"])

    assert _rules(bundle(path) or "") == _rules(static_text("css/style.css") + static_text("css/notes/page.css"))
    assert sheets(["style"], ["notes/page"]) == ["css/style.css", "css/notes/page.css"]


@pytest.mark.parametrize(
    "path",
    [
        "css/bundles/nothing.css",
        "css/bundles/style,nothing.css",
        "css/bundles/style,style.css",
        "css/bundles/.css",
        "css/bundles/style",
        "css/bundles/notes/page.css",
        "css/bundles/...css.style.css",
        "css/style.css",
    ],
)
def test_other_paths_are_no_bundles(path: str):
    assert bundle(path) is None


def test_a_page_has_two_files_of_style_which_browsers_cache(port: int):
    page = exchange(port, request("/front/notes")).body.decode()
    links = LINK.findall(page)
    served = [exchange(port, request(link)) for link in links]

    assert len(links) == 2
    for answer in served:
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
    for part in ("css/style.css", "css/notes/note_card.css", "css/base/print.css"):
        rules = " ".join(_rules(static_text(part)))
        assert sum(rules in " ".join(answer.body.decode().split()) for answer in served) == 1
        assert not any(b"/*" in answer.body for answer in served)
    assert exchange(port, request(links[1], f"If-None-Match: {served[1].headers['etag']}")).status == 304
    assert exchange(port, request("/static/css/bundles/style,nothing.css")).status == 404
