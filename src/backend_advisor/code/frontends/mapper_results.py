"""The results of MyBatis mapper files that ask again for each row: `<collection select="…">` in a `<resultMap>`."""

from typing import NamedTuple

from backend_advisor.code.frontends.mapper_xml import Element, in_utf8, parse

_NESTED = frozenset({"collection", "association"})


class NestedSelect(NamedTuple):
    """A statement whose rows each run another one, and where the result says so (byte offsets)."""

    namespace: str
    statement: str
    asks: str
    path: str
    start: int
    end: int


def nested_selects(source: bytes, path: str) -> list[NestedSelect]:
    """Statements with rows that each ask again at once; those that are asked when they are touched are left out."""
    if b"resultMap" not in source or (b"<collection" not in source and b"<association" not in source):
        return []
    text, places = in_utf8(source)
    root = parse(text)
    if root is None or root.tag != "mapper":
        return []
    namespace = root.attributes.get("namespace", "")
    elements = [one for one in root.parts if isinstance(one, Element)]
    asking: dict[str, list[Element]] = {}
    extends: dict[str, str] = {}
    for one in elements:
        if one.tag == "resultMap" and "id" in one.attributes:
            nested = [part for part in one.parts if isinstance(part, Element) and part.tag in _NESTED]
            asking[one.attributes["id"]] = [
                part for part in nested if part.attributes.get("select") and part.attributes.get("fetchType") != "lazy"
            ]
            extends[one.attributes["id"]] = one.attributes.get("extends", "")
    found = []
    for one in elements:
        result = one.attributes.get("resultMap", "").removeprefix(f"{namespace}.") if one.tag == "select" else ""
        for part in (*asking.get(result, ()), *asking.get(extends.get(result, ""), ())):
            start = places[part.start] if places is not None else part.start
            end = places[part.end] if places is not None else part.end
            asks = part.attributes["select"].rpartition(".")[2]
            found.append(NestedSelect(namespace, one.attributes.get("id", ""), asks, path, start, end or start + 1))
    return found
