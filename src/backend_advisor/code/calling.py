"""Calls: finding what is called, and what the call gives."""

import re
from itertools import islice

from backend_advisor.code import ir
from backend_advisor.code.accessors import accessor
from backend_advisor.code.assignment import write_back
from backend_advisor.code.builtins import builtin
from backend_advisor.code.clearing import as_checked
from backend_advisor.code.containers import holds_elements, is_container
from backend_advisor.code.meaning import apply_role
from backend_advisor.code.members import member
from backend_advisor.code.names import FunctionRef, around
from backend_advisor.code.overloads import fitting
from backend_advisor.code.program import ClassInfo, Unit
from backend_advisor.code.records import note_filled, note_set
from backend_advisor.code.reflection import reflected
from backend_advisor.code.roles import CallRole
from backend_advisor.code.run import CHECKED, Env, Run, evaluates
from backend_advisor.code.settings import asked_setting, read_by
from backend_advisor.code.site import Site
from backend_advisor.code.taints import merge_taints
from backend_advisor.code.tree import name_of
from backend_advisor.code.values import (
    UNKNOWN,
    Value,
    all_taints,
    cleaned,
    doubtful,
    element,
    join_all,
    types_of,
    with_field,
)

_LOOKS_UP = re.compile(
    r"(?:get|find|load|fetch|look_?up|query|search|select|retrieve|require|resolve|first|one)(?:$|_|[A-Z])"
)

_CHECKS = re.compile(
    r"(?i)_*(?:validate|sanitize|sanitise|ensure|assert|verify|check|clean|normali[sz]e|escape|encode_?(?:for|html|ldap|xml)|"
    r"html_?encode|replace_?entities|get_?safe|make_?safe|"
    r"to_?safe|safe|(?:resolve|join|build)_?(?:safe|secure)|is_?valid|filter)(?:$|_|(?-i:[A-Z]))"
)


@evaluates(ir.Call)
def _call(run: Run, node: ir.Call, env: Env) -> Value:
    value = _answer(run, node, env)
    return as_checked(run, node, value, env) if CHECKED in env and value.taints else value


def _answer(run: Run, node: ir.Call, env: Env) -> Value:
    site = _site(run, node, env)
    if node.body is not None:
        _initialise(run, node.body, node, env)
    if isinstance(node.func, ir.Name) and node.func.id == "super" and run.language != "python":
        return _super(run, site)
    special = _special(run, node, site)
    if special is not None:
        return special
    called, roles = _targets(run, node, site)
    note_filled(run, node, site, called)
    if not called and not roles and (made := accessor(run, site)) is not None:
        return made
    results: list[Value] = []
    if isinstance(node.func, ir.Attr) or not called:
        outcome = builtin(run, site, bool(called) or bool(roles))
        if outcome is not None:
            for role in roles:
                apply_role(run, role, site, certain=role.receiver is None)
            return outcome
    for target in called[:8]:
        results.append(_into(run, target, site))
    for role in roles:
        given = apply_role(run, role, site, certain=role.receiver is None)
        results.append(given if given.taints else read_by(run, role.name) or given)
    if any(result.name == "(ends)" for result in results):
        return Value(name="(ends)")
    return join_all(results) if results else _unknown(run, node, site)


def _initialise(run: Run, body: ir.Class, node: ir.Call, env: Env) -> None:
    """Run what stands in the braces of `new SQL() {{ SELECT("*"); ORDER_BY(sort); }}` with the variables around it."""
    if not any(method.name == body.name for method in body.methods):
        return
    info = run.machine.program.add_class(body, run.unit, run.info.owner if run.info is not None else None, run.info)
    run.machine.objects.bases(info)
    for method in info.methods.get(body.name, ()):
        this = Value(types=frozenset({info.name}))
        run.machine.functions.invoke(run, FunctionRef(method, around(run, env), this), [], {}, node)


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
    if node.new and run.language == "java" and receiver is not None and receiver.name is not None:
        # `new java.util.ArrayList<>()` runs on nothing: what stands before the dot is a package or a class.
        receiver = receiver_expr = None
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
            for field, part in (value.fields or {}).items():
                if isinstance(field, str):
                    site.keywords.setdefault(field, part)
        else:
            site.keywords[key] = value
            site.keyword_exprs[key] = argument
    return site


def _unpack(site: Site, value: Value, argument: ir.Expr) -> None:
    known = value.fields
    if known is not None and value.rest is None and all(isinstance(key, int) for key in known):
        site.args += [known[key] for key in sorted(known)]
        site.arg_exprs += [argument] * len(known)
    else:
        site.unpacked = element(value)


