"""Parses front matter: fields of a Markdown file, as YAML between lines `---` or as TOML between lines `+++`."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import yaml

SIZE_MAX = 64 * 1024  # characters; reading takes some seconds a megabyte
DEPTH_MAX = 20
NODES_MAX = 5000
YAML = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
TOML = re.compile(r"\ufeff?\+\+\+[ \t]*\r?\n(.*?)^\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
FIELD = re.compile(r"^([^\s#\-\[{&*!|>%@`][^:\n]*?):(?:[ \t]+|\r?$)", re.MULTILINE)
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
Pairs = list[tuple[str, Any]]


def split(text: str) -> tuple[Pairs, str]:
    """The fields of the front matter, in order, and the text after it.

    The values are text, lists and objects; in TOML dates and numbers too. Front matter that cannot be read stays in the
    text, and so does what has only comments: it may be a heading between two rules.
    """
    text = text.removeprefix("\ufeff")
    for fence, fields_of in ((YAML, _yaml), (TOML, _toml)):
        found = fence.match(text)
        pairs = fields_of(found[1]) if found and len(found[1]) <= SIZE_MAX else None
        if found and (pairs or (pairs is not None and not found[1].strip())):
            return pairs, text[found.end() :]
    return [], text


def _toml(text: str) -> Pairs | None:
    try:
        return list(tomllib.loads(text.replace("\r\n", "\n")).items())
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _yaml(text: str) -> Pairs | None:
    """The fields; if the document is invalid, each is read by itself, and invalid ones are returned as text."""
    if not text.strip():
        return []
    text = text.replace("\t", "    ")  # YAML allows no tabs, but programs write them
    try:
        return _mapping(text)
    except yaml.YAMLError:
        return [pair for part in _parts(text) for pair in _alone(part)] or None


def _is_blank(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


def _mapping(text: str) -> Pairs | None:
    """The fields of a document; None when it is something else, such as text between two horizontal rules."""
    _bound(text)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        return None
    return [(_scalar(key), _value(value)) for key, value in root.value]


def _bound(text: str) -> None:
    """Refuse deep nesting, and references: a few lines of them can expand to millions.

    raises   yaml.YAMLError
    """
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX or number > NODES_MAX or isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("too much, or by reference")


def _parts(text: str) -> Iterator[str]:
    """A document, split before each line that starts a field; empty when other text precedes the first field."""
    starts = [found.start() for found in FIELD.finditer(text)]
    if starts and _is_blank(text[: starts[0]]):
        yield from (text[start:end] for start, end in pairwise([*starts, len(text)]))


def _alone(part: str) -> Pairs:
    try:
        pairs = _mapping(part)
    except yaml.YAMLError:
        pairs = None
    name, _, value = part.partition(":")
    return pairs or [(name, value.strip())]


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {_scalar(key): _value(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    return None if node.style is None and node.value in NULLS else node.value


def _scalar(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else str(_value(node))
