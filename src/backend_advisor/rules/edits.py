"""Changing a call's source so that its finding goes away: arguments set, added or removed, functions renamed."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.knowledge.playbook import EditRule
from backend_advisor.model import Edit
from backend_advisor.rules.places import Places

_FAMILY = {"typescript": "javascript"}


def edits_for(
    rules: dict[str, EditRule], unit: Unit, node: ir.Node, places: Places, name: str = ""
) -> tuple[tuple[Edit, ...], bool]:
    """The edits that a playbook declares for a call of this qualified name, and whether they are safe.

    There are none when the declaration does not apply.
    """
    rule = rules.get(_FAMILY.get(unit.language, unit.language))
    if rule is None or not isinstance(node, ir.Call) or (rule.names and not re.search(rule.names, name)):
        return (), False
    edits = _edits(_changes(rule, unit, node), unit, places)
    return edits, rule.safe and bool(edits)


def set_argument(wanted: str, value: str, unit: Unit, node: ir.Call, places: Places) -> tuple[Edit, ...]:
    """The edits that give a call's argument, named as roles do, this source text; none when it cannot be told how."""
    return _edits(_set(wanted, value, unit, node), unit, places)


def replaced(unit: Unit, node: ir.Node, text: str, places: Places) -> Edit:
    """The edit that puts a text in the place of a node."""
    return Edit(location=places.location(unit.path, node.start, node.end), replacement=text)


def source_of(unit: Unit, node: ir.Node) -> str:
    """A node as it is written."""
    return unit.module.source[node.start : node.end].decode("utf-8", "replace")


def _edits(changes: Iterator[tuple[int, int, str]], unit: Unit, places: Places) -> tuple[Edit, ...]:
    return tuple(
        Edit(location=places.location(unit.path, start, end), replacement=text) for start, end, text in changes
    )


def _changes(rule: EditRule, unit: Unit, node: ir.Call) -> Iterator[tuple[int, int, str]]:
    if rule.rename:
        yield from _renamed(rule.rename, node)
    if rule.remove:
        yield from _removed(rule.remove, unit, node)
    if rule.set:
        value = _with_module(rule.value, unit, node)
        if value is not None:
            yield from _set(rule.set, value, unit, node)


def _with_module(value: str, unit: Unit, node: ir.Call) -> str | None:
    if "{module}" not in value:
        return value
    return value.replace("{module}", source_of(unit, node.func.value)) if isinstance(node.func, ir.Attr) else None


def _renamed(name: str, node: ir.Call) -> Iterator[tuple[int, int, str]]:
    if isinstance(node.func, ir.Attr):
        yield node.func.end - len(node.func.name.encode()), node.func.end, name


def _removed(name: str, unit: Unit, node: ir.Call) -> Iterator[tuple[int, int, str]]:
    for key, value in node.keywords:
        if key == name:
            source = unit.module.source
            start = source.rfind(name.encode(), 0, value.start)
            before = re.search(rb",\s*$", source[:start])
            after = re.match(rb"\s*,\s*", source[value.end :])
            if before is not None:
                yield before.start(), value.end, ""
            else:
                yield start, value.end + (after.end() if after is not None else 0), ""


def _set(wanted: str, value: str, unit: Unit, node: ir.Call) -> Iterator[tuple[int, int, str]]:
    position, _, keyword = wanted.partition("|")
    if keyword:
        wanted = position if int(position) < len(node.args) else keyword
    place, _, key = wanted.partition(".")
    if key:
        yield from _set_key(int(place), key, value, node)
        return
    if place.isdigit():
        if int(place) < len(node.args):
            argument = node.args[int(place)]
            yield argument.start, argument.end, value
        return
    for name, known in node.keywords:
        if name == place:
            yield known.start, known.end, value
            return
    if any(name == "**" for name, _ in node.keywords) or any(isinstance(one, ir.Spread) for one in node.args):
        return
    yield from _inserted(f"{place}={value}", unit, node)


def _inserted(text: str, unit: Unit, node: ir.Call) -> Iterator[tuple[int, int, str]]:
    """One argument more, before the closing parenthesis."""
    last = max((one.end for one in (*node.args, *(value for _, value in node.keywords))), default=None)
    if last is not None:
        yield last, last, f", {text}"
    elif unit.module.source[node.end - 1 : node.end] == b")":
        yield node.end - 1, node.end - 1, text


def _set_key(position: int, key: str, value: str, node: ir.Call) -> Iterator[tuple[int, int, str]]:
    """A key of an object argument; the object is added when it is the next argument."""
    if position == len(node.args) and node.args:
        yield node.args[-1].end, node.args[-1].end, f", {{ {key}: {value} }}"
        return
    mapping = node.args[position] if position < len(node.args) else None
    if not isinstance(mapping, ir.Mapping):
        return
    for name, known in mapping.pairs:
        if isinstance(name, ir.Const) and name.value == key:
            yield known.start, known.end, value
            return
    if any(name is None for name, _ in mapping.pairs):
        return
    last = mapping.pairs[-1][1].end if mapping.pairs else mapping.start + 1
    yield last, last, f", {key}: {value}" if mapping.pairs else f" {key}: {value} "
