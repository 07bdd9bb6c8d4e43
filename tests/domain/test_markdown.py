"""Markdown: the tree of a text, without HTML, scripts or pictures, and bounded."""

import json
import sys
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quart_notes.domain.text.markdown import DEPTH_MAX, LINE_END, NODES_MAX, format_message, format_text
from quart_notes.domain.text.task_lines import task_nodes
from quart_notes.schemas import DESCRIPTION_MAX, ContentNode
from quart_notes.schemas.content import NodeType

CALLS_MAX = 1_100_000  # Python's calls and returns for one text, some 45 ms


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def node(kind: str, *children: Any, **values: Any) -> dict[str, Any]:
    return {
        "type": kind,
        **values,
        "children": [text(child) if isinstance(child, str) else child for child in children],
    }


BREAK = {"type": "br"}
LINK = "https://a.org/b_(c)?d=e&f"
CASES: dict[str, list[Any]] = {
    "*a* **b** ~~c~~ `d`": [
        node("p", node("em", "a"), " ", node("strong", "b"), " ", node("del", "c"), " ", {"type": "code", "text": "d"})
    ],
    "one\ntwo **x**  \nthree": [node("p", "one", BREAK, "two ", node("strong", "x"), BREAK, "three")],
    "# a\n\n###### b\n\nc\n---": [node("h", "a", level=1), node("h", "b", level=6), node("h", "c", level=2)],
    "- a\n- b\n  - c": [node("ul", node("li", "a"), node("li", "b", node("ul", node("li", "c"))))],
    "3. a\n4. b": [node("ol", node("li", "a"), node("li", "b"), start=3)],
    "- a\n\n- b": [node("ul", node("li", node("p", "a")), node("li", node("p", "b")))],
    "- [ ] a\n* [x] b": [
        node("ul", node("task", "a", line=1, done=False)),
        node("ul", node("task", "b", line=2, done=True)),
    ],
    "1. [X] a": [node("ol", node("task", "a", line=1, done=True), start=1)],
    "- [ ]": [node("ul", node("task", line=1, done=False))],
    "> - [ ] a": [node("quote", node("ul", node("task", "a", line=1, done=False)))],
    "- [ ] a\n\n  b": [node("ul", node("task", node("p", "a"), node("p", "b"), line=1, done=False))],
    "- [ ]a\n- \\[ ] b\n- [y] c": [node("ul", node("li", "[ ]a"), node("li", "[ ] b"), node("li", "[y] c"))],
    "- a\n  [ ] b": [node("ul", node("li", "a", BREAK, "[ ] b"))],
    "- [ ] [a](http://b.c)": [
        node("ul", node("task", node("a", "a", href="http://b.c"), line=1, done=False)),
    ],
    "```py\n- [ ] a\n<b>\n```": [{"type": "pre", "text": "- [ ] a\n<b>"}],
    "    a\n\n    b": [{"type": "pre", "text": "a\n\nb"}],
    "|a|b|\n|-:|--|\n|*c*|d|": [
        {
            "type": "table",
            "rows": [[[text("a")], [text("b")]], [[node("em", "c")], [text("d")]]],
            "align": ["right", None],
        }
    ],
    f"see {LINK}.": [node("p", "see ", node("a", LINK, href=LINK), ".")],
    "(see www.a.org/b). WWW.C.org": [
        node(
            "p",
            "(see ",
            node("a", "www.a.org/b", href="http://www.a.org/b"),
            "). ",
            node("a", "WWW.C.org", href="http://WWW.C.org"),
        )
    ],
    "me@a.org": [node("p", node("a", "me@a.org", href="mailto:me@a.org"))],
    "[a](tel:+49) [b](mailto:c@d.e)": [
        node("p", node("a", "a", href="tel:+49"), " ", node("a", "b", href="mailto:c@d.e"))
    ],
    "![a](http://b.c/d.png)": [node("p", node("a", "a", href="http://b.c/d.png"))],
    "![](http://b.c/d.png)": [node("p", node("a", "http://b.c/d.png", href="http://b.c/d.png"))],
    "*a* ![b]() [c]()": [node("p", node("em", "a"), " ![b]() [c]()")],
    "[![a](http://b.c)](http://d.e)": [node("p", node("a", "a", href="http://d.e"))],
    "*a*&#13;b": [node("p", node("em", "a"), "\nb")],
    "a <b>c</b> *d*": [node("p", "a <b>c</b> ", node("em", "d"))],
    "AT&amp;T \\*a\\*": [node("p", "AT&T *a*")],
    "a\n\n***\n\n*b*": [node("p", "a"), node("p", "***"), node("p", node("em", "b"))],
}
PLAIN = [
    None,
    "",
    "Two litres.",
    "one\ntwo\n\nthree",
    "README.md, main.rs and www.example, awww.a.org",
    "2 < 3, a_b_c, 5 * 6, #1, me @ home, AT&T",
    "[a]: http://b.c",
    "javascript:alert(1)",
    "[a](javascript:alert(1)) ![b](data:image/png;base64,AA) [c](/front/notes) [d](//e.f) <file:///etc/passwd>",
    "https://bank.org@evil.org [a](https://bank.org:x@evil.org) http://[::1",
    "> " * (DEPTH_MAX + 1) + "a",
    "- " * (DEPTH_MAX + 1) + "a",
    "-\n" * (NODES_MAX + 1),
]


