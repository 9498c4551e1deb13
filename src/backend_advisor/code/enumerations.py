"""Java's enumerations: what a constant's own fields hold, and what `values()` gives."""

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value, types_of

_MOST = 12
"""Constants up to which each is looked at on its own."""


def is_constant(info: ClassInfo, name: str) -> bool:
    """Whether a field of a class is one of the constants of an enumeration."""
    stated = info.fields.get(name)
    return info.node.kind == "enum" and stated is not None and stated.type is None


def enumeration_constant(run: Run, info: ClassInfo, name: str) -> Value:
    """A constant of an enumeration, with what its constructor keeps of the arguments that it is made with."""
    known = run.machine.enumerated.get((info, name))
    if known is None:
        known = Value(types=frozenset({info.name}), consts=(name,))
        run.machine.enumerated[info, name] = known
        made = info.fields[name].value
        if isinstance(made, ir.Call) and made.args:
            args = [run.evaluate(one, {}) for one in made.args]
            site = Site(made, info.node.name, None, None, args, list(made.args))
            fields = run.machine.objects.construct(run, info, site).fields
            known = run.machine.enumerated[info, name] = known.but(fields=fields or None)
    return known


def all_constants(run: Run, site: Site, receiver: Value) -> Value | None:
    """What `Mode.values()` gives; None for other calls."""
    if site.name != "values" or site.args or len(receiver.refs) != 1:
        return None
    info = receiver.refs[0]
    if not isinstance(info, ClassInfo) or info.node.kind != "enum":
        return None
    names = [name for name in info.fields if is_constant(info, name)]
    if not names or len(names) > _MOST:
        return None
    return Value(
        types=frozenset({"list"}),
        fields={number: enumeration_constant(run, info, name) for number, name in enumerate(names)},
    )


def overrides(run: Run, receiver: Value, name: str) -> bool:
    """Whether a constant's own class says what a method gives: `toString` of an enumeration."""
    program = run.machine.program
    known = [program.classes[kind] for kind in types_of(receiver) if kind in program.classes]
    return any(one.node.body for info in known for one in program.method(info, name))
