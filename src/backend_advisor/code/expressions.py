"""What each kind of expression is worth; calls have a module of their own."""

import re
from typing import Any

from backend_advisor.code import ir
from backend_advisor.code.addresses import ADDRESSES, FIXED_HOST, HOLDS_HOST, MAKES_ADDRESS, NAMES_HOST
from backend_advisor.code.aliases import FORMS, Alias
from backend_advisor.code.assignment import UNNAMED, assign
from backend_advisor.code.clearing import as_checked
from backend_advisor.code.commands import no_options
from backend_advisor.code.folding import truth
from backend_advisor.code.guards import refine
from backend_advisor.code.markup import placed
from backend_advisor.code.meaning import apply_role
from backend_advisor.code.members import member
from backend_advisor.code.names import defined, name_value
from backend_advisor.code.operations import binary, subscript, unary
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.roles import CallRole
from backend_advisor.code.run import CHECKED, Env, Run, evaluates
from backend_advisor.code.sending import waited_for
from backend_advisor.code.site import Site
from backend_advisor.code.spelling import spelt
from backend_advisor.code.statements import each
from backend_advisor.code.taints import NO_TAINTS, merge_taints
from backend_advisor.code.types import typed
from backend_advisor.code.values import (
    UNKNOWN,
    Value,
    all_taints,
    cleaned,
    constant,
    element,
    field,
    join,
    join_all,
    joined_text,
    known_text,
    single,
    types_of,
    with_field,
    with_spread,
)

_WAYS = 24
"""Beginnings of a text that are told apart."""
_PATH = re.compile(r"/\w")
_LIST = frozenset({"list"})
_DICT = frozenset({"dict"})
_STR = frozenset({"str"})
_TIDIES = frozenset(["replace", "replaceAll", "trim", "strip", "rstrip", "removesuffix", "toString"])


@evaluates(ir.Const)
def _const(run: Run, node: ir.Const, env: Env) -> Value:
    return constant(node.value)


@evaluates(ir.Name)
def _name(run: Run, node: ir.Name, env: Env) -> Value:
    found = env.get(node.id)
    return found if found is not None else name_value(run, node, env)


@evaluates(ir.Attr)
def _attribute(run: Run, node: ir.Attr, env: Env) -> Value:
    value = member(run, run.evaluate(node.value, env), node.name, node)
    return as_checked(run, node, value, env) if CHECKED in env and value.taints else value


@evaluates(ir.Index)
def _index(run: Run, node: ir.Index, env: Env) -> Value:
    value = _indexed(run, node, env)
    return as_checked(run, node, value, env) if CHECKED in env and value.taints else value


def _indexed(run: Run, node: ir.Index, env: Env) -> Value:
    value = run.evaluate(node.value, env)
    if value.name in FORMS:
        return Value(refs=(Alias(node, run.unit),))
    if run.language == "python" and value.refs and all(isinstance(one, ClassInfo) for one in value.refs):
        return value  # `Repository[Order]` is the class, whatever it is of
    key = run.evaluate(node.key, env)
    if isinstance(node.key, ir.Slice):
        return _sliced(value, node.key, run, env)
    if isinstance(value.fields, dict | type(None)) and key.consts is not None and len(key.consts) == 1:
        known = key.consts[0]
        if isinstance(known, str | int) and not isinstance(known, bool):
            return _at(run, value, known, node)
    if value.consts is not None and value.consts and all(isinstance(one, str) for one in value.consts):
        return Value(types=_STR)
    # A look-up with an unsafe key in a collection of our own constants gives one of the constants.
    return subscript(run, value, element(value), node)


def _at(run: Run, value: Value, key: str | int, node: ir.Index) -> Value:
    if isinstance(key, int) and value.consts:
        try:
            return Value(consts=tuple({one[key] for one in value.consts if isinstance(one, str)}))
        except IndexError:
            return UNKNOWN
    if isinstance(key, int) and key < 0 and value.fields is not None and value.rest is None:
        key += len(value.fields)
    found = field(value, key)
    if found is not None:
        return found if not value.taints else found.but(taints=merge_taints(found.taints, value.taints))
    if isinstance(key, str):
        return subscript(run, value, member(run, value, key, node), node)
    return subscript(run, value, Value({taint.at(key): trail for taint, trail in value.taints.items()}), node)


def _sliced(value: Value, key: ir.Slice, run: Run, env: Env) -> Value:
    bounds = [run.evaluate(part, env) if part is not None else constant(None) for part in (key.low, key.high, key.step)]
    try:
        low, high, step = (single(bound) for bound in bounds)
        cut = slice(low, high, step)
        if value.consts is not None:
            return Value(value.taints, tuple({one[cut]: 0 for one in value.consts}))  # type: ignore[index]
        if value.fields is not None and value.rest is None and all(isinstance(k, int) for k in value.fields):
            kept = [value.fields[number] for number in range(len(value.fields))][cut]
            return value.but(fields=dict(enumerate(kept)))
    except (TypeError, KeyError, ValueError, LookupError):
        pass
    return value.but(consts=None, text=None, fields=None, rest=element(value) if value.fields or value.rest else None)