@pytest.mark.parametrize(("source", "tree"), CASES.items(), ids=CASES.keys())
def test_a_text_becomes_a_tree(source: str, tree: list[Any]):
    assert format_text(source).content == tree


@pytest.mark.parametrize("source", PLAIN, ids=[str(source)[:30] for source in PLAIN])
def test_a_plain_text_has_no_tree(source: str | None):
    assert format_text(source).content is None


ADDRESSES: dict[str, list[str]] = {
    "http://a https://b.example/?q=1#x,http://c) (https://d/e_(f)) [http://g]. HTTP://H/i!": [
        *("http://a", "https://b.example/?q=1#x,http://c", "https://d/e_(f)", "http://g", "HTTP://H/i"),
    ],
    "xhttp://no éhttp://yes http:// https:/// https://)": ["http://yes"],
    "https://user@evil.example/ https://user:word@evil.example/ https://a/@b": ["https://a/@b"],
    "http://[::1]:80/x http://localhost:8000/front/notes/7 http://a_b/c https://täst.example/ü": [
        *("http://[::1]:80/x", "http://localhost:8000/front/notes/7", "http://a_b/c", "https://täst.example/ü"),
    ],
    "http://j\u202egnp.exe https://k/\u2028next https://l\u200bm https://n/%E2%80%AEgnp.exe": [
        *("http://j", "https://k/", "https://l", "https://n/%E2%80%AEgnp.exe"),
    ],
    "<https://m/n> \"https://o\" 'https://p' https://q/r'; https://s\u00a0t https://u… „https://v“ https://w。": [
        *("https://m/n", "https://o", "https://p", "https://q/r", "https://s", "https://u", "https://v", "https://w"),
    ],
    "שלום https://example.com/מקרן, שלום": ["https://example.com/מקרן"],
    "**https://a** _https://b/_c_d_ ~~https://e~~ [https://f](http://g) https://h/_i_?j&copy=k*l": [
        *("https://a", "https://b/_c_d", "https://e", "https://f", "https://h/_i_?j&copy=k*l"),
    ],
    "https://x/" + ")" * 3000: ["https://x/"],
    "https://good.example\\@evil.example https://y/" + "z" * 2048: ["https://good.example"],
}


@pytest.mark.parametrize(("source", "addresses"), ADDRESSES.items(), ids=[source[:30] for source in ADDRESSES])
def test_bare_addresses_are_found_without_the_punctuation_around_them(source: str, addresses: list[str]):
    links = [one for one, _ in nodes_in(format_message(source) or []) if one["type"] == "a"]

    assert ["".join(child["text"] for child in link["children"]) for link in links] == addresses


MESSAGE_CASES: dict[str, list[Any]] = {
    "# a **b**": [node("p", "# a ", node("strong", "b"))],
    "a\n---\n*b*": [node("p", "a"), node("p", "---"), node("p", node("em", "b"))],
    "|a|b|\n|-|-|\n|*c*|d|": [node("p", "|a|b|", BREAK, "|-|-|", BREAK, "|", node("em", "c"), "|d|")],
    "- [x] a": [node("ul", node("task", "a", line=1, done=True))],
}


@pytest.mark.parametrize(("source", "tree"), MESSAGE_CASES.items(), ids=MESSAGE_CASES.keys())
def test_a_message_has_no_headings_and_no_tables(source: str, tree: list[Any]):
    assert format_message(source) == tree


@pytest.mark.parametrize("source", ["# a\n===", "|a|\n|-|\n|c|", "hello"])
def test_a_message_of_text_alone_has_no_tree(source: str):
    assert format_message(source) is None


def test_tasks_of_a_text_without_a_tree_are_counted():
    deep = "> " * DEPTH_MAX + "- [ ] a\n"
    code = "```\n- [ ] no\n````\n~~~\n- [x] no\n```\n~~~\n"
    brackets = "[" * 5_000
    assert format_text(deep).content is None
    assert format_text(deep + "\n- [x] b\n").task_count == {"done": 1, "total": 2}
    assert format_text(f"- [ ] a\n  1) [X] b\n{code}{brackets}").task_count == {"done": 1, "total": 2}


