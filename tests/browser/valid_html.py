"""Whether pages are valid HTML: rules that the Nu checker reported here once, and all rules of html-validate."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from tests.support.servers.server_process import ROOT

HTML_VALIDATE = shutil.which("html-validate") or ""
CONFIG = ROOT / "tests" / "tools" / ".htmlvalidate.json"
# WHATWG HTML, "valid global date and time string" and "valid date string", as far as they are used here
DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?")


def assert_valid(folder: Path, pages: Mapping[str, httpx.Response]) -> None:
    """All pages, by name, are valid; they are written to a folder. Skips if html-validate is not on the PATH."""
    faulty = {name: faults for name, page in pages.items() if (faults := list(_faults(page.text)))}
    assert not faulty, faulty
    if not HTML_VALIDATE:
        pytest.skip("html-validate is not on the PATH; `make test` brings it")
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page.text, encoding="utf-8")
    checked = subprocess.run(
        [HTML_VALIDATE, "--config", CONFIG, "--max-warnings=0", *folder.glob("*.html")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _faults(html: str) -> Iterator[str]:
    """Faults that html-validate does not report."""
    tags = _StartTags(html).found
    for name, attributes in tags:
        if name == "time" and not DATE.fullmatch(attributes.get("datetime") or ""):
            yield f"a date that is none: {attributes}"
        if name in {"table", "thead", "tbody", "tr", "th", "td"} and "role" in attributes:
            yield f"a role in a table: <{name}>"
        if "webkitdirectory" in attributes:
            yield "webkitdirectory: a script sets it"
    descriptions = [tag.get("content") for name, tag in tags if name == "meta" and tag.get("name") == "description"]
    if html.lstrip().startswith("<!doctype") and not (len(descriptions) == 1 and descriptions[0]):
        yield f"not one description: {descriptions}"


class _StartTags(HTMLParser):
    """Every start tag with its attributes, also within templates."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
