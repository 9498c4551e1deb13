"""What a name stands for: a variable, something of the program, an import, or something outside of it."""

from collections.abc import Mapping
from typing import Any

from backend_advisor.code import ir
from backend_advisor.code.documents import document
from backend_advisor.code.program import ClassInfo, FunctionInfo, Unit
from backend_advisor.code.run import Env, Run
from backend_advisor.code.taints import Taint, station
from backend_advisor.code.values import NO_TYPES, UNKNOWN, Value, join


class FunctionRef:
    """A function as a value: with what its free names are, and the object it is bound to. Equal for one function."""

    __slots__ = ("bound", "closure", "info")

    def __init__(self, info: FunctionInfo, closure: Mapping[str, Value], bound: Value | None = None) -> None:
        self.info = info
        self.closure = closure
        self.bound = bound

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionRef) and other.info is self.info

    def __hash__(self) -> int:
        return id(self.info)

    def __repr__(self) -> str:
        return f"<{self.info.name}>"


def function_value(info: FunctionInfo, closure: Mapping[str, Value], bound: Value | None = None) -> Value:
    """A function as a value."""
    return Value(refs=(FunctionRef(info, closure, bound),))


def instance(info: ClassInfo) -> Value:
    """Some object of a class of the program."""
    return Value(types=frozenset({info.name}))


def name_value(run: Run, node: ir.Name, env: Env) -> Value:
    """What a name that is no local variable stands for."""
    name = node.id
    found = run.closure.get(name)
    if found is not None:
        return found
    this = env.get("this")
    if this is not None and run.info is not None and run.language == "java":
        member = _implicit_member(run, name, this)
        if member is not None:
            return member
    return unit_name(run, run.unit, name, node)


def _implicit_member(run: Run, name: str, this: Value) -> Value | None:
    owner = run.info.owner if run.info is not None else None
    while owner is not None:
        for one in run.machine.program.ancestry(owner):
            if name in one.fields:
                if {"static", "final"}.issubset(one.fields[name].modifiers):
                    constant = run.machine.objects.class_field(run, one, name)
                    if constant is not None:
                        return constant  # whatever the object was made of, this is the class's own
                from backend_advisor.code.members import member  # members resolves names too

                return member(run, this if owner is run.info.owner else instance(owner), name, None)  # type: ignore[union-attr]
            if name in one.classes:
                return Value(refs=(one.classes[name],))
        owner = owner.outer
    return None


def is_own_field(run: Run, name: str, env: Env) -> bool:
    """Whether a bare name of Java that is no variable is a field of the object: `total = …` is `this.total = …`."""
    if run.language != "java" or "this" not in env or run.info is None or run.info.owner is None:
        return False
    owners = (one for one in run.machine.program.ancestry(run.info.owner) if name in one.fields)
    declared = next(owners, None)
    own = run.info.node.modifiers
    return declared is not None and ("static" not in declared.fields[name].modifiers or "static" in own)


def unit_name(run: Run, unit: Unit, name: str, node: ir.Expr | None = None) -> Value:
    """What a name means at the top level of a file."""
    env = run.machine.unit_env(unit)
    found = env.get(name)
    if found is not None:
        return found
    if name in unit.classes:
        return Value(refs=(unit.classes[name],))
    statement = unit.imports.get(name)
    if statement is not None:
        return imported(run, unit, statement)
    hoisted = run.machine.hoisted(unit, name)
    if hoisted is not None:
        return hoisted
    if unit.language == "java":
        return _java_name(run, unit, name)
    for star in unit.stars:
        located = run.machine.program.locate(star, unit)
        if located is not None and located is not unit:
            there = run.machine.unit_env(located).get(name)
            if there is not None:
                return there
        elif located is None and run.machine.knows(f"{star.module}.{name}"):
            return external(run, f"{star.module}.{name}", node)
    return external(run, name, node)


def _inner_class(run: Run, unit: Unit, name: str) -> ClassInfo | None:
    """A class inside another of the file, the nearest one to the function that names it."""
    found = [
        one for one in run.machine.program.by_short_name.get(name, ()) if one.unit is unit and one.outer is not None
    ]
    owner = run.info.owner if run.info is not None else None
    while owner is not None and len(found) > 1:
        if name in owner.classes:
            return owner.classes[name]
        owner = owner.outer
    return found[0] if len(found) == 1 else None


