"""Methods of Java classes that are in no source: getters, setters, constructors' builders and records' accessors that a
compiler or an annotation processor adds. A call of one is read as what it does to the field."""

import re

from backend_advisor.code import ir
from backend_advisor.code.assignment import write_back
from backend_advisor.code.members import field_written, member
from backend_advisor.code.program import ClassInfo
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value, types_of, with_field

_ACCESSOR = re.compile(r"(get|is|set|with)([A-Z_$].*)\Z")
_BUILT = frozenset({"build", "toBuilder", "self"})


def accessor(run: Run, site: Site) -> Value | None:
    """What a method gives that is declared nowhere; None when there is no field that it could stand for."""
    receiver = site.receiver
    if receiver is None or run.language != "java":
        return None
    if site.name == "builder" and not site.args:
        made = [ref for ref in receiver.refs if isinstance(ref, ClassInfo)]
        return Value(types=frozenset({made[0].name}), fields={}) if made else None
    known = [run.machine.program.classes[kind] for kind in types_of(receiver) if kind in run.machine.program.classes]
    if not known:
        return None
    if site.name in _BUILT and not site.args:
        return receiver
    name = _field(run, known, site.name)
    if name is None:
        return None
    if not site.args:
        return member(run, receiver, name, site.node if isinstance(site.node, ir.Expr) else None)
    return _stored(run, site, receiver, name)


def _field(run: Run, known: list[ClassInfo], method: str) -> str | None:
    """The field that a method's name stands for."""
    found = _ACCESSOR.match(method)
    names = [method]
    if found is not None:
        names += [found[2][0].lower() + found[2][1:], "is" + found[2], found[2]]
    for info in known:
        for one in run.machine.program.ancestry(info):
            for name in names:
                if name in one.fields:
                    return name
    return None


def _stored(run: Run, site: Site, receiver: Value, name: str) -> Value:
    after = with_field(receiver, name, site.args[0])
    field_written(run, receiver, name, site.args[0])
    if site.receiver_expr is not None and site.name.startswith("set"):
        write_back(run, site.receiver_expr, after, site.env)
    return after
