"""What `value.name` is: a field, a method, a name of a file or class, or something that a framework's roles tell."""

from backend_advisor.code import ir
from backend_advisor.code.enumerations import enumeration_constant, is_constant
from backend_advisor.code.names import FunctionRef, external, function_value, unit_name
from backend_advisor.code.program import ClassInfo, FunctionInfo, Unit
from backend_advisor.code.run import Run
from backend_advisor.code.settled import sets_up
from backend_advisor.code.taints import Taint, Taints, merge_taints, station
from backend_advisor.code.types import NO_TEXT, is_harmless, is_text
from backend_advisor.code.values import NO_TYPES, UNKNOWN, Value, join, join_all, types_of

_MOST = 8
_LAST = frozenset({("req", "res"), ("request", "response"), ("request", "reply")})


def member(run: Run, value: Value, name: str, node: ir.Expr | None) -> Value:
    """What stands under a name of a value."""
    if value.fields is not None and name in value.fields:
        found = value.fields[name]
        return found if not value.taints else found.but(taints=merge_taints(found.taints, _derived(value, name)))
    if name == "length" and run.language != "python" and not value.refs and (value.taints or not value.name):
        return UNKNOWN  # a number
    found_parts: list[Value] = []
    for ref in value.refs:
        part = _of_ref(run, ref, name, node)
        if part is not None:
            found_parts.append(part)
    for kind in types_of(value):
        part = _of_type(run, value, kind, name, node)
        if part is not None:
            found_parts.append(part)
    if found_parts:
        return join_all(found_parts)
    if value.name is not None and not value.types:
        inside = _class_of_package(run, value, name)
        if inside is not None:
            return Value(refs=(inside,))
        made = external(run, f"{value.name}.{name}", node)
        return made if not value.taints else made.but(taints=merge_taints(made.taints, value.taints))
    if value.rest is not None:
        return value.rest if not value.taints else value.rest.but(taints=merge_taints(value.rest.taints, value.taints))
    kinds = next(iter(types_of(value)), None)
    return Value(_derived(value, name), name=f"{kinds}.{name}" if kinds is not None else None)


def _class_of_package(run: Run, package: Value, name: str) -> ClassInfo | None:
    """A class of the program that Java code names in full: `new org.shop.Cart()`."""
    if run.language != "java" or package.name is None or not name[:1].isupper():
        return None
    return run.machine.program.packages.get(package.name, {}).get(name)


def _derived(value: Value, name: str) -> Taints:
    return {taint.at(name): trail for taint, trail in value.taints.items()}


def _of_ref(run: Run, ref: object, name: str, node: ir.Expr | None) -> Value | None:
    if isinstance(ref, Unit):
        return _of_unit(run, ref, name, node)
    if isinstance(ref, ClassInfo):
        return class_member(run, ref, name, node)
    return None


def _of_unit(run: Run, unit: Unit, name: str, node: ir.Expr | None) -> Value | None:
    if unit.language == "python":
        found = run.machine.unit_env(unit).get(name)
        if found is not None:
            return found
        inner = run.machine.submodule(unit, name)
        return Value(refs=(inner,)) if inner is not None else unit_name(run, unit, name, node)
    run.machine.unit_env(unit)
    if name in unit.exports:
        return unit.exports[name]  # type: ignore[no-any-return]
    if unit.module.in_part and unit.language != "java":
        whole = unit.exports.get(None)
        return ((whole.fields or {}).get(name) if whole is not None else None) or run.machine.hoisted(unit, name)
    return unit_name(run, unit, name, node) if unit.language == "java" else None


def class_member(run: Run, info: ClassInfo, name: str, node: ir.Expr | None) -> Value | None:
    """A static member of a class: a field, method, inner class or enumeration constant."""
    if name in info.classes:
        return Value(refs=(info.classes[name],))
    if name == "class":
        return Value(refs=(info,))
    methods = run.machine.program.method(info, name)
    if methods:
        return join_all(function_value(method, run.machine.closure_of(method), None) for method in methods[:_MOST])
    for one in run.machine.program.ancestry(info):
        if name in one.fields:
            if is_constant(one, name):
                return enumeration_constant(run, one, name)
            found = run.machine.objects.class_field(run, one, name)
            if found is not None:
                return found
    for base in run.machine.objects.bases(info):
        role = run.machine.roles.attribute(base, name)
        if role is not None:
            return Value(types=frozenset({role.type}) if role.type else NO_TYPES, name=f"{base}.{name}")
    kinds = run.machine.objects.bases(info)
    return Value(name=f"{kinds[0]}.{name}", types=NO_TYPES, fields={"(class)": Value(refs=(info,))}) if kinds else None


