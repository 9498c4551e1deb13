"""Texts put together of parts: Java's `StringJoiner`, `String.join`, `Collectors.joining` and plain formats."""

import re
from collections.abc import Iterable, Mapping

from backend_advisor.code.assignment import write_back
from backend_advisor.code.containers import is_container
from backend_advisor.code.expressions import concatenated
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.taints import merge_taints
from backend_advisor.code.values import UNKNOWN, Value, all_taints, constant, element, joined_text, known_text

_TEXT = frozenset({"java.lang.String", "String"})
_COLLECTORS = frozenset({"java.util.stream.Collectors", "Collectors"})
_JOINING = frozenset({"java.util.stream.Collectors.joining"})
_TYPE = "java.util.StringJoiner"
_PLAIN = re.compile(r"%[sSd]|\{\}")
_BETWEEN, _BEFORE, _AFTER = "(between)", "(before)", "(after)"


def joiner(site: Site) -> Value:
    """`new StringJoiner(between)`, `new StringJoiner(between, before, after)`."""
    given = [*site.args, *[constant("")] * 3]
    fields: dict[str | int, Value] = dict(zip((_BETWEEN, _BEFORE, _AFTER), given, strict=False))
    taints = merge_taints(*(all_taints(one, 1) for one in site.args))
    return Value(taints, types=frozenset({_TYPE}), fields=fields, text=())


def joined_by(run: Run, site: Site, receiver: Value) -> Value | None:
    """A part more, or the text so far."""
    held = receiver.fields or {}
    if site.name == "add" and len(site.args) == 1:
        between = known_text(held.get(_BETWEEN, UNKNOWN)) if receiver.text else ()
        text = joined_text((receiver.text if receiver.text is not None else (None,), between, known_text(site.args[0])))
        taints = merge_taints(receiver.taints, all_taints(site.args[0], 2))
        made = receiver.but(taints=taints, text=text)
        if site.receiver_expr is not None:
            place = site.receiver_expr
            while hasattr(place, "func") and hasattr(place.func, "value"):
                place = place.func.value  # `joiner.add(a).add(b)`
            write_back(run, place, made, site.env)
        return made
    if site.name == "toString":
        parts = (known_text(held.get(_BEFORE, UNKNOWN)), receiver.text or (), known_text(held.get(_AFTER, UNKNOWN)))
        return Value(receiver.taints, types=frozenset({"str"}), text=joined_text(parts))
    return None


def joined_parts(items: Iterable[Value], between: Value) -> Value:
    """`[address, query].join("")`."""
    parts: list[Value] = []
    for number, item in enumerate(items):
        parts += ([between] if number else []) + [item]
    return concatenated(parts)


def joined_at_once(site: Site, receiver: Value) -> Value | None:
    """`String.join("/", one, other)`, `String.join("/", parts)` and `parts.collect(Collectors.joining("/"))`."""
    if site.unpacked is not None:
        return None
    if site.name == "join" and receiver.name in _TEXT and len(site.args) > 1:
        between, *items = site.args
        held = items if len(items) > 1 or not is_container(items[0]) else _exact(items[0])
        return None if held is None else joined_parts(held, between)
    if site.name == "joining" and receiver.name in _COLLECTORS:
        given = [*site.args, *[constant("")] * 3]
        return Value(types=_JOINING, fields=dict(zip((_BETWEEN, _BEFORE, _AFTER), given, strict=False)))
    if site.name == "collect" and site.args and site.args[0].types == _JOINING:
        return _collected(receiver, site.args[0].fields or {})
    return None


def _collected(items: Value, joining: Mapping[str | int, Value]) -> Value:
    before, between, after = (joining.get(key, UNKNOWN) for key in (_BEFORE, _BETWEEN, _AFTER))
    held = _exact(items) if is_container(items) else None
    # Of how many there are only one is known, which stands for all of them.
    part = joined_parts(held, between) if held is not None else element(items).but(consts=None)
    return concatenated([before, part, after])


def _exact(items: Value) -> list[Value] | None:
    """The elements of a list that is known whole."""
    if items.rest is not None or items.fields is None or not all(isinstance(key, int) for key in items.fields):
        return None
    return [items.fields[key] for key in sorted(items.fields)]


def filled(template: Value, args: list[Value]) -> Value | None:
    """`"%s/%s".formatted(one, other)`: a text with its places filled; None where a place is more than `%s`."""
    only = template.consts[0] if template.consts and len(template.consts) == 1 else None
    parts = _PLAIN.split(only) if isinstance(only, str) else []
    if len(parts) != len(args) + 1 or not args or any(mark in part for part in parts for mark in "%{}"):
        return None
    pieces = [constant(parts[0])]
    for part, arg in zip(parts[1:], args, strict=True):
        pieces += [arg, constant(part)]
    return concatenated([piece for piece in pieces if piece.consts != ("",)])
