"""What scripts, templates and style sheets must not contain.

To change a rule, change it here and in docs/architecture.md.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

import quart_notes
from quart_notes.dev.script_types import script_types
from tests.support.servers.server_process import ROOT

PACKAGE = Path(quart_notes.__file__).parent
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
DEV_SCRIPTS = sorted((PACKAGE / "dev").rglob("*.js"))  # sent by `quart-notes dev` only
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static").rglob("*.css"))
MOST_FILES = 30  # in a folder


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def test_a_script_creates_no_markup_and_no_code_from_text():
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|setHTML"
        r"|\beval\(|new Function\b|setTimeout\(\s*[\"'`]|\.cssText|setAttribute\(\s*[\"']on"
    )

    assert not [file.name for file in (*SCRIPTS, *DEV_SCRIPTS) if re.search(forbidden, _read(file))]


def test_one_script_parses_foreign_html_and_only_reads_it():
    parsing = [file for file in SCRIPTS if re.search(r"DOMParser|parseFromString|responseXML", _read(file))]
    inserting = r"append|prepend|insert|replaceWith|replaceChild|replaceChildren|adoptNode|importNode|cloneNode"

    assert [file.name for file in parsing] == ["html_to_markdown.js"]
    for name in ("html_to_markdown.js", "html_blocks.js", "html_words.js"):
        text = next(_read(file) for file in SCRIPTS if file.name == name)
        assert not re.search(rf"\b(?:{inserting})\w*\(|\bdocument\.\w", text), name


def test_the_types_of_the_scripts_match_the_schemas():
    assert _read(ROOT / "static" / "js" / "schema.d.ts") == script_types(), "run `make types`"


FEATURES = ("notes", "rooms", "direct_messages", "users", "imports", "search", "palette", "account", "inbox")
# A script imports from its own folder and from layers further left.
LAYERS = {"lib": 0, "feed": 1, "shell": 2, "boards": 3, "messages": 3, **dict.fromkeys(FEATURES, 4), "main.js": 5}
APART = {"before_paint.js", "masonry.js", "api_docs.js"}  # each is loaded by itself


def test_scripts_import_nothing_from_a_higher_layer_or_another_feature():
    root = ROOT / "static" / "js"
    scripts = [file for file in SCRIPTS if file.name not in APART]
    imports = [
        (importer.relative_to(root), (importer.parent / path).resolve().relative_to(root))
        for importer in scripts
        for path in re.findall(r'(?:from |import\()"(\.[^"]+)"', _read(importer))
    ]

    assert len(imports) > len(scripts)
    assert {file.relative_to(root).parts[0] for file in scripts} == set(LAYERS)
    assert [
        f"{importer} imports {imported}"
        for importer, imported in imports
        if (here := importer.parts[0]) != (there := imported.parts[0]) and LAYERS[here] <= LAYERS[there]
    ] == []


@pytest.mark.parametrize("folder", ["static/js", "static/css", "templates"])
def test_a_folder_has_at_most_30_files(folder: str):
    files = Counter(file.parent for file in (ROOT / folder).rglob("*.*") if file.is_file())

    assert files
    assert [str(parent) for parent, number in files.items() if number > MOST_FILES] == []


def test_only_one_script_knows_the_transport_of_events():
    assert SCRIPTS
    naming = {file.name for file in SCRIPTS if re.search(r"\b(WebSocket|EventSource)\b", _read(file))}

    assert naming == {"live_feed.js"}


def test_one_helper_interprets_keys():
    """An input method uses Enter and Escape while it composes; browsers report this differently (lib/keyboard.js)."""
    handlers = [
        file for file in [*SCRIPTS, *DEV_SCRIPTS] if re.search(r"\bkey(down|up|press)\b|KeyboardEvent", _read(file))
    ]
    anyhow = {"user_activity.js"}  # reacts to any key

    for file in handlers:
        if file.name in {"keyboard.js", *anyhow}:
            continue
        text = _read(file)
        assert re.search(r"\b(keyOf|isSaving|isSending)\(event\)", text), file
        assert not re.search(
            r"event\.(key|code)\b|isComposing|keyCode|\.which\b|\(\{[^})]*\bkey\b[^})]*\}\) =>", text
        ), file
    assert len(handlers) > 10


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_template_escapes_everything_and_contains_no_code(file: Path):
    text = re.sub(r"\{#.*?#\}", "", _read(file), flags=re.S)

    assert not re.search(r"\|\s*safe\b|autoescape|Markup\(", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "a script in the page: the policy forbids it"
    # One page contains our own sheets inline, with a policy that allows them alone (web/inline_style.py).
    assert not re.search(r"<style\b(?!></style>)|\sstyle=|\son\w+=|javascript:", text), "inline style or handler"
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", text), "something from elsewhere"


def test_the_card_has_one_template():
    macros = [file.name for file in TEMPLATES if re.search(r"<li[^>]*class=\"[^\"]*\bnote\b", _read(file))]

    assert macros == ["note_card.html"]
    assert not [file.name for file in SCRIPTS if re.search(r"createElement\(\s*[\"']li[\"']", _read(file))]


# Each was on a page once, and readers had to guess its meaning.
RIDDLES = (
    "Be this person", "Be nobody", "That is me", "Find it out", "It holds", "No link is out", "Password now", "It may",
    "Looked at", "Look first", "must not be blank", "Come in", "Go on in", "Put away", "Out of anything",
    "the person who is in", "better than a puzzle", "set aside.", "does not hold", "belong together",
    "comes again by itself", "stands here", "There is no signing in here", "Take it back", "Nowhere else", "More of it",
    "Stay still", "This list", "A clean page", "Use as nobody", "goes on", "Mark open", "this 1", "is done twice",
    "Open a new", "Looking at", "Nobody in particular", "Nobody has said", "What answers", "without saying",
    "said nothing", "said why", "says what",
)  # fmt: skip
# Kinds of them: rare words, and phrases without a clear subject.
KINDS = re.compile(
    r"\b(whoever|anew|meanwhile|thereby|hence|befall)\b"
    r"|\b(come|comes|came|coming) in\b|\bhas come\b|\bnothing comes\b|\bkept of\b|\bbroke off\b"
    r"|\b(it|that|which|link|links|token|invitations|its own) holds?\b(?! (a|an|the|more|\{))"
    r"|\bIt is over\b|\bfound out\b"
    r"|\b(Shift|Ctrl|Alt) and\b|!$|^Look |\bstood still\b|\bstand still\b",
)
SAYING = re.compile(
    r"""_\("([^"]+)"\)|(?:Error|toast|announce|say|mark|show[A-Z]\w*)\(\s*f?["'`]([^"'`]+)["'`]|"""
    r"""\b(?:help|description|text|detail|Descriptions?)[=(]f?"([^"]+)"|^[A-Z_]+ = f?"([A-Z][^"]* [^"]*)"$""",
    re.MULTILINE,
)


def test_pages_and_errors_are_in_plain_english():
    files = [*SCRIPTS, *TEMPLATES, *PACKAGE.rglob("*.py")]
    said = [(file.name, "".join(words)) for file in files for words in SAYING.findall(_read(file))]

    assert len(said) > 1000
    assert [
        (name, words) for name, words in said if KINDS.search(words) or any(riddle in words for riddle in RIDDLES)
    ] == []


def test_style_sheets_load_nothing_from_other_origins():
    for file in STYLES:
        assert not re.search(r"url\(\s*[\"']?(?:https?:)?//|@import\s+[\"'](?:https?:)?//", _read(file)), file


def test_no_style_depends_on_the_orientation_of_a_screen():
    assert not [file.name for file in STYLES if re.search(r"\borientation\b", _read(file))]


def test_each_page_loads_the_main_style_sheet_first():
    base = _read(ROOT / "templates" / "base.html")
    entry = re.sub(r"/\*.*?\*/", "", _read(ROOT / "static" / "css" / "style.css"), flags=re.S)

    assert re.search(r"for sheet in page_styles\(\s*\[\"style\"", base)
    assert entry.lstrip().startswith("@layer tokens, base, "), "what it says first of the layers holds for all sheets"
    assert "--surface:" in entry