@evaluates(ir.Slice)
def _slice(run: Run, node: ir.Slice, env: Env) -> Value:
    for part in (node.low, node.high, node.step):
        if part is not None:
            run.evaluate(part, env)
    return UNKNOWN


@evaluates(ir.Text)
def _text(run: Run, node: ir.Text, env: Env) -> Value:
    values = [run.evaluate(part, env) for part in node.parts]
    if node.tag is not None:
        return _tagged(run, node, node.tag, values, env)
    values = [spelt(run, value) for value in values]
    if node.parts and _is_open(values[0]) and _is_address(node.parts[0]):
        values[1:] = [cleaned(value, ADDRESSES) for value in values[1:]]
    behind = min(_host_ends(node.parts, values), _path_begins(values))
    values[behind:] = [cleaned(value, ADDRESSES) for value in values[behind:]]
    return concatenated(values)


def _host_ends(parts: list[ir.Expr], values: list[Value]) -> int:
    """How many parts of `https://{region}.example.com/{path}` come before the host is complete; all when it is not."""
    text = ""
    for number, part in enumerate(parts):
        if _asks(values[number]):
            return number + 1
        text += part.value if isinstance(part, ir.Const) and isinstance(part.value, str) else "x" if number else ""
        if not text:
            break
        if "//" in text and FIXED_HOST.match(text):
            return number + 1
    return len(values)


def _asks(value: Value) -> bool:
    """Whether an address has come to its question mark: `{login}?next=`."""
    return any("?" in one or "#" in one for one in known_text(value) if one)


def _path_begins(values: list[Value]) -> int:
    """How many parts of a text come before the path of an address is sure to have begun: `${prefix}/orders/` is all
    the program's own, whatever the prefix is; all of them when it has not."""
    begun: list[str] = [""]
    for number, value in enumerate(values):
        if all_taints(value, 1):
            break
        begun = [start + one for start in begun[:_WAYS] for one in value.consts or () if isinstance(one, str)]
        if begun and len(begun) <= _WAYS and all(map(_leaves_no_host, begun)):
            return number + 1
        if number and value.consts and all(isinstance(one, str) and _PATH.match(one) for one in value.consts):
            return number + 1
    return len(values)


def _leaves_no_host(start: str) -> bool:
    """Whether an address that begins so has its host, or is below the program's own; `/` may become `//host`."""
    return start != "/" and FIXED_HOST.match(start) is not None


def _is_own_address(value: Value) -> bool:
    """Whether a value is one of some addresses that the program writes out: `PAGES.get(name) || "/home"`."""
    consts = value.consts or ()
    return bool(consts) and all(isinstance(one, str) and _leaves_no_host(one) for one in consts)


def _is_open(first: Value) -> bool:
    """Whether a beginning may hold a host: it is not known, or its default holds one."""
    return first.consts is None or all(isinstance(one, str) and HOLDS_HOST.match(one) for one in first.consts)


def _is_address(first: ir.Expr) -> bool:
    """Whether a text begins with an address that the program knows: what follows it does not choose the host."""
    while isinstance(first, ir.Binary) and first.op == "+":
        first = first.left
    while isinstance(first, ir.Call) and isinstance(first.func, ir.Attr) and first.func.name in _TIDIES:
        first = first.func.value
    if isinstance(first, ir.Text) and first.parts:
        return _is_address(first.parts[0])
    if isinstance(first, ir.Call):
        name = first.func.name if isinstance(first.func, ir.Attr) else getattr(first.func, "id", "")
        given = (*first.args, *(value for _, value in first.keywords))
        return MAKES_ADDRESS.search(name) is not None and all(isinstance(one, ir.Const) for one in given)
    name = first.id if isinstance(first, ir.Name) else first.name if isinstance(first, ir.Attr) else ""
    return NAMES_HOST.search(name) is not None


def _tagged(run: Run, node: ir.Text, tag: ir.Expr, values: list[Value], env: Env) -> Value:
    """A tagged template: the tag is called with the text and the values, which it may bind."""
    role: CallRole | None = None
    if isinstance(tag, ir.Attr):
        receiver = run.evaluate(tag.value, env)
        role = next((r for kind in types_of(receiver) if (r := run.machine.method_role(kind, tag.name))), None)
    called = run.evaluate(tag, env)
    if role is None and called.name is not None:
        role = run.machine.roles.calls.get(called.name)
    if role is None:
        return Value(merge_taints(*(all_taints(value, 2) for value in values)))
    return apply_role(run, role, Site(node, role.name, called, tag, values, list(node.parts), env=env))


