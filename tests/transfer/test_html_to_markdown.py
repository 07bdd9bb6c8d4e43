"""HTML as Markdown: what Google Keep writes, and malicious HTML."""

import html
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quart_notes.domain.text.markdown import format_text
from quart_notes.schemas import ContentNode
from quart_notes.transfer.html_reader import DEPTH_MAX, read_html
from quart_notes.transfer.markdown_writer import escaped, markdown_of

PARAGRAPH = '<p dir="ltr" style="line-height:1.38;margin-top:0.0pt;margin-bottom:0.0pt;">'


def _converted(source: str) -> str:
    return markdown_of(read_html(source).lines)


def _span(text: str, *, weight: int = 400, slant: str = "normal", decoration: str = "none") -> str:
    """A piece of text as Google Keep writes it."""
    return (
        "<span style=\"font-size:7.2pt;font-family:'Google Sans';color:#000000;background-color:transparent;"
        f"font-weight:{weight};font-style:{slant};font-variant:normal;text-decoration:{decoration};"
        f'vertical-align:baseline;white-space:pre;white-space:pre-wrap;">{html.escape(text)}</span>'
    )


MARKDOWN = {
    # Formatting.
    "<b>a</b> <strong>b</strong>": "**a** **b**",
    "<i>a</i> <em>b</em>": "*a* *b*",
    "<s>a</s> <strike>b</strike> <del>c</del>": "~~a~~ ~~b~~ ~~c~~",
    "<b>a<i>b</i></b>": "**a*b***",
    "<b>a</b><b>b</b>": "**ab**",
    "<p>x<b> bold </b>y</p>": "x **bold** y",
    "<b>Name:</b>Peter": "**Name**:Peter",
    "<b>Name:</b> Peter": "**Name:** Peter",
    "a<b> </b>b<i></i>c": "a bc",
    "<h1>A</h1>text<h2>B <i>b</i></h2>": "# A\ntext\n## B *b*",
    '<b style="font-weight:normal">a</b>': "a",
    '<span style="font-weight: bold; font-style: oblique">a</span>': "***a***",
    '<span style="text-decoration-line: line-through">a</span>': "~~a~~",
    # Lines.
    "one<br>two": "one\ntwo",
    "<p>one</p><p>two</p>": "one\ntwo",
    "<p>one</p><br /><p>two</p>": "one\n\ntwo",
    "<p>one<br></p><p><br></p><p>two</p>": "one\n\ntwo",
    "<br><p></p><p>one</p>\n\n<p> two </p><br>": "one\ntwo",
    "<p>one<p>two<b>three<p>four": "one\ntwo**three**\n**four**",
    '<p style="white-space:pre-wrap">one  two\nthree</p>': "one  two\nthree",
    "one\n  two": "one two",
    # Links.
    '<a href="https://a.example/x">words</a>': "[words](https://a.example/x)",
    "<a href='https://a.example/(x)'>a [b]</a>": "[a \\[b\\]](https://a.example/%28x%29)",
    '<a href="https://a.example/a_b">https://a.example/a_b</a>': "https://a.example/a_b",
    '<b><a href="https://a.example">https://a.example</a></b>': "**<https://a.example>**",
    '!<a href="https://a.example/x">words</a>': "\\![words](https://a.example/x)",
    '<a href="javascript:alert(1)">words</a>': "words",
    '<a href="https://a.example/x y">words</a>': "words",
    '<a href="mailto:ann@a.example">Ann</a>': "[Ann](mailto:ann@a.example)",
    # No scripts, styles, attributes or comments.
    "a<script>if (a<b) alert('<p>')</script>b<style>p{}</style>c": "abc",
    'a<img src=x onerror="alert(1)">b<!-- <b>c</b> -->d<?php ?>e<!doctype html>f': "abdef",
    '<p title="a > b" onclick=\'x("</p>")\'>c</p>': "c",
    "a <b": "a \\<b",
    "1 < 2 </ 3": "1 < 2 \\</ 3",
    # What would be markup is escaped, and nothing else.
    "&lt;b&gt; &amp;amp; &amp; &eacute;": "\\<b> \\&amp; & é",
    "*a* 2 * 3 _b_ c_d ~~e~~ ~f `g`": "\\*a\\* 2 * 3 \\_b\\_ c_d \\~\\~e\\~\\~ ~f \\`g\\`",
    "&lt;3 &lt;1@b.example>": "<3 \\<1@b.example>",
    "__a__ _ b": "\\_\\_a\\_\\_ _ b",
    "# a": "\\# a",
    "#a": "#a",
    "&gt; a": "\\> a",
    "- a<br>+ b<br>* c<br>1. d<br>2) e<br>1986": "\\- a\n\\+ b\n\\* c\n1\\. d\n2\\) e\n1986",
    "a<br>---<br>===<br>--|--": "a\n\\---\n\\===\n\\--|--",
    "[a](b) [c] [d]: e": "[a\\](b) [c] [d\\]: e",
    "C:\\a\\*": "C:\\a\\\\\\*",
    "<h1># a #</h1>": "# # a \\#",
    "<pre>    code</pre>": "\xa0\xa0\xa0\xa0code",
}


