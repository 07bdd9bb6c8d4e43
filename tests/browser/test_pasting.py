"""Pasting into a note: formatted text becomes Markdown, plain text stays plain, lines in a title become the text."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.board import card_of, create, edit, fresh
from tests.browser.markdown import composer, expect_shown, put, shown
from tests.browser.windows import visit
from tests.support.cases import check_each

FORMATTED = {
    "<p>some <b>bold</b> and <i>italic</i> <s>words</s></p>": "some **bold** and *italic* ~~words~~",
    "<p>a <strong> b </strong>c</p>": "a  **b** c",
    "<b>a</b><b>b</b><i><b>c</b></i>": "**ab*****c***",
    "<p><span style='font-weight:700'>bold</span> <span style='font-style: italic'>it</span></p>": "**bold** *it*",
    "<b style='font-weight:normal'><p>Docs</p><p><span style='font-weight:700'>b</span></p></b>": "Docs\n\n**b**",
    "<a href='https://example.org/a_(b)'>some [words]</a>": r"[some \[words\]](https://example.org/a_%28b%29)",
    "<p><a href='https://example.org/'>https://example.org/</a> <em>x</em></p>": "https://example.org/ *x*",
    "<a href='mailto:ada@example.org'>ada</a>": "[ada](mailto:ada@example.org)",
    "<p><a href='javascript:alert(1)'>x</a> <a href='data:text/html,x'>y</a> <a href='/relative'>z</a></p>": "x y z",
    "<h1>Head <b>bold</b></h1><p>text</p><h3>Sub</h3>": "# Head bold\n\ntext\n\n### Sub",
    "<h2>Head</h2><h3>Sub</h3>": "# Head\n\n## Sub",
    "<p>one</p><p>two<br>three</p><hr>": "one\n\ntwo\nthree\n\n---",
    "<ul><li>a<ul><li>b</li></ul></li><li><p>c</p></li></ul>": "- a\n  - b\n- c",
    "<ul><li>a</li><ul><li>b</li></ul></ul>": "- a\n  - b",
    "<ol start=9><li>a</li><li>b<ul><li>c</li></ul></li></ol>": "9. a\n10. b\n    - c",
    "<ul><li><input type=checkbox checked> a</li><li><input type=checkbox>b</li></ul>": "- [x] a\n- [ ] b",
    "<ul><li role=checkbox aria-checked=true><p>a</p></li></ul>": "- [x] a",
    "<blockquote><p>a</p><ul><li>b</li></ul></blockquote>": "> a\n>\n> - b",
    "<p>run <code>a `b`</code></p><pre><code class=language-py>if x:\n  y()\n</code></pre>": (
        "run `` a `b` ``\n\n```py\nif x:\n  y()\n```"
    ),
    "<table><tr><th>a<th>b|c</tr><tr><td><b>1</b><td><p>2</p><p>3</p></tr></table>": (
        "| a | b\\|c |\n| --- | --- |\n| **1** | 2 3 |"
    ),
    "<table><tr><td colspan=2>a</td></tr><tr><td>b<td><ul><li>c</ul></tr></table>": "a\n\nb\n\n- c",
    "<p><img src='https://example.org/a.png' alt='a cat'> <img src='data:x' alt='b'></p>": (
        "![a cat](https://example.org/a.png) b"
    ),
    "<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>1.</span>a</p>"
    "<p style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o </span><b>b</b></p>": "1. a\n    - **b**",
    # What Markdown would take for a mark is text.
    "<p>1. *a* _b_ snake_case ~~c~~ `d` [x](y) <b>&lt;i&gt; &amp;amp; 2 * 3</b></p><p># e</p><p>- f</p>": (
        "1\\. \\*a\\* \\_b_ snake_case \\~\\~c\\~\\~ \\`d\\` [x\\](y) **\\<i> \\&amp; 2 * 3**\n\n\\# e\n\n\\- f"
    ),
    "<p>https://example.org/_a*b_ <b>x</b></p>": "https://example.org/_a*b_ **x**",
    "<style>p { color: red }</style><script>alert(1)</script><p onclick='alert(1)'><b>x</b></p>": "**x**",
    "<p><b>visible</b><span style='display:none'>hidden</span></p>": "**visible**",
}
PLAIN = (
    "<meta charset=utf-8><span style='font-weight: 400; white-space: pre-wrap'>from a card</span>",
    "<div style='white-space: pre;'><div><span style='font-style: italic'># a</span></div></div>",
    "<pre><span style='font-weight: bold'>def</span> a</pre>",
    "<code>a</code>",
    "<p>a</p><p>b</p>",
    "",
)
PASTE = """(field, [html, text]) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  if (html) clipboardData.setData("text/html", html);
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  return !field.dispatchEvent(event);
}"""
COPY = """([html, text]) => navigator.clipboard.write([new ClipboardItem({
  "text/plain": new Blob([text], { type: "text/plain" }),
  "text/html": new Blob([html], { type: "text/html" }),
})])"""
LIST = "<ul><li>milk</li><li><b>eggs</b></li></ul>"


@pytest.fixture(scope="module")
def window(module_window):
    """A window on the board, live, for all tests: each writes texts of its own."""
    return module_window


def paste(field: Locator, html: str, text: str = "the plain text") -> bool:
    """Paste, and return whether the page did it, and not the browser."""
    done: bool = field.evaluate(PASTE, [html, text])
    return done


def test_formatted_text_becomes_markdown(window):
    field = composer(window)

    def check(html: str) -> None:
        put(field, "|")
        assert paste(field, html)
        assert field.input_value() == FORMATTED[html]

    check_each([(html, html) for html in FORMATTED], check)


def test_text_without_formats_is_pasted_by_the_browser(window):
    field = composer(window)
    put(field, "|")
    assert paste(field, LIST)
    put(field, "|")

    for html in PLAIN:
        assert not paste(field, html), html

    put(field, "```\n|\n```")
    assert not paste(field, LIST), "code stays code"


LISTED = {
    "words| here": "words\n\n- milk\n- **eggs**| here",
    "- |": "- milk\n- **eggs**|",
    "- a\n  - |": "- a\n  - milk\n- **eggs**|",
    "|old|": "- milk\n- **eggs**|",
}


def test_a_pasted_list_begins_a_line_and_undo_reverts_it(window):
    field = composer(window)

    def check(before: str) -> None:
        put(field, before)
        paste(field, LIST)
        assert shown(field) == LISTED[before]
        window.keyboard.press("Control+z")
        assert field.input_value() == before.replace("|", "")

    check_each([(before, before) for before in LISTED], check)


def test_an_address_pasted_on_words_makes_a_link(window):
    field = composer(window)
    put(field, "see |the page| there")
    address = "https://example.org/a"

    assert paste(field, "", address)
    expect_shown(field, f"see [the page]({address})| there")

    for text in ("see |", "see |two\nlines|", "see |https://example.org|", "see [|the page|](https://example.org)"):
        put(field, text)
        assert not paste(field, "", address), text


@pytest.fixture(scope="module")
def clipboard(module_windows, shared_server):
    """Another one, which may use the clipboard."""
    return visit(module_windows(permissions=["clipboard-read", "clipboard-write"]), shared_server)


def test_the_keys_of_the_browser_paste_markdown_and_plain_text(clipboard: Page):
    field = composer(clipboard)
    clipboard.evaluate(COPY, [LIST, "milk\neggs"])

    put(field, "|")
    clipboard.keyboard.press("Control+v")
    expect_shown(field, "- milk\n- **eggs**|")
    put(field, "|")
    clipboard.keyboard.press("Control+Shift+v")

    expect_shown(field, "milk\neggs|")


COPIED = """# Camping

