"""Calls: finding what is called, and what the call gives."""

from backend_advisor.code import ir
from backend_advisor.code.assignment import write_back
from backend_advisor.code.callbacks import higher_order
from backend_advisor.code.containers import container_method, holds_elements, is_container
from backend_advisor.code.expressions import concatenated
from backend_advisor.code.folding import fold_function, fold_method
from backend_advisor.code.meaning import apply_role
from backend_advisor.code.members import member
from backend_advisor.code.names import FunctionRef, instance
from backend_advisor.code.operations import template_parts
from backend_advisor.code.program import ClassInfo, Unit
from backend_advisor.code.roles import CallRole
from backend_advisor.code.run import Env, Run, evaluates
from backend_advisor.code.site import Site
from backend_advisor.code.values import (
    UNKNOWN,
    Value,
    all_taints,
    constant,
    element,
    join_all,
    joined_text,
    known_text,
    merge_taints,
    with_field,
)

_BUILDERS = frozenset({"java.lang.StringBuilder", "java.lang.StringBuffer"})
_FORMATTERS = frozenset({"format", "String.format", "java.lang.String.format", "formatted", "util.format"})


@evaluates(ir.Call)
def _call(run: Run, node: ir.Call, env: Env) -> Value:
    site = _site(run, node, env)
    if isinstance(node.func, ir.Name) and node.func.id == "super" and run.language != "python":
        return _super(run, site)
    special = _special(run, node, site)
    if special is not None:
        return special
    called, roles = _targets(run, node, site)
    results: list[Value] = []
    if isinstance(node.func, ir.Attr) or not roles:
        outcome = _builtin(run, node, site, bool(called) or bool(roles))
        if outcome is not None:
            for role in roles:
                apply_role(run, role, site, certain=role.receiver is None)
            return outcome
    for target in called[:8]:
        results.append(_into(run, target, site))
    for role in roles:
        results.append(apply_role(run, role, site, certain=role.receiver is None))
    if any(result.name == "(ends)" for result in results):
        return Value(name="(ends)")
    return join_all(results) if results else _unknown(run, node, site)


def _site(run: Run, node: ir.Call, env: Env) -> Site:
    func = node.func
    receiver: Value | None = None
    receiver_expr: ir.Expr | None = None
    if isinstance(func, ir.Attr):
        receiver_expr = func.value
        receiver = _super_value(run, env) if _is_super(func.value) else run.evaluate(func.value, env)
        name = func.name
    else:
        name = func.id if isinstance(func, ir.Name) else ""
    site = Site(node, name, receiver, receiver_expr, [], [], env=env)
    for argument in node.args:
        if isinstance(argument, ir.Spread):
            _unpack(site, run.evaluate(argument.value, env), argument)
        else:
            site.args.append(run.evaluate(argument, env))
            site.arg_exprs.append(argument)
    for key, argument in node.keywords:
        value = run.evaluate(argument, env)
        if key == "**":
            site.unpacked = value if site.unpacked is None else join_all((site.unpacked, value))
            for name, part in (value.fields or {}).items():
                if isinstance(name, str):
                    site.keywords.setdefault(name, part)
        else:
            site.keywords[key] = value
            site.keyword_exprs[key] = argument
    return site


def _unpack(site: Site, value: Value, argument: ir.Expr) -> None:
    known = value.fields
    if known is not None and value.rest is None and all(isinstance(key, int) for key in known):
        site.args += [known[key] for key in sorted(known)]  # type: ignore[type-var]
        site.arg_exprs += [argument] * len(known)
    else:
        site.unpacked = element(value)


def _is_super(expression: ir.Expr) -> bool:
    if isinstance(expression, ir.Call):
        expression = expression.func
    return isinstance(expression, ir.Name) and expression.id == "super"


def _super_value(run: Run, env: Env) -> Value:
    this = run.machine.objects.this_of(run, env)
    owner = run.info.owner if run.info is not None else None
    if owner is None or this is None:
        return UNKNOWN
    bases = run.machine.objects.bases(owner)
    return this.but(types=frozenset(bases), fields=None, refs=())


def _super(run: Run, site: Site) -> Value:
    this = site.env.get("this")
    owner = run.info.owner if run.info is not None else None
    if this is None or owner is None:
        return UNKNOWN
    for base in run.machine.objects.bases(owner):
        info = run.machine.program.classes.get(base)
        if info is not None:
            after = run.machine.objects.construct_into(run, info, this, site)
            site.env["this"] = after
    return UNKNOWN


def _special(run: Run, node: ir.Call, site: Site) -> Value | None:
    """Functions of the language itself that look things up by name."""
    if site.name == "getattr" and site.receiver is None and len(site.args) >= 2:
        names = site.args[1].consts
        if names and all(isinstance(one, str) for one in names):
            return join_all(member(run, site.args[0], str(one), node) for one in names)
        run.machine.note_roles(run, "getattr", site)
        return _any_member(run, site.args[0])
    if site.name == "setattr" and site.receiver is None and len(site.args) == 3:
        key = site.args[1].consts
        known = key[0] if key and len(key) == 1 and isinstance(key[0], str) else None
        write_back(run, site.arg_exprs[0], with_field(site.args[0], known, site.args[2]), site.env)
        return UNKNOWN
    if site.name == "super" and run.language == "python":
        return _super_value(run, site.env)
    return None


