"""Markdown, parsed once for each version of a text into the tree of schemas.content.

No HTML, no script address and no picture comes out: what is not in the tree's few types stays text, and a picture is a
link. CommonMark with tables, strikethrough, tasks and bare addresses; a line break stays a line break.
source   https://spec.commonmark.org, https://github.github.com/gfm; markdown-it-py
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from quart_notes.domain.text.addresses import ADDRESS_MAX, address_length
from quart_notes.schemas import Align, ContentNode, TaskCount
from quart_notes.schemas.strict_json import dump

DEPTH_MAX = 20  # of nodes in nodes
NODES_MAX = 5_000
# About the microseconds that the parser needs for a mark: it is quadratic in some, so many of them are not parsed.
COSTS = {"\n": 15, "[": 80, "![": 30, "://": 40, "(": 20, "|": 10, ">": 2, "*": 10, "_": 10, "~": 10, "`": 10}
COST_MAX = 30_000
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
LINE_END = re.compile(r"\r\n?|\n")
# Without any of these, a text is plain: nothing in it can be Markdown. The search is for one set of characters, and
# then for what makes markup of the last three of them: it takes a fifth of the time of a search for alternatives.
LINE_START = re.compile(r" {0,3}(?:[-+=\t]|\d+[.)]| {4})")
MARKUP = re.compile(
    r"[*_`\[\]<>&\\|~#@:.\n](?:(?<![:.\n])|(?<=:)(?://|(?<=mailto:))|(?<=[wW]{3}\.)|(?<=\n)" + LINE_START.pattern + ")"
)
TASK = re.compile(r"\[([ xX])\](?:[ \t]+|$)")  # at the beginning of a list item's text
TASK_BOX = re.compile(r"[-+*.)][ \t]+\[[ xX]\]")
TASK_LINE = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)+\[[ xX]\](?:[ \t]|$)")
FENCE = re.compile(r"[ \t>]*(?:[-+*][ \t]+)*(`{3,}|~{3,})")


PLAIN = frozenset({"p", "br", "text"})  # types of a text that looks the same without a tree
BLANKS = re.compile(r"\s+")
ALIGNMENTS: dict[str, Align] = {
    "text-align:left": "left",
    "text-align:center": "center",
    "text-align:right": "right",
}


class TaskItem(NamedTuple):
    """A task in a text: its lines, from 1, `end` excluded, and whether it is ticked off."""

    line: int
    end: int
    done: bool


class Formatted(NamedTuple):
    """A text as it is shown."""

    content: list[ContentNode] | None  # None: the text is plain, or too deep or too large to be formatted
    tasks: list[TaskItem]  # in the order of their lines
    tree: list[ContentNode] | None = None  # the same of a text with an @, also if it is plain

    @property
    def task_count(self) -> TaskCount:
        """How many tasks it has."""
        if not self.tasks:
            return {"done": 0, "total": 0}
        return {"done": sum(task.done for task in self.tasks), "total": len(self.tasks)}


PLAIN_TEXT = Formatted(None, [])


def format_text(text: str | None) -> Formatted:
    """The tree of a note's text, and its tasks."""
    return _format(text, NOTES)


def format_message(text: str) -> list[ContentNode] | None:
    """The tree of a message, which has no headings and no tables: what would be one stays text."""
    return parse_message(text).content


def parse_message(text: str) -> Formatted:
    """The same, with the tree of a plain one that may mention somebody."""
    return _format(text, MESSAGES)


def tree_json(tree: Sequence[ContentNode] | None) -> str | None:
    """A tree as its column has it."""
    return None if tree is None else dump(tree).decode()


def _format(text: str | None, parser: "_Parser") -> Formatted:
    if not text or _is_plain(text):
        return PLAIN_TEXT
    if not _is_costly(text):
        tree = _Tree()
        try:
            tree.build(parser.parse(text))
        except _TooLargeError:
            pass
        else:
            content = tree.nodes if tree.differs_from(text) else None
            return Formatted(content, tree.tasks, tree.nodes if "@" in text else None)
    return Formatted(None, _scanned_tasks(text))


def _is_plain(text: str) -> bool:
    """Whether a text looks the same without being parsed."""
    return MARKUP.search(text) is None and LINE_START.match(text) is None