def _is_super(expression: ir.Expr | None) -> bool:
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
        # Behind a call that nothing is known of there is most likely the name of a field, not what the client sent.
        site.args[1] = site.args[1].but(
            taints={taint.doubted() if taint.unsure else taint: trail for taint, trail in site.args[1].taints.items()}
        )
        run.machine.note_roles(run, "getattr", site)
        return _any_member(run, site.args[0])
    if site.name == "setattr" and site.receiver is None and len(site.args) == 3:
        key = site.args[1].consts
        known = key[0] if key and len(key) == 1 and isinstance(key[0], str) else None
        note_set(run, site)
        write_back(run, site.arg_exprs[0], with_field(site.args[0], known, site.args[2]), site.env)
        return UNKNOWN
    if site.name == "super" and run.language == "python":
        return _super_value(run, site.env)
    return reflected(run, site) if run.language == "java" else None


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
            roles += [role for kind in types_of(value) if (role := machine.method_role(kind, "__call__"))]
            site.called = value if roles else None
        return fitting(called, site) if len(called) > 1 and run.language == "java" else called, roles
    if receiver.refs or receiver.fields or receiver.types & machine.program.classes.keys():
        value = member(run, receiver, site.name, node.func)
        called += _not_below(run, site, [ref for ref in value.refs if isinstance(ref, FunctionRef | ClassInfo)])
        if value.name is not None and not called and (role := machine.roles.calls.get(value.name)):
            roles.append(role)
        roles += _of_field(run, value) if not called and not roles else []
    general = machine.roles.general & receiver.types if len(receiver.types) > 1 else ()
    for kind in types_of(receiver):
        role = machine.method_role(kind, site.name) if kind not in general else None
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
    return fitting(called, site) if len(called) > 1 and run.language == "java" else called, roles


def _not_below(run: Run, site: Site, found: list[FunctionRef | ClassInfo]) -> list[FunctionRef | ClassInfo]:
    """What is called, without the functions of the class at work and of those made of it where it is called on
    `super()`, which never comes back down."""
    owner = run.info.owner if run.info is not None else None
    if owner is None or not found or not _is_super(site.receiver_expr):
        return found
    return [
        ref
        for ref in found
        if not isinstance(ref, FunctionRef)
        or ref.info.owner is None
        or owner not in run.machine.program.ancestry(ref.info.owner)
    ]


def _of_field(run: Run, held: Value) -> list[CallRole]:
    """What calling a field means whose type is one that is called: `this.db("orders")` of knex."""
    if run.language in ("python", "java"):
        return []
    return [role for kind in held.types if (role := run.machine.method_role(kind, "__call__"))]


def _by_name_only(run: Run, site: Site) -> list[CallRole]:
    candidates = run.machine.roles.wild.get(site.name)
    if not candidates or site.receiver is None:
        return []
    if site.receiver.types & run.machine.known_types() or _collects(site.receiver) or site.receiver.consts:
        return []
    key = (site.name, name_of(site.receiver_expr))
    named = run.machine.named
    if key not in named:
        fits = (role for role in candidates if role.receiver is None or role.receiver.search(key[1]))
        named[key] = list(islice(fits, 1))
    return named[key]


def _collects(value: Value) -> bool:
    """Whether a value is a collection rather than an object with some attributes."""
    if not is_container(value):
        return False
    return value.rest is not None or bool(value.types) or any(isinstance(key, int) for key in value.fields or ())


def _into(run: Run, target: FunctionRef | ClassInfo, site: Site) -> Value:
    if isinstance(target, ClassInfo):
        return run.machine.objects.construct(run, target, site)
    if run.language != "python" and isinstance(site.node, ir.Call) and site.node.new:
        return run.machine.objects.construct_with(run, target, site)
    made = asked_setting(run, target.info, site, run.machine.functions.call_function(run, target, site))
    if made.taints and (escaped := run.machine.cleared_by(target.info)):
        return cleaned(made, escaped)
    # What a function named so gives back has been checked in a way that is too long to follow.
    return doubtful(made, 2) if _CHECKS.match(target.info.node.name) else made


def _unknown(run: Run, node: ir.Call, site: Site) -> Value:
    """A call that nothing is known of: its result may hold whatever went in."""
    for argument in site.args:
        for ref in argument.refs:
            if isinstance(ref, FunctionRef):
                run.machine.call_later(ref)
    held = all_taints(site.receiver, 3) if site.receiver is not None else {}
    given = merge_taints(*(all_taints(value, 3) for value in site.everything() if value is not site.receiver))
    # A method of the data itself most likely gives some of it; what becomes of an argument, or comes of an object that
    # only keeps some data, is less sure, and what is looked up (a record, a service, a setting) is seldom the data.
    receiver = site.receiver or UNKNOWN
    collects = receiver.rest is not None or any(holds_elements(kind) for kind in receiver.types)
    own = held if collects else receiver.taints
    # What an unknown call is waited for is an answer of somebody else.
    looks_up = isinstance(node.func, ir.Attr) and _LOOKS_UP.match(site.name) is not None
    doubts = 2 if looks_up or run.is_awaited(node) else 1
    others = {**held, **given}
    doubted = merge_taints(own, {taint.doubted(doubts): trail for taint, trail in others.items() if taint not in own})
    if isinstance(node.func, ir.Attr) and site.receiver is not None:
        base = site.receiver.name
        name = f"{base}.{site.name}" if base else None
        return Value(doubted, name=f"{name}()" if name else None)
    if node.new or site.name.rsplit(".", 1)[-1][:1].isupper():
        return Value(doubted, types=frozenset({site.name}) if site.name else frozenset())
    return Value(doubted)