def concatenated(values: list[Value]) -> Value:
    """Strings put one after the other."""
    if any(value.taints for value in values):
        values = _placed(values)
    taints = merge_taints(*(all_taints(value, 2) for value in values))
    text = joined_text(known_text(value) for value in values)
    consts = None
    if all(value.consts is not None for value in values):
        ways = [""]
        for value in values:
            ways = [way + _shown(one) for way in ways for one in value.consts or ()][:7]
        consts = tuple(dict.fromkeys(ways)) if 0 < len(ways) <= 6 else None
    return Value(taints, consts, _STR, text=text)


def _placed(values: list[Value]) -> list[Value]:
    """Each part as it stands behind those before it."""
    found: list[Value] = []
    before: tuple[str | None, ...] = ()
    for value in values:
        found.append(placed(before, value) if value.taints else value)
        before = joined_text((before, known_text(value)))
    return found


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _ends_in_path(run: Run, node: ir.Binary, env: Env) -> bool:
    """`host + "/orders/" + id`: the path of an address has begun before the last part."""
    left = node.left
    if not isinstance(left, ir.Binary) or left.op != "+" or not isinstance(left.right, ir.Const | ir.Name | ir.Attr):
        return False
    last = run.evaluate(left.right, env)
    return bool(last.consts) and all(isinstance(one, str) and _PATH.match(one) for one in last.consts or ())


@evaluates(ir.Binary)
def _binary(run: Run, node: ir.Binary, env: Env) -> Value:
    left = run.evaluate(node.left, env)
    right = run.evaluate(node.right, env)
    if node.op == "+" and (
        _is_own_address(left)
        or (_is_open(left) and _is_address(node.left))
        or _asks(left)
        or _ends_in_path(run, node, env)
    ):
        right = cleaned(right, ADDRESSES)
    if node.op == "+" and any("?" in one for one in known_text(left) if one):
        right = cleaned(right, ("path.file",))  # a page that is forwarded to was chosen before its query
    if node.op == "+" and run.language != "python":
        left, right = spelt(run, left), spelt(run, right)
    return binary(run, node.op, left, right, node)


def _may_find_nothing(operand: ir.Expr) -> bool:
    """`PAGES.get(name) || name`, `PAGES[name] || name`: what a table holds for a key that it may not hold."""
    if isinstance(operand, ir.Index):
        return not isinstance(operand.key, ir.Const)
    looks_up = isinstance(operand, ir.Call) and isinstance(operand.func, ir.Attr) and operand.func.name == "get"
    return (
        looks_up
        and isinstance(operand, ir.Call)
        and len(operand.args) == 1
        and not isinstance(operand.args[0], ir.Const)
    )


@evaluates(ir.Logic)
def _logic(run: Run, node: ir.Logic, env: Env) -> Value:
    found: list[Value] = []
    state = env
    for number, operand in enumerate(node.operands):
        value = run.evaluate(operand, state)
        last = number == len(node.operands) - 1
        known = truth(value, run.language) if node.op != "??" and not _may_find_nothing(operand) else None
        decided = (node.op == "or" and known is True) or (node.op == "and" and known is False)
        if last or decided:
            found.append(value)
            break
        if node.op == "or" and known is False:
            continue
        if node.op == "and" and known is True:
            state = refine(run, operand, dict(state), True)
            continue
        if node.op == "and":
            found.append(Value(consts=(False,)))
        else:
            found.append(value)
        state = refine(run, operand, dict(state), node.op == "and")
    return join_all(found)


@evaluates(ir.Unary)
def _unary(run: Run, node: ir.Unary, env: Env) -> Value:
    if node.op == "delete" and isinstance(node.operand, ir.Attr | ir.Index):
        if isinstance(node.operand, ir.Attr) or isinstance(node.operand.key, ir.Const):
            assign(run, node.operand, constant(None), env)  # else the fields stay what they are, one of them less
        return UNKNOWN
    return unary(run, node, run.evaluate(node.operand, env))


@evaluates(ir.Conditional)
def _conditional(run: Run, node: ir.Conditional, env: Env) -> Value:
    known = truth(run.evaluate(node.test, env), run.language)
    then = otherwise = None
    if known is not False:
        then = run.evaluate(node.then, refine(run, node.test, dict(env), True))
    if known is not True:
        otherwise = run.evaluate(node.otherwise, refine(run, node.test, dict(env), False))
    if then is None or otherwise is None:
        return then or otherwise or UNKNOWN
    return join(then, otherwise)