def _is_costly(text: str) -> bool:
    """Whether the parser may take more than some 30 ms: it is quadratic in some of the marks."""
    marks = sum(weight * text.count(mark) for mark, weight in COSTS.items())
    return marks - COSTS["["] * len(TASK_BOX.findall(text)) > COST_MAX


def _scanned_tasks(text: str) -> list[TaskItem]:
    """The tasks of a text that is not parsed, by their lines alone."""
    tasks, fence = [], ""
    for number, line in enumerate(LINE_END.split(text), 1):
        mark = FENCE.match(line)
        if mark is not None and mark[1].startswith(fence):
            fence = "" if fence else mark[1]
        elif not fence and TASK_LINE.match(line):
            tasks.append(TaskItem(number, number + 1, line[line.index("[") + 1] != " "))
    return tasks


class _TooLargeError(Exception):
    """The tree has more nodes, or more of them in each other, than a page shows."""


def _link_to_picture(token: Token) -> ContentNode:
    address = str(token.attrs["src"])
    text = "".join(part.content for part in token.children or []) or address
    if not address:
        return {"type": "text", "text": f"![{text}]()"}
    return {"type": "a", "href": address, "children": [{"type": "text", "text": text}]}


# The parser's tokens, and the nodes that they become.
MakeNode = Callable[[Token], ContentNode]
CONTAINERS: dict[str, MakeNode] = {
    "paragraph_open": lambda _: {"type": "p"},
    "heading_open": lambda token: {"type": "h", "level": int(token.tag[1])},
    "bullet_list_open": lambda _: {"type": "ul"},
    "ordered_list_open": lambda token: {"type": "ol", "start": int(token.attrs.get("start", 1))},
    "list_item_open": lambda _: {"type": "li"},
    "blockquote_open": lambda _: {"type": "quote"},
    "link_open": lambda token: {"type": "a", "href": str(token.attrs["href"])},
    "strong_open": lambda _: {"type": "strong"},
    "em_open": lambda _: {"type": "em"},
    "s_open": lambda _: {"type": "del"},
}
LEAVES: dict[str, MakeNode] = {
    "text": lambda token: {"type": "text", "text": token.content.replace("\r", "\n")},  # from `&#13;`
    "softbreak": lambda _: {"type": "br"},
    "hardbreak": lambda _: {"type": "br"},
    "code_inline": lambda token: {"type": "code", "text": token.content},
    "image": _link_to_picture,
    "fence": lambda token: {"type": "pre", "text": token.content.removesuffix("\n")},
    "code_block": lambda token: {"type": "pre", "text": token.content.removesuffix("\n")},
    "table_open": lambda _: {"type": "table", "rows": [], "align": []},
    # A row of dashes stays one: the person who typed it may not have meant Markdown.
    "hr": lambda token: {"type": "p", "children": [{"type": "text", "text": token.markup[:3]}]},
}
ENDS = {name.removesuffix("_open") + "_close" for name in (*CONTAINERS, "th_open", "td_open")}


