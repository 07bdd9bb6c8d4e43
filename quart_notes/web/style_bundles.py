"""The style sheets of a page in two files: what all pages have, and the page's own.

They are written as small sheets, and a browser needs a request for each. The address of a bundle names its sheets:
the list of each page is in its template alone. Comments and indentation are left out. `quart-notes dev` serves the
sheets themselves.
"""

import re

from quart_notes.web.assets import folder, static_text

FOLDER = "css/bundles/"
COMMENTS = re.compile(r"/\*(?:(?!\*/).)*\*/", re.DOTALL)  # no string in our sheets has such characters
INDENTATION = re.compile(r"^\s+|[ \t]+$", re.MULTILINE)


def bundles(*lists: list[str]) -> list[str]:
    """The paths of bundles, each of a list of sheets by name, e.g. `notes/page`."""
    return [f"{FOLDER}{','.join(sheets).replace('/', '.')}.css" for sheets in lists]


def sheets(*lists: list[str]) -> list[str]:
    """The paths of the same sheets, each by itself."""
    return [_path(sheet) for sheets in lists for sheet in sheets]


def bundle(path: str) -> str | None:
    """The text of a bundle by its path; None when it does not exist, or names a sheet twice."""
    names = path.removeprefix(FOLDER).removesuffix(".css").replace(".", "/").split(",")
    root = folder("static")
    existing = {file.relative_to(root).as_posix() for file in (root / "css").rglob("*.css")}
    wanted = [_path(name) for name in names]
    if [path] != bundles(names) or not existing.issuperset(wanted) or len(set(wanted)) < len(wanted):
        return None
    return INDENTATION.sub("", COMMENTS.sub("", "".join(map(static_text, wanted))))


def _path(sheet: str) -> str:
    return f"css/{sheet}.css"