def _java_name(run: Run, unit: Unit, name: str) -> Value:
    inner = _inner_class(run, unit, name)
    if inner is not None:
        return Value(refs=(inner,))
    same_package = run.machine.program.packages.get(unit.name, {}).get(name)
    if same_package is not None:
        return Value(refs=(same_package,))
    for star in unit.stars:
        inside = run.machine.program.packages.get(star.module, {}).get(name)
        if inside is not None:
            return Value(refs=(inside,))
        if run.machine.knows(f"{star.module}.{name}"):
            return external(run, f"{star.module}.{name}")
    if name[:1].isupper():
        if run.machine.knows(f"java.lang.{name}") or not unit.stars:
            return external(run, f"java.lang.{name}")
        known = run.machine.program.by_short_name.get(name, ())
        if len(known) == 1:
            return Value(refs=(known[0],))
        foreign = [star for star in unit.stars if not run.machine.program.packages.get(star.module)]
        if len(foreign) == 1:
            return external(run, f"{foreign[0].module}.{name}")
        return external(run, f"java.lang.{name}")
    return external(run, name)


def imported(run: Run, unit: Unit, statement: ir.Import) -> Value:
    """What an import binds."""
    located = run.machine.program.locate(statement, unit)
    if located is None:
        module = statement.module.removeprefix("node:")
        if statement.name in (None, "default", "*"):
            return external(run, module)
        if unit.language == "java":
            inside = run.machine.program.packages.get(module, {}).get(statement.name or "")
            if inside is not None:
                return Value(refs=(inside,))
        return external(run, f"{module}.{statement.name}")
    if unit.language == "java":
        return _java_import(run, located, statement)
    if statement.name is None or statement.name == "*":
        return _whole(run, located)
    if unit.language == "python":
        if located.path.endswith((f"/{statement.name}.py", f"/{statement.name}/__init__.py")) and _is_submodule(
            statement, located
        ):
            return Value(refs=(located,))
        found = run.machine.unit_env(located).get(statement.name)
        if found is None and located is not unit:
            return unit_name(run, located, statement.name)
        return found if found is not None else UNKNOWN
    run.machine.unit_env(located)
    found = located.exports.get(statement.name)
    if found is None and statement.name == "default":
        return _whole(run, located)
    if found is None and None in located.exports:
        whole = located.exports[None]
        found = (whole.fields or {}).get(statement.name)
    if found is None and located.module.in_part:
        found = run.machine.hoisted(located, statement.name)  # its export is not shown
    return found if found is not None else UNKNOWN


def _java_import(run: Run, located: Unit, statement: ir.Import) -> Value:
    """A class of the program, or with `import static` one of its members."""
    name = statement.name or ""
    if name in located.classes:
        return Value(refs=(located.classes[name],))
    owner = located.classes.get(statement.module.rpartition(".")[2])
    if owner is None:
        return Value(name=f"{statement.module}.{name}")
    from backend_advisor.code.members import class_member  # members resolves names too

    return class_member(run, owner, name, None) or Value(name=f"{owner.name}.{name}")


def _is_submodule(statement: ir.Import, located: Unit) -> bool:
    return statement.name not in located.classes and not statement.module.endswith(f".{statement.name}")


def _whole(run: Run, unit: Unit) -> Value:
    """A file as a value: what it gives as a whole, or the file with its names."""
    run.machine.unit_env(unit)
    whole: Value | None = unit.exports.get(None)
    if unit.module.in_part and whole is not None and whole.fields:
        whole = None  # its names may be more than are shown
    named: dict[str | int, Value] = {name: value for name, value in unit.exports.items() if name is not None}
    if whole is None:
        return Value(refs=(unit,))
    if named:
        return whole.but(fields={**(whole.fields or {}), **named})
    return whole


def external(run: Run, name: str, node: ir.Expr | None = None) -> Value:
    """Something from outside the program, by its qualified name."""
    role = run.machine.roles.values.get(name)
    if role is None:
        kind = run.machine.roles.stands_for(name)
        return Value(name=name) if kind == name else Value(types=frozenset({kind}))
    taints = {}
    if role.source is not None:
        start, end = (node.start, node.end) if node is not None else (0, 0)
        taints = {Taint(role.source).clean(role.cleans): station("source", run.unit.path, start, end, None)}
    return Value(taints, types=frozenset({role.type}) if role.type else NO_TYPES, name=name)