class _Tree:
    """Builds the tree from the parser's tokens."""

    def __init__(self) -> None:
        self.nodes: list[ContentNode] = []
        self.tasks: list[TaskItem] = []
        self._open: list[list[ContentNode]] = [self.nodes]  # the children that are being filled, the innermost last
        self._item_end: int | None = None  # the line after a list item that has no content so far
        self._count = 0
        self._links = 0  # that are open
        self._leads_nowhere = False  # the open link, which stays text
        self._is_plain = True

    def build(self, tokens: Sequence[Token]) -> None:
        """Add the nodes of a text; _TooLargeError when they are too many."""
        for token in tokens:
            if token.type == "inline":
                self._mark_task(token)
                self.build(token.children or [])
            elif not token.hidden:
                self._add_token(token)
            if token.type == "list_item_open" and token.map:
                self._item_end = token.map[1] + 1
            elif token.type != "paragraph_open":
                self._item_end = None

    def differs_from(self, text: str) -> bool:
        """Whether it looks other than the plain text."""
        if not self.nodes:  # nothing but definitions of links
            return False
        return not self._is_plain or BLANKS.sub("", _text_of(self.nodes)) != BLANKS.sub("", text)

    def _add_token(self, token: Token) -> None:
        kind = token.type
        if kind == "link_open" and not token.attrs["href"]:
            self._leads_nowhere = True
            self._add({"type": "text", "text": "["})
        elif kind == "link_close" and self._leads_nowhere:
            self._leads_nowhere = False
            self._add({"type": "text", "text": "]()"})
        elif kind in CONTAINERS:
            node = CONTAINERS[kind](token)
            self._add(node)
            self._fill(node.setdefault("children", []))
            self._links += kind == "link_open"
        elif kind in LEAVES:
            node = LEAVES[kind](token)
            if node.get("text") != "":
                # There is no link in a link.
                self._add(node["children"][0] if kind == "image" and self._links else node)
        elif kind in ENDS:
            self._open.pop()
            self._links -= kind == "link_close"
        elif kind == "tr_open":
            self._open[-1][-1]["rows"].append([])
        elif kind in {"th_open", "td_open"}:
            self._begin_cell(token)

    def _begin_cell(self, token: Token) -> None:
        table = self._open[-1][-1]
        if token.type == "th_open":
            table["align"].append(ALIGNMENTS.get(str(token.attrs.get("style"))))
        cell: list[ContentNode] = []
        table["rows"][-1].append(cell)
        self._fill(cell)

    def _add(self, node: ContentNode) -> None:
        self._count += 1
        if self._count > NODES_MAX:
            raise _TooLargeError
        self._is_plain &= node["type"] in PLAIN
        siblings = self._open[-1]
        if node["type"] == "text" and siblings and siblings[-1]["type"] == "text":
            siblings[-1]["text"] += node["text"]
        else:
            siblings.append(node)

    def _fill(self, children: list[ContentNode]) -> None:
        self._open.append(children)
        if len(self._open) > DEPTH_MAX + 1:
            raise _TooLargeError

    def _mark_task(self, inline: Token) -> None:
        """Make the open list item a task if this text, its first, begins with a box."""
        mark = TASK.match(inline.content) if self._item_end else None
        first = inline.children[0] if inline.children else None
        if mark is None or first is None or self._item_end is None or not first.content.startswith(mark[0].rstrip()):
            return
        # The item's paragraph is open as well, unless the list is tight.
        item = next(children[-1] for children in reversed(self._open) if children and children[-1]["type"] == "li")
        task = TaskItem((inline.map or [0])[0] + 1, self._item_end, mark[1] != " ")
        item["type"], item["line"], item["done"] = "task", task.line, task.done
        self.tasks.append(task)
        first.content = first.content[len(mark[0]) :]


def _text_of(nodes: Sequence[ContentNode]) -> str:
    return "".join(node.get("text", "") + _text_of(node.get("children", ())) for node in nodes)


class _Parser(MarkdownIt):
    """The parser with our rules: no HTML, no address that is not a plain one."""

    def __init__(self, *without: str) -> None:
        super().__init__("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 100})
        self.enable(["table", "strikethrough", "linkify"]).disable(["html_block", "html_inline", *without])
        linkify = cast(Any, self.linkify)
        linkify.set({"fuzzy_link": False, "fuzzy_ip": False, "fuzzy_email": True})  # README.md is no address
        linkify.add("http:", {"validate": self._address_length}).add("ftp:", None).add("//", None)
        linkify.add("www.", {"validate": self._host_length, "normalize": self._add_scheme})

    def validateLink(self, url: str) -> bool:
        """Whether a link may lead there; a name before the host would make it look like another one."""
        try:
            parts = urlsplit(url)
        except ValueError:  # a broken IPv6 address
            return False
        if parts.scheme in {"http", "https"}:
            return bool(parts.netloc) and "@" not in parts.netloc
        return parts.scheme in SCHEMES

    def normalizeLinkText(self, url: str) -> str:
        """A bare address as it was typed: decoded, it could contain marks that turn the direction."""
        return url

    def _address_length(self, text: str, start: int) -> int:
        return address_length(text, start)  # linkify-it takes functions only if they are methods

    def _host_length(self, text: str, start: int) -> int:
        slashes = "//"
        length = address_length(slashes + text[start : start + ADDRESS_MAX], 0) - len(slashes)
        return length if "." in text[start : start + max(length, 0)] else 0

    def _add_scheme(self, match: Any) -> None:
        match.url = f"http://{match.url}"


NOTES = _Parser()
MESSAGES = _Parser("heading", "lheading", "table")
