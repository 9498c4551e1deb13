"""Writes in JavaScript that reach the prototype of all objects: `settings[section][name] = value`, where the client
names the section, walks along a path of names, and merges that call themselves.

`object["__proto__"]` is no field of the object but what it inherits from, so a key that the client chooses, read first
and written into next, changes every object of the process. One key alone only changes the object itself.
"""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.run import Env, Run
from backend_advisor.code.site import Site
from backend_advisor.code.tree import everything
from backend_advisor.code.values import Value, all_taints, known_text, parts_of

BARE = "(no prototype)"
"""The type of what `Object.create(null)` gives: its `__proto__` is a field like any other."""
_SPECIAL = ("__proto__", "constructor", "prototype")
_NOT = {word: f"(not {word})" for word in _SPECIAL}


def is_bare(receiver: Value, name: str, args: list[Value]) -> bool:
    """Whether a call is `Object.create(null)`."""
    return name == "create" and receiver.name == "Object" and bool(args) and args[0].consts == (None,)


def marks_of_others(words: Value) -> tuple[str, ...]:
    """What is to be known of a key that is none of some words: `if (BLOCKED.has(key)) continue`."""
    texts = set(_texts(words))
    return tuple(mark for word, mark in _NOT.items() if word in texts)


def cleared_by_marks(known: frozenset[str]) -> tuple[str, ...]:
    """What a key is safe for of which so much is known. Without `__proto__` alone a merge finds functions only, which
    are no objects to go into; a walk by names still goes by `constructor` and `prototype`."""
    if _NOT["__proto__"] not in known:
        return ()
    others = known.intersection((_NOT["constructor"], _NOT["prototype"]))
    return ("object.merge", "object.key") if others else ("object.merge",)


def _texts(value: Value) -> Iterator[str]:
    for one in (value, *parts_of(value)):
        yield from (text for text in one.consts or () if isinstance(text, str))
    pattern = (value.fields or {}).get("(pattern)")
    if pattern is not None:
        text = "".join(part or "" for part in known_text(pattern))
        yield from (word for word in _SPECIAL if word in text)


def note_written(run: Run, target: ir.Index, key: Value, env: Env) -> None:
    """Note a write whose keys the client chooses and that may go to what all objects inherit from."""
    if run.info is None:
        return
    way = _ways(run).get(id(target))
    if way is None or BARE in run.evaluate(_plain(target.value), env).types:
        return
    kind, read = way
    looked_up = [run.evaluate(one, env) for one in read]
    if read and not any(taint.harms(kind) for value in looked_up for taint in all_taints(value, 1)):
        return
    source = run.unit.module.source
    text = f"*.{source[target.start : target.end].decode('utf-8', 'replace')}"
    site = Site(target, text, None, None, [], [])
    for taint, trail in all_taints(key, 1).items():
        if taint.harms(kind):
            run.machine.functions.hit(run, kind, site, text, taint, trail, ())


_Way = tuple[str, tuple[ir.Expr, ...]]


def _ways(run: Run) -> dict[int, _Way]:
    """The writes of a function that may go to a prototype, and the keys that were read on the way there."""
    known = run.machine.prototype_writes
    found = known.get(run.info)
    if found is None and run.info is not None:
        found = known[run.info] = dict(_found(run.info.node))
    return found or {}


def _found(function: ir.Function) -> Iterator[tuple[int, _Way]]:
    nodes = list(everything(*function.body))
    names = [param.name for param in function.params]
    for node in nodes:
        if not isinstance(node, ir.Assign | ir.AssignExpr) or not isinstance(node.target, ir.Index):
            continue
        target = node.target
        if isinstance(target.key, ir.Const) or _makes(node.value):
            continue
        holder = _plain(target.value)
        if isinstance(holder, ir.Index) and not isinstance(holder.key, ir.Const):
            yield id(target), ("object.key", (holder.key,))
        elif isinstance(holder, ir.Name):
            read = tuple(_read_into(holder.id, nodes, hands_on=holder.id in names[:1]))
            if read:
                yield id(target), ("object.key", read)
            elif holder.id in names and _merges(function, names.index(holder.id), nodes):
                yield id(target), ("object.merge", ())


def _makes(value: ir.Expr | None) -> bool:
    """Whether what is written is only made there, for the next key to be written into."""
    return isinstance(value, ir.Mapping | ir.Sequence) and not (
        value.pairs if isinstance(value, ir.Mapping) else value.items
    )


def _read_into(name: str, nodes: list[ir.Node], *, hands_on: bool) -> Iterator[ir.Expr]:
    """The keys that a variable's objects were read by: `node = node[step]`; `hands_on`: or what a step of `reduce`
    gives to the next."""
    for node in nodes:
        if isinstance(node, ir.Assign | ir.AssignExpr) and isinstance(node.target, ir.Name) and node.target.id == name:
            yield from _keys(node.value)
        elif hands_on and isinstance(node, ir.Return):
            yield from (
                one.key
                for one in _choices(node.value)
                if isinstance(one, ir.Index)
                and isinstance(one.value, ir.Name)
                and one.value.id == name
                and not isinstance(one.key, ir.Const)
            )


def _keys(value: ir.Expr | None) -> Iterator[ir.Expr]:
    for one in _choices(value):
        if isinstance(one, ir.Index) and not isinstance(one.key, ir.Const | ir.Slice):
            yield one.key


def _choices(value: ir.Expr | None) -> Iterator[ir.Expr]:
    """Each expression that another may be worth."""
    if value is None:
        return
    plain = _plain(value)
    if isinstance(plain, ir.Logic):
        for operand in plain.operands:
            yield from _choices(operand)
    elif isinstance(plain, ir.Conditional):
        yield from _choices(plain.then)
        yield from _choices(plain.otherwise)
    elif isinstance(plain, ir.AssignExpr):
        yield from _choices(plain.target)
        yield from _choices(plain.value)
    else:
        yield plain


def _plain(value: ir.Expr) -> ir.Expr:
    while isinstance(value, ir.Cast | ir.Await):
        value = value.value
    return value


def _merges(function: ir.Function, number: int, nodes: list[ir.Node]) -> bool:
    """Whether a function calls itself with an object out of one of its parameters in the place of that parameter."""
    name = function.params[number].name
    for node in nodes:
        if not isinstance(node, ir.Call) or len(node.args) <= number or not function.name:
            continue
        called = getattr(node.func, "id", "") or getattr(node.func, "name", "")
        given = _choices(node.args[number])
        if called == function.name and any(
            isinstance(one, ir.Index) and isinstance(one.value, ir.Name) and one.value.id == name for one in given
        ):
            return True
    return False
