"""Operators and the other small things that a language does with values."""

from collections.abc import Sequence

from backend_advisor.code import ir
from backend_advisor.code.folding import COMPARISONS, fold_binary, fold_unary
from backend_advisor.code.markup import placed
from backend_advisor.code.placing import at_root
from backend_advisor.code.run import Env, Run
from backend_advisor.code.taints import Taint, merge_taints, station
from backend_advisor.code.values import (
    NO_TYPES,
    UNKNOWN,
    Value,
    all_taints,
    element,
    join,
    joined_text,
    known_text,
    types_of,
)

_CARRYING = frozenset({"+", "%", "*", "??", "|", "&"})
_STR = frozenset({"str"})


def binary(run: Run, op: str, left: Value, right: Value, node: ir.Node) -> Value:
    """`left op right`."""
    consts = fold_binary(op, left, right, run.language)
    if op in COMPARISONS:
        return Value(consts=consts)
    if op == "??":
        return join(left, right)
    if op == "/" and run.language == "python" and (left.types or left.name):
        joined = run.machine.roles.method(next(iter(types_of(left)), ""), "__truediv__")
        if joined is not None or any("Path" in kind for kind in left.types):
            return left.but(
                taints=merge_taints(left.taints, at_root(right.taints)), consts=None, fields=None, text=None
            )
    if (
        op == "+"
        and (left.fields is not None or right.fields is not None)
        and left.consts is None
        and right.consts is None
    ):
        return _chained(left, right)
    if op not in _CARRYING:
        return Value(consts=consts)
    if op == "+" and right.taints:
        right = placed(known_text(left), right)
    elif op == "%" and left.consts and right.taints:
        right = in_template(left, [right])[0]
    taints = merge_taints(all_taints(left, 2), all_taints(right, 2))
    if op == "%" and not _is_text(left):
        return Value(taints, consts)
    text = None
    if op == "+":
        text = joined_text((known_text(left), known_text(right)))
    elif op == "%" and left.consts:
        text = template_parts(str(left.consts[0]))
    types = _STR if _is_text(left) or _is_text(right) or (consts is None and text and any(text)) else NO_TYPES
    if left.types & {"dict"} and op == "|":
        return _chained(left, right)
    return Value(taints, consts, types, text=text)


def _is_text(value: Value) -> bool:
    if value.consts:
        return isinstance(value.consts[0], str | bytes)
    return "str" in value.types or value.text is not None


def template_parts(template: str) -> tuple[str | None, ...]:
    """A format string's constant parts: `%s`, `{}` and `{name}` stand for what is not known."""
    found: list[str | None] = []
    at = 0
    while at < len(template):
        mark = min((i for i in (template.find("%", at), template.find("{", at)) if i >= 0), default=-1)
        if mark < 0:
            found.append(template[at:])
            break
        if mark > at:
            found.append(template[at:mark])
        if template[mark] == "{":
            close = template.find("}", mark)
            at = close + 1 if close >= 0 else len(template)
        else:
            at = mark + 2
            while at <= len(template) and at - mark < 8 and not template[at - 1].isalpha() and template[at - 1] != "%":
                at += 1
        found.append(None)
    return joined_text((tuple(found),))


def in_template(template: Value, args: list[Value]) -> list[Value]:
    """Arguments as they stand in a format string, the first in the first place that is open, and so on."""
    only = template.consts[0] if template.consts and len(template.consts) == 1 else None
    if not isinstance(only, str) or not any(arg.taints for arg in args):
        return args
    parts = template_parts(only)
    places = [number for number, part in enumerate(parts) if part is None]
    if len(places) != len(args):
        return args  # some are numbered, or widths
    return [placed(parts[:place], arg) for place, arg in zip(places, args, strict=True)]


def _chained(left: Value, right: Value) -> Value:
    mine, more = _whole(left), _whole(right)
    if mine is not None and more is not None:
        return Value(merge_taints(left.taints, right.taints), None, left.types, dict(enumerate([*mine, *more])))
    taints = merge_taints(left.taints, right.taints)
    return Value(taints, None, left.types | right.types, rest=join(element(left), element(right)))


def _whole(value: Value) -> list[Value] | None:
    if value.fields is None or value.rest is not None or not all(isinstance(key, int) for key in value.fields):
        return None
    return [value.fields[key] for key in sorted(value.fields)]


def unary(run: Run, node: ir.Unary, operand: Value) -> Value:
    """`op operand`."""
    return Value(consts=fold_unary(node.op, operand, run.language))


def subscript(run: Run, value: Value, found: Value, node: ir.Index) -> Value:
    """`value[key]` of something that a framework's roles know."""
    for kind in types_of(value):
        role = run.machine.method_role(kind, "__getitem__")
        if role is None:
            continue
        if role.source is not None:
            trail = station("source", run.unit.path, node.start, node.end, None)
            return Value({Taint(role.source): trail})
        if role.returns is not None and role.returns.type is not None:
            return Value(value.taints, types=frozenset({role.returns.type}))
    return found


def caught(run: Run, handler: ir.Handler, env: Env, thrown: Sequence[Value]) -> Value:
    """What a handler's name is: an exception of its types, with the data that was thrown in the same function."""
    kinds: set[str] = set()
    for kind in handler.types:
        value = run.evaluate(kind, env) if not isinstance(kind, ir.Opaque) else UNKNOWN
        kinds.update(getattr(ref, "name", "") for ref in value.refs if hasattr(ref, "node"))
        if value.name is not None:
            kinds.add(value.name)
    trail = station("source", run.unit.path, handler.start, handler.start, None)
    carried = merge_taints(*(all_taints(one, 2) for one in thrown))
    return Value(merge_taints({Taint("exception.detail"): trail}, carried), types=frozenset(kinds))


def entered(run: Run, value: Value) -> Value:
    """What `with value as x` binds."""
    for kind in types_of(value):
        role = run.machine.method_role(kind, "__enter__") or run.machine.method_role(kind, "__aenter__")
        if role is not None and role.returns is not None and role.returns.type is not None:
            return Value(value.taints, types=frozenset({role.returns.type}))
        info = run.machine.program.classes.get(kind)
        if info is not None:
            for name in ("__enter__", "__aenter__"):
                methods = run.machine.program.method(info, name)
                if methods:
                    return run.machine.functions.invoke_method(run, methods[0], value)
    if "list" in value.types and value.rest is not None and value.fields is None:
        return value.rest  # a generator made a context manager by its decorator
    return value


def stored(run: Run, target: ir.Index, key: Value, value: Value, env: Env) -> None:
    """`holder[key] = value` of something that a framework's roles know, such as a session."""
    holder = run.evaluate(target.value, env)
    for kind in types_of(holder):
        role = run.machine.method_role(kind, "__setitem__")
        if role is not None:
            run.machine.apply_store(run, role, target, holder, [key, value], env)
            return