def bind_import(run: Run, node: ir.Import, env: Env) -> None:
    """Run an import statement."""
    if node.name == "*":
        located = run.machine.program.locate(node, run.unit)
        if located is not None and located is not run.unit:
            for name, value in run.machine.unit_env(located).items():
                env.setdefault(name, value)
        return
    if run.language == "python" and "." in node.local:
        root = node.local.partition(".")[0]
        env[root] = _package(run, node, env.get(root) or external(run, root))
        return
    bound = _from_document(run, node) or imported(run, run.unit, node)
    before = env.get(node.local)
    if before is not None and before.fields and bound.name == node.local == node.module:
        return
    env[node.local] = bound


def _from_document(run: Run, node: ir.Import) -> Value | None:
    """`import settings from "./settings.json"`."""
    if not node.module.endswith(".json") or not run.machine.program.documents:
        return None
    whole = document(run, node.module)
    if whole is None or node.name in (None, "default", "*"):
        return whole
    return (whole.fields or {}).get(node.name)


def _package(run: Run, node: ir.Import, before: Value) -> Value:
    """`import a.b.c` binds `a`, through which `a.b.c` is reached."""
    located = run.machine.program.locate(node, run.unit)
    if located is None or not node.local.partition(".")[2]:
        return before
    return _with_path(before, node.local.split(".")[1:], Value(refs=(located,)))


def _with_path(holder: Value, path: list[str], value: Value) -> Value:
    if not path:
        return value
    known = (holder.fields or {}).get(path[0]) or Value()
    fields: dict[str | int, Value] = {**(holder.fields or {}), path[0]: _with_path(known, path[1:], value)}
    return holder.but(fields=fields)


def defined(run: Run, definition: ir.Function | ir.Class, env: Env) -> Value:
    """A function or class as it is defined where the state is `env`."""
    program = run.machine.program
    if isinstance(definition, ir.Class):
        class_info = program.add_class(definition, run.unit, None, run.info)
        run.machine.class_defined(run, class_info, env)
        return Value(refs=(class_info,))
    owner = run.info.owner if run.info is not None and not definition.name else None
    info = program.add_function(definition, run.unit, owner if run.language != "python" else None, run.info)
    bound = env.get("this") if run.language != "python" and not definition.name else None
    nested = run.info is not None
    value = function_value(info, around(run, env) if nested else {}, bound)
    run.machine.function_defined(run, info, value, env)
    return value


def around(run: Run, env: Env) -> Mapping[str, Value]:
    """What the free names are of a function that is written where the state is `env`."""
    return _Chain(env, run.closure)


class _Chain(dict[str, Value]):
    """The names around a nested function: those of the function it is in, and those around that one."""

    __slots__ = ("inner", "outer")

    def __init__(self, inner: Env, outer: Mapping[str, Value]) -> None:
        super().__init__()
        self.inner = inner
        self.outer = outer

    def __bool__(self) -> bool:
        return True

    def get(self, name: str, default: Any = None) -> Any:
        found = self.inner.get(name)
        return found if found is not None else self.outer.get(name, default)


def surrounded(closure: Mapping[str, Value], inner: Env) -> Mapping[str, Value]:
    """The names around a function, those of the nearest enclosing function given anew."""
    return _Chain(inner, closure.outer) if isinstance(closure, _Chain) else closure


def gain_around(closure: Mapping[str, Value], name: str, value: Value) -> None:
    """A variable around a function comes to hold more, as its caller knows it."""
    at: Any = closure
    while isinstance(at, _Chain):
        if name in at.inner:
            at.inner[name] = join(at.inner[name], value)
            return
        at = at.outer


def write_outer(run: Run, name: str, value: Value) -> bool:
    """Change a variable of an enclosing function or of the file; False when there is none."""
    at: Any = run.closure
    while isinstance(at, _Chain):
        if name in at.inner:
            run.outer[name] = join(run.outer[name], value) if name in run.outer else value
            at.inner[name] = join(at.inner[name], value)
            return True
        at = at.outer
    if run.info is None:
        return False
    if run.language == "java":
        return False
    env = run.machine.unit_env(run.unit)
    if name in env or run.language == "python":
        env[name] = join(env[name], value) if name in env else value
        return True
    return False