def _of_type(run: Run, value: Value, kind: str, name: str, node: ir.Expr | None) -> Value | None:
    info = run.machine.program.classes.get(kind)
    if info is not None:
        return _of_instance(run, value, info, name, node)
    role = run.machine.roles.attribute(kind, name)
    holder = (_keeper(run, kind) if run.machine.roles.kept else None) or kind
    kept = run.machine.objects.attribute_of(holder, name) if role is None or role.source is None else None
    if role is None:
        return kept if kept is None else kept.but(taints=merge_taints(kept.taints, _derived(value, name)))
    taints = _derived(value, name)
    if role.source is not None:
        start, end = (node.start, node.end) if node is not None else (0, 0)
        taints = {Taint(role.source).clean(role.cleans): station("source", run.unit.path, start, end, None)}
    elif role.cleans:
        taints = {taint.clean(role.cleans): trail for taint, trail in taints.items()}
    found = Value(taints, types=frozenset({role.type}) if role.type else NO_TYPES, name=f"{kind}.{name}")
    if role.several:
        return Value(taints, types=frozenset({"list"}), rest=found)
    if kept is None:
        return found
    return kept.but(taints=merge_taints(kept.taints, found.taints), types=kept.types | found.types)


def _of_instance(run: Run, value: Value, info: ClassInfo, name: str, node: ir.Expr | None) -> Value | None:
    if run.language == "java" and name in info.classes:
        return Value(refs=(info.classes[name],))
    for one in run.machine.program.ancestry(info):
        stated = one.fields.get(name)
        if stated is None:
            continue
        found = run.machine.objects.class_field(run, one, name) or UNKNOWN
        if value.taints and not is_harmless(run, stated.type):
            derived = _derived(value, name)
            if run.language in ("python", "java") and is_text(run, stated.type):
                derived = {taint.clean(NO_TEXT): trail for taint, trail in derived.items()}
            return found.but(taints=merge_taints(found.taints, derived))
        return found
    methods = methods_of(run, info, name)
    if methods:
        plain = [m for m in methods if not is_property(m)]
        if plain:
            return join_all(
                function_value(m, run.machine.closure_of(m), _as_owner(run, value, info, m)) for m in plain[:_MOST]
            )
        results = [
            run.machine.functions.invoke(run, FunctionRef(m, run.machine.closure_of(m), value), [], {}, node)
            for m in methods[:2]
        ]
        return join_all(results)
    found_field = run.machine.objects.class_field(run, info, name)
    if found_field is not None:
        if value.taints:
            return found_field.but(taints=merge_taints(found_field.taints, _derived(value, name)))
        return found_field
    for base in run.machine.objects.bases(info):
        role = run.machine.roles.attribute(base, name)
        if role is not None:
            return _of_type(run, value, base, name, node)
    return None


def _as_owner(run: Run, value: Value, stated: ClassInfo, method: FunctionInfo) -> Value:
    """The object that a method runs on: of the class that implements it, where the stated type is above that."""
    owner = method.owner
    if owner is None or owner in run.machine.program.ancestry(stated):
        return value
    return value.but(types=frozenset({owner.name}))


def is_property(info: FunctionInfo) -> bool:
    """Whether a method is read like a field."""
    if "get" in info.node.modifiers:
        return True
    names = {getattr(d, "id", None) or getattr(d, "name", None) for d in info.node.decorators}
    return bool(names & {"property", "cached_property", "hybrid_property"})


def methods_of(run: Run, info: ClassInfo, name: str) -> list[FunctionInfo]:
    """The methods that a call on some object of a class can reach: its own, and those of everything that inherits."""
    known = run.machine.reachable.get((info, name)) if run.machine.objects.linked else None
    if known is None:
        known = run.machine.reachable[info, name] = _reachable(run, info, name)
    return known


def _reachable(run: Run, info: ClassInfo, name: str) -> list[FunctionInfo]:
    program = run.machine.program
    own = program.method(info, name)
    # A call on an interface reaches what implements it; on a class, its own method is the likely one.
    bodies = [method for method in own if method.node.body]
    if bodies and info.node.kind == "class" and "abstract" not in info.node.modifiers:
        return own
    found = list(bodies)
    for child in program.implementations(info)[1:]:
        found += [method for method in child.methods.get(name, ()) if method.node.body and method not in found]
    return found[:_MOST] or own


def field_written(run: Run, holder: Value, key: str | int | None, value: Value, *, changed: bool = False) -> None:
    """Remember what is written to fields of objects of the program, for the methods that read them. `changed`: it is
    the object that was there before, in another state."""
    if not isinstance(key, str):
        return
    for kind in types_of(holder):
        info = run.machine.program.classes.get(kind)
        if info is not None:
            run.machine.objects.field_gained(info, key, value, changed=changed and sets_up(run))
        elif run.machine.roles.kept and (held := _keeper(run, kind)) is not None:
            run.machine.objects.application_kept(held, key, value)
        elif run.language in ("javascript", "typescript") and not _answers_last(run.info):
            run.machine.objects.attribute_kept(kind, key, value)
    for ref in holder.refs:
        if isinstance(ref, ClassInfo):
            run.machine.objects.field_gained(ref, key, value)
        elif isinstance(ref, Unit):
            env = run.machine.unit_env(ref)
            env[key] = join(env[key], value) if key in env else value


def _keeper(run: Run, kind: str) -> str | None:
    """The type under which an object keeps what the program writes to it, when it does."""
    roles = run.machine.roles
    return next((one for one in roles.ancestry(kind) if one in roles.kept), None)


def _answers_last(info: FunctionInfo | None) -> bool:
    """Whether nothing comes after a function that answers requests to read what it keeps on them: `(req, res) => …`."""
    while info is not None:
        if tuple(param.name for param in info.node.params) in _LAST:
            return True
        info = info.outer
    return False