@evaluates(ir.Sequence)
def _sequence(run: Run, node: ir.Sequence, env: Env) -> Value:
    values: list[Value] = []
    spread: list[Value] = []
    for item in node.items:
        if isinstance(item, ir.Spread):
            whole = run.evaluate(item.value, env)
            if whole.fields is not None and whole.rest is None and not whole.taints and not spread:
                values += [whole.fields[key] for key in sorted(k for k in whole.fields if isinstance(k, int))]
            else:
                spread.append(element(whole))
        else:
            (spread if spread else values).append(run.evaluate(item, env))
    rest = join_all(no_options(spread)) if spread else None
    if len(values) > 40 or node.kind == "set":
        rest, values = join_all([*values, *([rest] if rest else [])]) if values else rest, []
    fields: dict[str | int, Value] = dict(enumerate(values))
    return Value(types=frozenset({node.kind}), fields=fields, rest=rest)


@evaluates(ir.Mapping)
def _mapping(run: Run, node: ir.Mapping, env: Env) -> Value:
    made = Value(types=_DICT, fields={})
    for key, part in node.pairs:
        value = run.evaluate(part, env)
        if key is None and isinstance(part, ir.Logic) and part.op == "and":
            value = run.evaluate(part.operands[-1], env)  # `...(title && { title })`: nothing is spread otherwise
        if key is None:
            made = with_spread(made, value)
            continue
        name_value = run.evaluate(key, env)
        known = name_value.consts[0] if name_value.consts and len(name_value.consts) == 1 else None
        if known is None and run.language != "python" and not isinstance(key, ir.Text):
            value = cleaned(value, UNNAMED, 0)  # the data of the key says whether a client names it
            made = made.but(taints=merge_taints(made.taints, name_value.taints))
        made = with_field(made, known if isinstance(known, str | int) else _beginning(key), value)
    return made


def _beginning(key: ir.Expr) -> str | None:
    """What a computed name is sure to begin with: `` {[`flags.${name}`]: true} `` sets no other field."""
    first = key.parts[0] if isinstance(key, ir.Text) and key.parts else None
    return first.value if isinstance(first, ir.Const) and isinstance(first.value, str) and first.value else None


@evaluates(ir.Spread)
def _spread(run: Run, node: ir.Spread, env: Env) -> Value:
    return run.evaluate(node.value, env)


@evaluates(ir.Lambda)
def _lambda(run: Run, node: ir.Lambda, env: Env) -> Value:
    return defined(run, node.function, env)


@evaluates(ir.ClassExpr)
def _class(run: Run, node: ir.ClassExpr, env: Env) -> Value:
    return defined(run, node.definition, env)


@evaluates(ir.Comprehension)
def _comprehension(run: Run, node: ir.Comprehension, env: Env) -> Value:
    state: Env = dict(env)
    run.enter_loop(node)
    for target, iterable, conditions in node.clauses:
        items = run.evaluate(iterable, state)
        assign(run, target, each(run, items), state, declares="let")
        for condition in conditions:
            run.evaluate(condition, state)
            state = refine(run, condition, state, True)
    rest = run.evaluate(node.element, state)
    if node.key is not None:
        run.evaluate(node.key, state)
    run.leave_loop()
    if node.kind == "dict":
        return Value(types=_DICT, rest=rest)
    return Value(types=frozenset({node.kind if node.kind == "set" else "list"}), rest=rest)


@evaluates(ir.Await)
def _await(run: Run, node: ir.Await, env: Env) -> Value:
    run.awaited.add((node.value.start, node.value.end))
    return waited_for(run, node, run.evaluate(node.value, env), env)


@evaluates(ir.Yield)
def _yield(run: Run, node: ir.Yield, env: Env) -> Value:
    if node.value is not None:
        run.returns.append(Value(types=_LIST, rest=run.evaluate(node.value, env)))
    return UNKNOWN


@evaluates(ir.Cast)
def _cast(run: Run, node: ir.Cast, env: Env) -> Value:
    value = run.evaluate(node.value, env)
    return value if node.type is None else typed(run, value, node.type)


@evaluates(ir.AssignExpr)
def _assigned(run: Run, node: ir.AssignExpr, env: Env) -> Value:
    value = run.evaluate(node.value, env)
    if node.op is not None:
        value = binary(run, node.op, run.evaluate(node.target, env), value, node)
    assign(run, node.target, value, env)
    return value


@evaluates(ir.Opaque)
def _opaque(run: Run, node: ir.Opaque, env: Env) -> Value:
    taints = NO_TAINTS
    for child in node.children:
        taints = merge_taints(taints, all_taints(run.evaluate(child, env), 2))
    return Value({taint.doubted(): trail for taint, trail in taints.items()})