- [ ] tent
- [x] *stove*
  - gas

> **bring** it

| a | b |
| --- | --- |
| 1 | `2` |

1. [first](https://example.org/a)
2. second"""


def test_a_copied_card_is_pasted_as_its_source(clipboard: Page, rest):
    content = card_of(clipboard, create(rest, fresh(), COPIED)).locator(".content")
    expect(content).to_contain_text("second")
    field = composer(clipboard)

    content.evaluate("content => getSelection().selectAllChildren(content)")
    clipboard.keyboard.press("Control+c")
    put(field, "|")
    clipboard.keyboard.press("Control+v")

    expect(field).to_have_value(COPIED)


def test_a_pasted_document_loads_and_runs_nothing(window: Page):
    requests: list[str] = []
    window.on("request", lambda request: requests.append(request.url))
    field = composer(window)
    put(field, "|")

    paste(field, f"<img src='{window.url}?leak' onerror='alert(1)'><iframe src='{window.url}?leak'></iframe><b>x</b>")
    window.evaluate("() => new Promise(requestAnimationFrame)")
    window.evaluate("() => fetch('/healthz')")

    assert [url for url in requests if "leak" in url] == []
    assert any("healthz" in url for url in requests)


def lines_of(form: Locator) -> tuple[str, str]:
    """The title and the text."""
    return form.locator("[name=title]").input_value(), form.locator("[name=description]").input_value()


def test_lines_pasted_into_a_title_become_lines_of_the_text_and_undo_reverts_them(window, rest):
    form = window.locator("#add-note-form")
    form.locator("[name=description]").fill("")
    title = form.locator("[name=title]")
    put(title, "|")

    paste(title, "", "\n Shopping \r\nmilk\n\neggs\n")
    assert lines_of(form) == ("Shopping", "milk\n\neggs")
    expect(title).to_be_focused()
    window.keyboard.press("Control+z")
    window.keyboard.press("Control+z")
    assert lines_of(form) == ("", "")
    form.locator("[name=description]").fill("already there")
    paste(title, "", "- [ ] milk\n- [ ] eggs")
    assert lines_of(form) == ("milk", "- [ ] eggs\nalready there")
    put(title, "|")
    paste(title, "<h1>Shopping</h1><p><b>milk</b></p>", "Shopping\n\nmilk")
    assert lines_of(form) == ("Shopping", "**milk**\n- [ ] eggs\nalready there")
    assert not paste(title, "", "one line\n")

    note = create(rest, fresh(), "before")
    editor = edit(window, card_of(window, note))
    put(editor.locator("[name=title]"), "|x|")
    paste(editor.locator("[name=title]"), "", "New\ntext")
    editor.locator(".save-button").click()
    expect(editor).to_have_count(0)

    stored = rest.get(f"/api/notes/{note['id']}").json()
    assert (stored["title"], stored["description"]) == ("New", "text\nbefore")