def _any_member(run: Run, holder: Value) -> Value:
    found: list[Value] = []
    for ref in holder.refs:
        if isinstance(ref, Unit):
            found += [Value(refs=(info,)) for info in list(ref.classes.values())[:8]]
        elif isinstance(ref, ClassInfo):
            found += [member(run, holder, name, None) for name in list(ref.methods)[:8]]
    return join_all(found) if found else Value(all_taints(holder, 1))


def _targets(run: Run, node: ir.Call, site: Site) -> tuple[list[FunctionRef | ClassInfo], list[CallRole]]:
    """The program's functions and the frameworks' roles that a call may mean."""
    called: list[FunctionRef | ClassInfo] = []
    roles: list[CallRole] = []
    machine = run.machine
    receiver = site.receiver
    if receiver is None:
        value = run.evaluate(node.func, site.env)
        called += [ref for ref in value.refs if isinstance(ref, FunctionRef | ClassInfo)]
        if value.name is not None:
            role = machine.roles.calls.get(value.name)
            if role is not None:
                roles.append(role)
            site.name = value.name
        elif value.types and not called:
            roles += [role for kind in value.types if (role := machine.method_role(kind, "__call__"))]
        return called, roles
    if receiver.refs or receiver.fields or receiver.types & machine.program.classes.keys():
        value = member(run, receiver, site.name, node.func)
        called += [ref for ref in value.refs if isinstance(ref, FunctionRef | ClassInfo)]
        if value.name is not None and not called and (role := machine.roles.calls.get(value.name)):
            roles.append(role)
    for kind in receiver.types:
        role = machine.method_role(kind, site.name)
        if role is not None and role not in roles:
            roles.append(role)
    if not roles and receiver.name is not None and (role := machine.roles.calls.get(f"{receiver.name}.{site.name}")):
        roles.append(role)
    for ref in receiver.refs:
        if isinstance(ref, ClassInfo) and not called:
            roles += [
                r
                for base in machine.objects.bases(ref)
                if (r := machine.roles.method(base, site.name)) and r not in roles
            ]
    if not called and not roles:
        roles += _by_name_only(run, site)
    return called, roles


def _by_name_only(run: Run, site: Site) -> list[CallRole]:
    candidates = run.machine.roles.wild.get(site.name)
    if not candidates or site.receiver is None:
        return []
    if site.receiver.types & run.machine.known_types() or is_container(site.receiver) or site.receiver.consts:
        return []
    word = last_word(site.receiver_expr)
    for role in candidates:
        if role.receiver is None or role.receiver.search(word):
            return [role]
    return []


def last_word(expression: ir.Expr | None) -> str:
    """The last name of what a method is called on: `db` in `this.app.db` and in `get_db()`."""
    if isinstance(expression, ir.Name):
        return expression.id
    if isinstance(expression, ir.Attr):
        return expression.name
    if isinstance(expression, ir.Call):
        return last_word(expression.func)
    if isinstance(expression, ir.Await | ir.Cast | ir.Index):
        return last_word(expression.value)
    return ""


def _into(run: Run, target: FunctionRef | ClassInfo, site: Site) -> Value:
    if isinstance(target, ClassInfo):
        return run.machine.objects.construct(run, target, site)
    return run.machine.functions.call_function(run, target, site)


def _builtin(run: Run, node: ir.Call, site: Site, known: bool) -> Value | None:
    """Methods of strings, collections and functions, which every program has."""
    receiver = site.receiver
    if receiver is None:
        consts = fold_function(site.name, site.args)
        if consts is not None:
            return Value(
                consts=consts, taints=merge_taints(*(arg.taints for arg in site.args)) if site.name == "str" else {}
            )
        return _constructed(site) if not known or holds_elements(site.name) else None
    if receiver.consts:
        found = _text_method(site, receiver)
        if found is not None:
            return found
    if receiver.types & _BUILDERS:
        return _builder(run, site, receiver)
    if receiver.name in _FORMATTERS or (receiver.name or "") + "." + site.name in _FORMATTERS:
        return _formatted(site.args[0] if site.args else UNKNOWN, [*site.args[1:], *site.keywords.values()])
    found = higher_order(run, site)
    if found is not None:
        return found
    if is_container(receiver) and not receiver.types & run.machine.program.classes.keys():
        if receiver.fields and site.name in receiver.fields and receiver.fields[site.name].refs:
            return None
        outcome = container_method(site.name, receiver, site.args)
        if outcome is not None:
            if outcome.after is not None and site.receiver_expr is not None:
                write_back(run, site.receiver_expr, outcome.after, site.env)
            return outcome.result
    if known:
        return None
    if site.name in ("toString", "strip", "trim", "lower", "upper", "toLowerCase", "toUpperCase", "encode", "decode"):
        return receiver.but(
            fields=None,
            rest=None,
            consts=None,
            text=None,
            refs=(),
            types=frozenset({"str"}),
            name=None,
            taints=all_taints(receiver, 2),
        )
    if site.name in (
        "length",
        "size",
        "count",
        "indexOf",
        "isEmpty",
        "hashCode",
        "find",
        "startswith",
        "endswith",
        "startsWith",
        "endsWith",
        "equals",
    ):
        return UNKNOWN
    return None


