"""Parts of the OpenAPI document that stand in it once, and the references to them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]


class Part(Json):
    """A part of the document that several others may have.

    section   of the components, e.g. "responses"
    name      in that section
    """

    def __init__(self, section: str, name: str, content: Json) -> None:
        super().__init__(content)
        self.section = section
        self.name = name


class Parts:
    """The parts of one document. Equal parts are one object, however often they are added."""

    def __init__(self) -> None:
        self._by_name: defaultdict[tuple[str, str], list[Part]] = defaultdict(list)

    def add(self, section: str, name: str, content: Json) -> Part:
        """The part with this content."""
        parts = self._by_name[section, name]
        part = next((part for part in parts if part == content), None)
        if part is None:
            part = Part(section, name, content)
            parts.append(part)
        return part


def share(document: Json) -> tuple[Json, dict[str, Json]]:
    """The document with references to the parts that it has more than once, and those parts by section and name.

    Parts that it has once stay in their places.

    raises   ValueError when two different shared parts have one name
    """
    uses: Counter[int] = Counter()
    owners: dict[tuple[str, str], Part] = {}
    sections: defaultdict[str, Json] = defaultdict(dict)

    def count(value: Any) -> None:
        if isinstance(value, Part):
            uses[id(value)] += 1
            if uses[id(value)] > 1:
                return
        for inner in _inner(value):
            count(inner)

    def written(value: Any) -> Any:
        if isinstance(value, Part) and uses[id(value)] > 1:
            return reference(value)
        if isinstance(value, dict):
            return {name: written(inner) for name, inner in value.items()}
        return [written(inner) for inner in value] if isinstance(value, list) else value

    def reference(part: Part) -> Json:
        section = sections[part.section]
        if owners.setdefault((part.section, part.name), part) is not part:
            raise ValueError(f"two different {part.section} are named {part.name}: describe them in the same words")
        if part.name not in section:
            section[part.name] = {name: written(inner) for name, inner in part.items()}
        return {"$ref": f"#/components/{part.section}/{part.name}"}

    count(document)
    return written(document), dict(sections)


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
