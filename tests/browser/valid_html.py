"""Whether pages are valid HTML, in the eyes of html-validate."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.server_process import ROOT

HTML_VALIDATE = shutil.which("html-validate") or ""
CONFIG = ROOT / "tests" / "tools" / ".htmlvalidate.json"
where_it_can_be_checked = pytest.mark.skipif(
    not HTML_VALIDATE, reason="html-validate is not on the PATH; `make test` brings it"
)


def assert_valid(folder: Path, pages: Mapping[str, httpx.Response]) -> None:
    """All of the pages are, by name; they are left in a folder."""
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
