"""How often a loop goes round: for each row of a query, for each part of one object, or until something is found."""

import re
from typing import TYPE_CHECKING

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of, names_in, within

if TYPE_CHECKING:
    from backend_advisor.experts.performance.detectors.loops import Round
    from backend_advisor.experts.performance.detectors.survey import Spot, Survey

_PASSED_ON = frozenset(
    ["stream", "parallelStream", "values", "items", "entrySet", "keySet", "map", "filter", "distinct", "sorted", "list",
     "set", "enumerate", "tuple", "iterator", "orElse", "ofNullable", "emptyIfNull"]
)  # fmt: skip
_GETTER = re.compile(r"^get[A-Z]\w*$")
_FOLLOWED = 3
_SELF = frozenset({"self", "this", "cls"})
_OR_MADE = frozenset({"orElse", "orElseGet", "or", "switchIfEmpty"})
_MAKES = re.compile(r"^(?:save|persist|create|insert|add|register|store)(?:$|_|[A-Z])")
_IDS = re.compile(r"(?i)(?:^|_)(?:ids|keys|pks|uuids)(?:_|$)|(?<=[a-z])(?:Ids|Keys|Uuids)$")


def is_part_of_object(loop: "Round", spot: "Spot") -> bool:
    """`for category in product.categories`: a list that belongs to one object is mostly a few items long."""
    return loop.over is not None and _is_part(loop.over, spot, _FOLLOWED)


def _is_part(over: ir.Expr, spot: "Spot", depth: int) -> bool:
    while isinstance(over, ir.Await | ir.Cast):
        over = over.value
    if isinstance(over, ir.Attr):
        owner = over.value
        return isinstance(owner, ir.Name) and owner.id not in _SELF and not owner.id[:1].isupper()
    if isinstance(over, ir.Index):
        return isinstance(over.value, ir.Name) and isinstance(over.key, ir.Const) and isinstance(over.key.value, str)
    if isinstance(over, ir.Call):
        name = name_of(over.func)
        held = over.func.value if isinstance(over.func, ir.Attr) else None
        if name in _PASSED_ON:
            inner = over.args[0] if over.args and (held is None or _is_class(held)) else held
            return inner is not None and _is_part(inner, spot, depth)
        return not over.args and _GETTER.match(name) is not None and isinstance(held, ir.Name) and not _is_class(held)
    if isinstance(over, ir.Name) and depth:
        given = _given(over.id, spot)
        return bool(given) and all(_is_part(one, spot, depth - 1) for one in given)
    return False


def _is_class(held: ir.Expr) -> bool:
    return isinstance(held, ir.Name) and held.id[:1].isupper()


def _given(name: str, spot: "Spot") -> list[ir.Expr]:
    return [
        node.value
        for node in within(*spot.path[:1])
        if isinstance(node, ir.Assign)
        and node.value is not None
        and isinstance(node.target, ir.Name)
        and node.target.id == name
    ]


def _taken_apart(name: str, spot: "Spot") -> list[ir.Expr]:
    """`const { rows } = await pool.query(…)`, `const [teams, total] = await teams.findAndCount(…)`."""
    return [
        node.value
        for node in within(*spot.path[:1])
        if isinstance(node, ir.Assign)
        and node.value is not None
        and isinstance(node.target, ir.Mapping | ir.Sequence)
        and name in names_in(node.target)
    ]


def is_named_for_keys(name: str) -> bool:
    """`ids`, `userIds`, `keys`."""
    return _IDS.search(name) is not None


def is_over_rows(loop: "Round", spot: "Spot", seen: "Survey") -> bool:
    """Whether a loop goes over what a query gave, or over keys that somebody gives: as many as there are."""
    over = loop.over
    if over is None:
        return False
    if isinstance(over, ir.Name) and _IDS.search(over.id):
        return True
    written = [over, *(one for name in names_in(over) for one in (*_given(name, spot), *_taken_apart(name, spot)))]
    return any(_asks(node, seen) for node in within(*written))


def _asks(node: ir.Node, seen: "Survey") -> bool:
    found = seen.spots.get(id(node))
    if found is not None and found.call is not None:
        return bool({"db.query", "db.read", "db.read_all", "orm.filter"} & set(found.call.role.does))
    return any(one.node is node for one in seen.derived) or (
        isinstance(node, ir.Attr) and node.name in ("objects", "query") and _is_class(node.value)
    )


def ends_when_found(loop: "Round", spot: "Spot") -> bool:
    """`row = find(name); if row: return row`: the loop tries one name after another until one is known."""
    body = loop.node.body if isinstance(loop.node, ir.For | ir.While) else []
    holder = next((one for one in body if any(part is spot.node for part in within(one))), None)
    if holder is None:
        return False
    later = body[next(number for number, one in enumerate(body) if one is holder) :]
    name = holder.target.id if isinstance(holder, ir.Assign) and isinstance(holder.target, ir.Name) else None
    for one in later:
        if not isinstance(one, ir.If):
            continue
        asked = name in names_in(one.test) if name is not None else any(p is spot.node for p in within(one.test))
        if not asked:
            continue
        if not _is_denied(one.test):
            return _leaves(one.then)
        if one.then and isinstance(one.then[-1], ir.Continue):
            return any(_leaves([rest]) or (isinstance(rest, ir.If) and _leaves(rest.then)) for rest in later)
    return False


def _is_denied(test: ir.Expr) -> bool:
    if isinstance(test, ir.Unary):
        return test.op in ("not", "!")
    if isinstance(test, ir.Binary) and isinstance(test.right, ir.Const) and test.right.value is None:
        return test.op in ("is", "==", "===")
    return isinstance(test, ir.Logic) and any(_is_denied(one) for one in test.operands)


def _leaves(body: list[ir.Stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ir.Return | ir.Break)


def makes_what_is_missing(spot: "Spot") -> bool:
    """`tags.findByName(name).orElseGet(() -> tags.save(…))`: each round may write."""
    return any(
        isinstance(node, ir.Call)
        and name_of(node.func) in _OR_MADE
        and any(isinstance(one, ir.Call) and _MAKES.match(name_of(one.func)) for one in within(*node.args))
        for node in spot.path
    )
