"""Reads HTML as lines of styled text: what Google Keep writes of it, in time proportional to its length.

The parser of the standard library is not used: on Python 3.11 it needs 2 seconds for 20 KB of `<a<a<a`, and minutes for
the largest file of a note. Here a tag that is never closed makes the rest of the document text.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

DEPTH_MAX = 50  # elements within each other; the style of deeper ones is ignored
NAME = r"[a-zA-Z][^\s/>]*+"
TAG = re.compile(rf"""<(/?)({NAME})((?:[^"'>]++|"[^"]*+"|'[^']*+')*+)>""")
MARKUP = re.compile(r"</?[a-zA-Z]|<[!?]")
ATTRIBUTE = re.compile(r"""([^\s"'>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""")
SPACE = re.compile(r"[ \t\r\n\f]+")
LINE_END = re.compile(r"\r\n?|\n")
WITHOUT_TEXT = frozenset({"script", "style", "title"})  # elements whose content is not shown as text
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
HEADINGS: Mapping[str, int] = {f"h{level}": level for level in range(1, 7)}
BLOCKS = frozenset({"p", "div", "li", "ul", "ol", "tr", "table", "blockquote", "pre", "hr", "body", *HEADINGS})
PLAIN = frozenset({"p", "div", "span", "br", "wbr", "html", "head", "body", "meta"}) | WITHOUT_TEXT  # no formatting
KEPT = frozenset({"b", "strong", "i", "em", "s", "strike", "del", "a", *HEADINGS})
ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)[^\s<>\x00-\x1f]+", re.IGNORECASE)


class Style(NamedTuple):
    """How a piece of text is shown; `href` is the address that it leads to."""

    bold: bool = False
    italic: bool = False
    struck: bool = False
    href: str | None = None


class Line(NamedTuple):
    """A line: its pieces with their styles, and its level if it is a heading, else 0."""

    runs: list[tuple[str, Style]]
    heading: int

    @property
    def text(self) -> str:
        """Its text alone."""
        return "".join(text for text, _ in self.runs)


class Document(NamedTuple):
    """The lines, and the names of formatting that they do not show: tags, or `underline`."""

    lines: list[Line]
    lost: set[str]

    @property
    def text(self) -> str:
        """Its text alone."""
        return "\n".join(line.text for line in self.lines)

    @property
    def is_formatted(self) -> bool:
        """Whether any line is more than text; an address that leads to itself is text."""
        return any(line.heading or any(_shows(text, style) for text, style in line.runs) for line in self.lines)


def _shows(text: str, style: Style) -> bool:
    if text.isspace():
        return False
    return style != Style() and not (leads_to_itself(text, style) and style._replace(href=None) == Style())


def leads_to_itself(text: str, style: Style) -> bool:
    """Whether a text is the address that it leads to, so that it is a link without being marked."""
    return style.href in {text, f"{text}/", f"mailto:{text}"}


def read_html(source: str) -> Document:
    """The text of a document, without blank lines at its beginning and its end."""
    reader = _Reader()
    for token in _tokens(source):
        if isinstance(token, str):
            reader.add_text(token)
        elif token.closes:
            reader.close(token.name)
        else:
            reader.open(token.name, token.attributes)
    reader.end_line()
    lines = reader.lines
    while lines and not lines[-1].text.strip():
        lines.pop()
    first = next((number for number, line in enumerate(lines) if line.text.strip()), 0)
    return Document(lines[first:], reader.lost)


class _Tag(NamedTuple):
    name: str
    attributes: str
    closes: bool


def _tokens(source: str) -> Iterator[str | _Tag]:
    """The tags, and the text between them. Each character is read a fixed number of times at most."""
    at = 0
    while found := MARKUP.search(source, at):
        start = found.start()
        if start > at:
            yield source[at:start]
        if tag := TAG.match(source, start):
            name = tag[2].lower()
            yield _Tag(name, tag[3], bool(tag[1]))
            at = tag.end()
            if name in WITHOUT_TEXT and not tag[1]:
                end = re.compile(rf"</{name}", re.IGNORECASE).search(source, at)
                at = len(source) if end is None else end.start()
        elif source.startswith("<!--", start):
            at = _after(source, "-->", start + 4)
        elif found[0] in {"<!", "<?"}:
            at = _after(source, ">", start)
        else:
            yield source[start:]
            return
    yield source[at:]


def _after(source: str, end: str, at: int) -> int:
    """The position behind the next `end`, or the end of the document."""
    found = source.find(end, at)
    return len(source) if found < 0 else found + len(end)


class _Element(NamedTuple):
    name: str
    style: Style
    keeps_space: bool


class _Reader:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.lost: set[str] = set()
        self._runs: list[tuple[str, Style]] = []
        self._heading = 0
        self._open = [_Element("", Style(), keeps_space=False)]

    def open(self, name: str, attributes: str) -> None:
        """Begin an element."""
        if name in BLOCKS:
            self.end_line()
            self._heading = HEADINGS.get(name, 0)
            if self._open[-1].name == name:  # a paragraph ends where the next one begins
                self._open.pop()
        if name == "br":
            self._break()
        if name not in PLAIN | KEPT:
            self.lost.add(name)
        if name not in VOID and len(self._open) <= DEPTH_MAX:
            self._open.append(self._element(name, _attributes(attributes)))

    def _element(self, name: str, attributes: Mapping[str, str]) -> _Element:
        _, style, keeps_space = self._open[-1]
        css = _declarations(attributes.get("style", ""))
        weight, slant = css.get("font-weight", ""), css.get("font-style", "")
        decoration = css.get("text-decoration", "") + css.get("text-decoration-line", "")
        address = html.unescape(attributes.get("href", "")).strip() if name == "a" else ""
        if name == "a" and not ADDRESS.fullmatch(address):
            address = ""
        if "underline" in decoration and not address and style.href is None:
            self.lost.add("underline")
        bold = weight in {"bold", "bolder"} or (weight.isascii() and weight.isdigit() and int(weight[:5]) >= 600)
        return _Element(
            name,
            Style(
                bold if weight else style.bold or name in {"b", "strong"},
                slant.startswith(("italic", "oblique")) if slant else style.italic or name in {"i", "em"},
                style.struck or name in {"s", "strike", "del"} or "line-through" in decoration,
                address or style.href,
            ),
            css["white-space"].startswith("pre") if "white-space" in css else keeps_space or name == "pre",
        )

    def close(self, name: str) -> None:
        """End the innermost element of this name; none: nothing."""
        if name in BLOCKS:
            self.end_line()
            self._heading = 0
        for number in range(len(self._open) - 1, 0, -1):
            if self._open[number].name == name:
                del self._open[number:]
                break

    def add_text(self, source: str) -> None:
        """Add text, in the style of the elements around it."""
        _, style, keeps_space = self._open[-1]
        text = unescaped(source)
        if not keeps_space:
            text = SPACE.sub(" ", text)
            text = text if self._runs and not self._runs[-1][0].endswith(" ") else text.lstrip(" ")
        first, *rest = LINE_END.split(text)
        self._add(first, style)
        for line in rest:
            self._break()
            self._add(line, style)

    def _add(self, text: str, style: Style) -> None:
        if text:
            self._runs.append((text, style))

    def _break(self) -> None:
        self.lines.append(Line(self._runs, self._heading if self._runs else 0))
        self._runs = []

    def end_line(self) -> None:
        """End the line, unless nothing is on it."""
        if self._runs and not self._open[-1].keeps_space:
            text, style = self._runs.pop()
            self._add(text.rstrip(" "), style)
        if self._runs:
            self._break()


def unescaped(text: str) -> str:
    """A text without character references; a number of absurd length stays as it is."""
    try:
        return html.unescape(text)
    except ValueError:
        return text


def _attributes(text: str) -> Mapping[str, str]:
    """The attributes of a tag; of equal names the first counts."""
    found: dict[str, str] = {}
    for name, *values in ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), "".join(values))
    return found


def _declarations(css: str) -> Mapping[str, str]:
    parts = (part.partition(":") for part in css.lower().split(";"))
    return {name.strip(): value.strip() for name, _, value in parts}