def _text_method(site: Site, receiver: Value) -> Value | None:
    if site.name == "format" and isinstance((receiver.consts or (None,))[0], str):
        return _formatted(receiver, [*site.args, *site.keywords.values()])
    if site.name == "join" and site.args:
        inner = site.args[0]
        items = inner.fields
        if items is not None and inner.rest is None:
            parts: list[Value] = []
            for number, key in enumerate(items):
                parts += ([receiver] if number else []) + [items[key]]
            return concatenated(parts)
        return Value(all_taints(inner), types=frozenset({"str"}))
    consts = fold_method(site.name, receiver, site.args)
    if consts is not None:
        return Value(merge_taints(receiver.taints, *(arg.taints for arg in site.args)), consts)
    return None


def _formatted(template: Value, args: list[Value]) -> Value:
    taints = merge_taints(*(all_taints(arg, 3) for arg in (template, *args)))
    if template.consts and len(template.consts) == 1 and isinstance(template.consts[0], str):
        return Value(taints, types=frozenset({"str"}), text=template_parts(template.consts[0]))
    return Value(taints, types=frozenset({"str"}))


def _builder(run: Run, site: Site, receiver: Value) -> Value | None:
    if site.name in ("append", "insert", "replace") and site.args:
        text = known_text(receiver) if receiver.text is not None else ()
        made = receiver.but(
            taints=merge_taints(receiver.taints, all_taints(site.args[-1], 2)),
            text=joined_text((text, known_text(site.args[-1]))) if site.name == "append" else (None,),
        )
        if site.receiver_expr is not None:
            write_back(run, _root(site.receiver_expr), made, site.env)
        return made
    if site.name == "toString":
        return Value(receiver.taints, types=frozenset({"str"}), text=receiver.text)
    return receiver.but(text=(None,)) if site.name in ("reverse", "substring", "deleteCharAt", "setLength") else None


def _root(expression: ir.Expr) -> ir.Expr:
    """What a chain of calls such as `sb.append(a).append(b)` is made on."""
    while isinstance(expression, ir.Call) and isinstance(expression.func, ir.Attr):
        expression = expression.func.value
    return expression


def _constructed(site: Site) -> Value | None:
    short = site.name
    if short in _BUILDERS:
        text = known_text(site.args[0]) if site.args and isinstance((site.args[0].consts or (0,))[0], str) else ()
        taints = all_taints(site.args[0], 1) if site.args else {}
        return Value(taints, types=frozenset({short}), text=text)
    if not holds_elements(short):
        return None
    kind = {
        "list": "list",
        "dict": "dict",
        "set": "set",
        "tuple": "tuple",
        "Array": "list",
        "Set": "set",
        "Map": "dict",
    }.get(short, short)
    types = frozenset({kind})
    if not site.args:
        return (
            Value(types=types, fields={**site.keywords})
            if not site.unpacked
            else Value(types=types, rest=site.unpacked)
        )
    first = site.args[0]
    if is_container(first):
        return first.but(types=types, consts=None)
    if first.consts and isinstance(first.consts[0], int):
        return Value(types=types, fields={})
    return (
        Value(all_taints(first), types=types, fields={**site.keywords})
        if first.taints
        else Value(types=types, fields={})
    )


def _unknown(run: Run, node: ir.Call, site: Site) -> Value:
    """A call that nothing is known of: its result may hold whatever went in."""
    for argument in site.args:
        for ref in argument.refs:
            if isinstance(ref, FunctionRef):
                run.machine.call_later(ref)
    own = all_taints(site.receiver, 3) if site.receiver is not None else {}
    given = merge_taints(*(all_taints(value, 3) for value in site.everything() if value is not site.receiver))
    # A method of the data itself most likely gives some of it; what becomes of an argument is less sure.
    doubted = merge_taints(own, {taint.doubted(): trail for taint, trail in given.items() if taint not in own})
    if isinstance(node.func, ir.Attr):
        base = site.receiver.name if site.receiver is not None else None
        name = f"{base}.{site.name}" if base else None
        return Value(doubted, name=f"{name}()" if name else None)
    if node.new or site.name.rsplit(".", 1)[-1][:1].isupper():
        return Value(doubted, types=frozenset({site.name}) if site.name else frozenset())
    return Value(doubted)


__all__ = ["constant", "instance", "last_word"]