@pytest.mark.parametrize("source", MARKDOWN)
def test_html_becomes_markdown(source: str):
    assert _converted(source) == MARKDOWN[source]


def test_the_styles_of_google_keep_become_markdown():
    source = (
        f"<h1>{_span('Trip')}</h1>{PARAGRAPH}{_span('Take ')}{_span('tent', weight=700)}{_span(' and ')}"
        f"{_span('stove', slant='italic')}{_span('  ')}{_span('gas', decoration='line-through')}</p><br />"
        f"{PARAGRAPH}{_span('2 * 3', weight=700, slant='italic')}</p>"
    )

    document = read_html(source)

    assert document.is_formatted
    assert document.lost == set()
    assert markdown_of(document.lines) == "# Trip\nTake **tent** and *stove*  ~~gas~~\n\n***2 * 3***"


def test_formatting_that_is_lost_is_named():
    source = f'<u>a</u><table><tr><td>b</table>{_span("c", decoration="underline")}<a href="https://d.example">d</a>'

    assert read_html(source).lost == {"u", "table", "tr", "td", "underline"}


@pytest.mark.parametrize(
    "source", ["<p>a</p>", _span("a"), '<a href="https://a.example/">https://a.example</a>', "<b> </b>"]
)
def test_a_text_without_formatting_is_recognised(source: str):
    assert not read_html(source).is_formatted


# The same text and no other formatting, whatever is in it.

ODD = [
    *(
        "a",
        "b c",
        " ",
        "  ",
        "(x)",
        ".",
        "!",
        "*",
        "_",
        "**",
        "~",
        "~~",
        "`",
        "#",
        "# ",
        "- ",
        "1. ",
        "1)",
        "[",
        "]",
        "](u)",
    ),
    *(
        "[y](z)",
        "![",
        "<b>",
        "<",
        "&amp;",
        "&",
        "\\",
        "\\*",
        "---",
        "===",
        "|",
        "+ ",
        "> ",
        "é",
        "€",
        "“q”",
        "x_y",
        "🧀",
        "：",
    ),
    *("https://a.example/a_b", "http://b.example/*_*", "@", "a@b.example", "    ", "\t"),
]
letters = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=3)
pieces = st.lists(st.sampled_from(ODD) | letters, min_size=1, max_size=3).map("".join)
Run = tuple[str, frozenset[str]]
runs = st.lists(
    st.tuples(pieces, st.frozensets(st.sampled_from(["a", "b", "i", "s"]), max_size=3)), min_size=1, max_size=4
)
NODES = {"a": "a", "b": "strong", "i": "em", "s": "del"}


def _html_of(text: str, tags: frozenset[str]) -> str:
    opening = "".join(f'<{tag} href="https://c.example/">' if tag == "a" else f"<{tag}>" for tag in sorted(tags))
    closing = "".join(f"</{tag}>" for tag in sorted(tags, reverse=True))
    return f'{opening}<span style="white-space:pre">{html.escape(text)}</span>{closing}'


