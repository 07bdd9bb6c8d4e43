"""The scripts of a page in two files, and the part of the language that this takes."""

import re

import pytest

from quart_notes.web import script_bundles
from quart_notes.web.assets import static_text
from quart_notes.web.script_bundles import ENTRY, FOLDER, PAGE, PAGELESS, SHARED, bundle, bundles, modules
from tests.support.cases import check_each
from tests.support.clients.raw_http import exchange, request

PAGES = [page for page, _ in PAGE.findall(static_text(ENTRY))]
NAMES = [*PAGES, PAGELESS]
STATEMENT = re.compile(r"^\s*(?:import|export)\b(?!\.|\().*", re.MULTILINE)


def _text(name: str) -> str:
    text = bundle(f"{FOLDER}{name}.js")
    assert text is not None
    return text


def _modules_in(name: str) -> list[str]:
    return re.findall(r"^const ([\w$]+) = \(\(\) => \{$", _text(name), re.MULTILINE)


def _constant(module: str) -> str:
    return module.removeprefix("js/").removesuffix(".js").replace("/", "$")


@pytest.mark.parametrize("name", NAMES)
def test_the_bundles_of_a_page_contain_each_of_its_modules_once(name: str):
    contained = [*_modules_in(SHARED), *_modules_in(name)]

    assert sorted(contained) == sorted(map(_constant, modules(name).preloaded))
    assert bundles(name) == (f"{FOLDER}{name}.js", [f"{FOLDER}{SHARED}.js"])


@pytest.mark.parametrize("name", NAMES)
def test_a_module_comes_after_those_that_it_imports(name: str):
    """As a constant, which does not exist before."""
    modules_of_page = {*map(_constant, modules(name).preloaded)}
    known: set[str] = set()
    for line in f"{_text(SHARED)}{_text(name)}".splitlines():
        used = re.fullmatch(r"const .* = ([\w$]+);", line)
        if used and used[1] in modules_of_page:
            assert used[1] in known, line
        made = re.fullmatch(r"const ([\w$]+) = \(\(\) => \{", line)
        known |= {made[1]} if made else set()


def test_nothing_is_imported_or_exported_but_between_the_two_files():
    """A form that the server does not join would stay in the text."""
    check_each(((name, name) for name in NAMES), _imports_only_the_shared_bundle)
    assert [statement.split("{")[0] for statement in STATEMENT.findall(_text(SHARED))] == ["export "]


def _imports_only_the_shared_bundle(name: str) -> None:
    (statement,) = STATEMENT.findall(_text(name))
    assert statement.endswith(f'from "./{SHARED}.js";')


def test_a_page_that_the_entry_does_not_know_runs_the_entry_alone():
    assert bundles("") == (f"{FOLDER}{PAGELESS}.js", [f"{FOLDER}{SHARED}.js"])
    assert _modules_in(PAGELESS) == []


def test_names_and_renamed_names_become_constants(monkeypatch: pytest.MonkeyPatch):
    files = {
        "js/main.js": 'import * as all from "./lib/one.js";\nconst P = { board: () => import("./notes/page.js") };\n',
        "js/lib/one.js": "export const ONE = 1;\nexport async function* two() {}\nexport class Three {}\n",
        "js/notes/page.js": 'import {\n  ONE as first,\n  two,\n} from "../lib/one.js";\nexport function start() {}\n',
    }
    monkeypatch.setattr(script_bundles, "static_text", files.__getitem__)
    make = script_bundles._bundle.__wrapped__

    assert make(SHARED) == (
        "const lib$one = (() => {\nconst ONE = 1;\nasync function* two() {}\nclass Three {}\n"
        "return { ONE, two, Three };\n})();\nexport { lib$one };\n"
    )
    assert make("board") == (
        'import { lib$one } from "./shared.js";\n'
        "const notes$page = (() => {\nconst {\nONE: first,\ntwo,\n} = lib$one;\nfunction start() {}\n"
        "return { start };\n})();\n"
        "const all = lib$one;\nconst P = { board: async () => notes$page };\n"
    )


def test_comments_and_indentation_are_left_out_and_texts_are_not(monkeypatch: pytest.MonkeyPatch):
    files = {
        "js/main.js": """/** The entry. */
import { a } from "./a.js";

/** @type {Record<string, string>} */ const PAGES = {};
/**
 * Several lines.
 * @param {string} text
 */
function go(text) {
  // A whole line.
  const address = "http://localhost"; // it's the end
  const number = /** @type {number} */ (text.length);
  return `a // b ${text} /* c */`.replace(/\\/\\*.*\\*\\//, "// d");
}
""",
        "js/a.js": 'export const a = 1; // "kept": a quote might end a text\n',
    }
    monkeypatch.setattr(script_bundles, "static_text", files.__getitem__)

    assert script_bundles._bundle.__wrapped__("other").partition('shared.js";\n')[2] == (
        "const { a } = a;\n"
        "const PAGES = {};\n"
        "function go(text) {\n"
        'const address = "http://localhost";\n'
        "const number = (text.length);\n"
        'return `a // b ${text} /* c */`.replace(/\\/\\*.*\\*\\//, "// d");\n'
        "}\n"
    )
    assert 'const a = 1; // "kept"' in script_bundles._bundle.__wrapped__(SHARED)


def test_no_text_in_a_module_goes_over_several_lines():
    """Its indentation and what looks like a comment in it would be left out."""
    for name in NAMES:
        for module in modules(name).preloaded:
            ends = [line for line in static_text(module).splitlines() if re.search(r"^[^`]*`[^`]*$", line)]
            assert not [line for line in ends if not re.search(r"/[^/]*`|\"`\"", line)], module


def test_modules_that_import_each_other_are_refused(monkeypatch: pytest.MonkeyPatch):
    files = {
        "js/main.js": 'import { a } from "./a.js";\n',
        "js/a.js": 'import { b } from "./b.js";\n',
        "js/b.js": 'import { a } from "./a.js";\n',
    }
    monkeypatch.setattr(script_bundles, "static_text", files.__getitem__)

    with pytest.raises(ValueError, match=r"js/a\.js imports itself"):
        script_bundles._bundle.__wrapped__(SHARED)


def test_a_bundle_is_cached_by_browsers_and_unknown_ones_do_not_exist(port: int):
    page = exchange(port, request("/front/notes")).body.decode()
    (entry,) = re.findall(r'<script type="module" src="([^"]+)"', page)
    served = exchange(port, request(entry))

    assert served.body.decode() == _text("board")
    assert "immutable" in served.headers["cache-control"]
    assert served.headers["content-type"] == "text/javascript; charset=utf-8"
    assert exchange(port, request(entry, f"If-None-Match: {served.headers['etag']}")).status == 304
    plain = exchange(port, request("/static/js/bundles/board.js"))
    assert (plain.body, plain.headers["cache-control"]) == (served.body, "no-cache")
    for name in ("nothing.js", "board", "board.jsx", "board.js.js", ".js", "", "lib/api.js"):
        assert exchange(port, request(f"/static/js/bundles/{name}")).status == 404, name
