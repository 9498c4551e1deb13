"""Whether a key is one that the program lists, whoever chooses it: `LOCALES.find((one) => one === asked) || "en"`."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import in_body, name_of, own, within
from backend_advisor.experts.performance.detectors.names import function_named
from backend_advisor.experts.performance.detectors.survey import survey
from backend_advisor.rules.registry import CodeContext

_FOLLOWED = 6
_PICKS = frozenset({"find", "at", "findLast"})
_ASKS = frozenset({"includes", "has", "contains", "containsKey", "indexOf", "hasOwnProperty"})
_MADE_OF = frozenset({"Set", "Map", "set", "frozenset", "of", "asList", "copyOf", "keys", "freeze", "list", "tuple"})


def is_listed(context: CodeContext, info: FunctionInfo, key: ir.Expr, depth: int = _FOLLOWED) -> bool:
    """Whether every value that a key can have stands in the program."""
    if isinstance(key, ir.Const):
        return True
    if depth == 0:
        return False
    if isinstance(key, ir.Await | ir.Cast):
        return is_listed(context, info, key.value, depth)
    if isinstance(key, ir.Logic):
        return all(is_listed(context, info, one, depth - 1) for one in key.operands)
    if isinstance(key, ir.Binary) and key.op == "??":
        return all(is_listed(context, info, one, depth - 1) for one in (key.left, key.right))
    if isinstance(key, ir.Conditional):
        asked = _asked(key.test, info.unit)
        return all(_name(one) in asked or is_listed(context, info, one, depth - 1) for one in (key.then, key.otherwise))
    if isinstance(key, ir.Index):
        return _is_list(key.value, info.unit)
    if isinstance(key, ir.Call):
        return _picked(context, info, key, depth)
    return isinstance(key, ir.Name) and _variable(context, info, key, depth)


def _picked(context: CodeContext, info: FunctionInfo, call: ir.Call, depth: int) -> bool:
    if isinstance(call.func, ir.Attr) and call.func.name in _PICKS:
        return _is_list(call.func.value, info.unit)
    called = function_named(context.program, info.unit, call.func, info)
    gives = [one for one in own(*called.node.body) if isinstance(one, ir.Return)] if called is not None else []
    return bool(gives) and all(
        called is not None and one.value is not None and is_listed(context, called, one.value, depth - 1)
        for one in gives
    )


def _variable(context: CodeContext, info: FunctionInfo, key: ir.Name, depth: int) -> bool:
    """A variable that is made so, was compared with the list before, or a parameter that all callers give so."""
    if any(key.id in names for names in _refused(info)):
        return True
    made = [
        one.value
        for one in in_body(info.node)
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == key.id and one.value
    ]
    if made:
        return all(is_listed(context, info, one, depth - 1) for one in made)
    place = next((n for n, param in enumerate(info.node.params) if param.name == key.id), None)
    if place is None:
        return False
    calls = [one for one in survey(context).reaches if one.reach is not None and one.reach.callee is info]
    return bool(calls) and all(
        one.info is not None
        and isinstance(one.node, ir.Call)
        and len(one.node.args) > place
        and is_listed(context, one.info, one.node.args[place], depth - 1)
        for one in calls
    )


def _refused(info: FunctionInfo) -> Iterator[set[str]]:
    """`if (!LOCALES.includes(locale)) throw …`: what is in the list is all that comes further."""
    for one in in_body(info.node):
        if isinstance(one, ir.If) and one.then and _leaves(one.then[-1]):
            denied = one.test.operand if isinstance(one.test, ir.Unary) and one.test.op == "not" else None
            if denied is not None:
                yield _asked(denied, info.unit)
            elif isinstance(one.test, ir.Binary) and one.test.op == "not in" and _is_list(one.test.right, info.unit):
                yield {_name(one.test.left)}


def _leaves(last: ir.Stmt) -> bool:
    called = last.value if isinstance(last, ir.Do) else None
    return isinstance(last, ir.Return | ir.Throw) or (isinstance(called, ir.Call) and name_of(called.func) == "abort")


def _asked(test: ir.Expr, unit: Unit) -> set[str]:
    """The names of which a test says that a list of the program holds them."""
    if isinstance(test, ir.Call) and isinstance(test.func, ir.Attr) and test.func.name in _ASKS and test.args:
        return {_name(test.args[0])} - {""} if _is_list(test.func.value, unit) else set()
    if isinstance(test, ir.Binary) and test.op == "in" and _is_list(test.right, unit):
        return {_name(test.left)} - {""}
    return set()


def _is_list(value: ir.Expr, unit: Unit) -> bool:
    """A list, set or table of constants that stands at the top level of the file, or in a class of it."""
    if isinstance(value, ir.Cast):
        return _is_list(value.value, unit)
    if isinstance(value, ir.Sequence):
        return all(isinstance(one, ir.Const) for one in value.items)
    if isinstance(value, ir.Mapping):
        return bool(value.pairs) and all(isinstance(key, ir.Const) for key, _ in value.pairs)
    if isinstance(value, ir.Call):
        return name_of(value.func) in _MADE_OF and bool(value.args) and all(_is_list(one, unit) for one in value.args)
    name = _name(value) if isinstance(value, ir.Name) else ""
    made = [
        one.value
        for one in within(*unit.module.body)
        if name and isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == name
    ]
    return len(made) == 1 and made[0] is not None and not isinstance(made[0], ir.Name) and _is_list(made[0], unit)


def _name(value: ir.Expr) -> str:
    return value.id if isinstance(value, ir.Name) else ""