def _shown(nodes: Sequence[ContentNode], styles: frozenset[str] = frozenset()) -> list[tuple[str, frozenset[str]]]:
    """The visible characters, each with the types of the nodes around it."""
    found: list[tuple[str, frozenset[str]]] = []
    for node in nodes:
        own = {node["type"]} - {"p", "h", "br", "text"}
        if node["type"] == "a" and node.get("href") != "https://c.example/":
            own = set()  # an address that became a link by itself
        found += [(one, styles | own) for one in node.get("text", "") if not one.isspace()]
        found += _shown(node.get("children", ()), styles | own)
    return found


@settings(max_examples=200)
@given(lines=st.lists(st.tuples(st.sampled_from(["p", "h1", "h2"]), runs), min_size=1, max_size=3))
def test_markdown_shows_what_the_html_shows(lines: list[tuple[str, list[Run]]]):
    source = "".join(f"<{tag}>{''.join(_html_of(*run) for run in line)}</{tag}>" for tag, line in lines)
    wanted = [
        (one, frozenset(NODES[tag] for tag in tags))
        for _, line in lines
        for text, tags in line
        for one in text
        if not one.isspace()
    ]

    markdown = _converted(source)

    content = format_text(markdown).content
    shown = _shown(content) if content else [(one, frozenset()) for one in markdown if not one.isspace()]
    assert "".join(one for one, _ in shown) == "".join(one for one, _ in wanted)
    # Marks that no parser would understand are left out, but none is added.
    assert all(actual <= meant for (_, actual), (_, meant) in zip(shown, wanted, strict=True))


words = st.lists(st.text("abcxyz", min_size=1, max_size=4), min_size=1, max_size=3).map(" ".join)


@given(line=st.lists(st.tuples(words, st.frozensets(st.sampled_from(["a", "b", "i", "s"]))), min_size=1, max_size=5))
def test_all_formatting_of_whole_words_is_kept(line: list[Run]):
    source = " ".join(_html_of(*run) for run in line)
    wanted = [(one, frozenset(NODES[tag] for tag in tags)) for text, tags in line for one in text if not one.isspace()]

    markdown = _converted(source)

    content = format_text(markdown).content
    assert (_shown(content) if content else [(one, frozenset()) for one in markdown if not one.isspace()]) == wanted


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])) | pieces)
def test_an_escaped_line_shows_the_text(text: str):
    source = escaped(text)

    content = format_text(source).content
    shown = _shown(content) if content else [(one, frozenset()) for one in source if not one.isspace()]
    assert shown == [(one, frozenset()) for one in text if not one.isspace()]


# Malicious HTML.

HOSTILE = [
    *(
        "<",
        "<a",
        "<a ",
        "<a b=",
        '<a b="',
        "<a x='<",
        "<a/",
        "<a =",
        "<a \0",
        "<b ",
        "<b x ",
        "</",
        "</a",
        "</b>",
        "<!",
        "<!--",
    ),
    *(
        "<?",
        "<![CDATA[",
        "<b>",
        "<b><i><s>x",
        "<b>a</b><i>b</i>",
        "(<b>(</b>",
        "<b>(x</b>y",
        "<div>",
        "<p>",
        "<br>",
        "<pre>\n",
    ),
    *(
        "&",
        "&amp",
        "&amp;amp;",
        "&#1",
        "&#x1",
        "&#" + "1" * 5000 + ";",
        "<script>",
        "<script></scrip",
        "<title>",
        "*",
        "*a ",
    ),
    *(
        "_",
        "~",
        "`",
        "[",
        "](",
        "\\",
        "#",
        "- ",
        "1. ",
        "http://",
        "http://a.example ",
        "<a href='http://a.example/'>t</a>",
    ),
    *("<b style='" + "a;" * 50 + "'>", "<b style='font-weight:" + "9" * 5000 + "'>x"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_malicious_html_becomes_markdown_without_delay(piece: str):
    """Linear: a parser that is quadratic in one of them takes seconds for it; the largest file is 50 times as long."""
    source = piece * (20_000 // len(piece) + 1)

    markdown = _converted(source)

    assert len(markdown) <= 2 * len(source) + 10


def test_elements_in_many_elements_keep_their_text():
    source = "<b>" * 10_000 + "deep" + "</b>" * 10_000 + "<i>after</i>"

    assert read_html(source).text == "deepafter"
    assert read_html("<div>" * DEPTH_MAX * 2 + "deep").lines[0].text == "deep"