PIECES = st.sampled_from(
    [
        *(
            "- ",
            "* ",
            "1. ",
            "2) ",
            "> ",
            "# ",
            "  ",
            "    ",
            "\t",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "- [ ] ",
            "- [x] ",
            "[ ] ",
        ),
        *(
            "*",
            "**",
            "_",
            "`",
            "```",
            "~~",
            "~~~",
            "[",
            "]",
            "(",
            ")",
            "![",
            "](",
            "<",
            ">",
            "|",
            "|-|-|",
            "---",
            "===",
        ),
        *("\\", "&amp;", "&#0;", "&lt;script&gt;", "<script>alert(1)</script>", '<a href="x" onclick="y">', "<!--"),
        *(
            "http://a.b",
            "https://",
            "javascript:alert(1)",
            "JaVaScRiPt:",
            "data:text/html,x",
            "vbscript:x",
            "file:///x",
        ),
        *("mailto:a@b.c", "tel:1", "www.a.b", "//a.b", "ftp://a.b", "a@b.c", "@", "://", "http://[", "http://a@b"),
        *(
            "[a]: http://b.c\n",
            "[a]",
            '"',
            "'",
            "a",
            "b c",
            "é",
            "\u202e",
            "\u200b",
            "\u2028",
            "\ufeff",
            "\U0001f600",
            "م",
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join)


def nodes_in(content: list[ContentNode], depth: int = 1) -> Iterator[tuple[ContentNode, int]]:
    """All nodes of a tree, each with its depth."""
    for one in content:
        yield one, depth
        yield from nodes_in(one.get("children", []), depth + 1)
        for cell in (cell for row in one.get("rows", []) for cell in row):
            yield from nodes_in(cell, depth + 1)


@given(TEXTS)
def test_a_tree_has_safe_values_only(source: str):
    formatted = format_text(source)
    if formatted.content is None:
        return
    nodes = list(nodes_in(formatted.content))
    assert json.loads(json.dumps(formatted.content)) == formatted.content
    assert 0 < len(nodes) <= NODES_MAX
    assert max(depth for _, depth in nodes) <= DEPTH_MAX
    assert {one["type"] for one, _ in nodes} <= set(get_args(NodeType))
    for one, _ in nodes:
        assert ("href" in one) == (one["type"] == "a")
        assert one.get("href", "http://a").lower().startswith(("http://", "https://", "mailto:", "tel:"))
        assert ("text" in one) == (one["type"] in {"text", "code", "pre"})
        widths = {len(row) for row in one.get("rows", [])}
        assert widths <= {len(one.get("align", []))}


@given(TEXTS)
def test_the_tasks_are_those_of_the_tree_and_their_lines_have_their_boxes(source: str):
    content, tasks, _ = format_text(source)
    lines = LINE_END.split(source)
    if content is not None:
        assert [(one["line"], one["done"]) for one in task_nodes(content)] == [(one.line, one.done) for one in tasks]
    for task in tasks:
        box = lines[task.line - 1].partition("[")[2]
        assert box[:2] in ({"x]", "X]"} if task.done else {" ]"})
        assert task.line < task.end <= len(lines) + 1
    assert [task.line for task in tasks] == sorted({task.line for task in tasks})


HOSTILE = (
    *("[", "]", "![", "[a](", "[a](<b", "[a](u)", "[]", "*", "* ", "**a ", "*a _", "*a **b ", "a**b", "_a", "`", "` "),
    *(
        "~~a",
        "<",
        "<a ",
        "<http://a",
        "&",
        "&#35;",
        "\\",
        "\\*",
        ">",
        "> a\n",
        "- a\n",
        "-\n",
        "1. a\n",
        "# a\n",
        "a\n=\n",
    ),
    *(
        "- [ ] a\n",
        "- [x] milk\n",
        "a|b\n-|-\n\n",
        "```\n",
        "http://a.b ",
        "http://a.b/(",
        "https://",
        "://",
        "a@b.c ",
        "a@",
        "https://a@b/",
    ),
    *("[a]: b\n", "[a]", '[a](b "', "(", "*a [b ~~c `d ", "\t- a\n", "www.a.", "mailto:", "|", "|a|b|\n|-|-|\n|c|d|\n"),
)


@pytest.mark.parametrize("piece", [*HOSTILE, "nested lists", "nested quotes", "nested links"])
def test_a_hostile_text_costs_little(piece: str):
    made = {
        "nested lists": "".join("  " * (number % 18) + "- a\n" for number in range(2_000)),
        "nested quotes": "".join(">" * (number % 19) + "a\n" for number in range(2_000)),
        "nested links": "[" * 10_000 + "a" + "](u)" * 5_000,
    }
    source = made.get(piece, piece * DESCRIPTION_MAX)[:DESCRIPTION_MAX]
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        for length in (DESCRIPTION_MAX, 5_000, 2_500, 1_200, 600):  # a shorter one may be parsed, and take longer
            calls = 0
            format_text(source[:length])
            assert calls < CALLS_MAX
    finally:
        sys.setprofile(None)
