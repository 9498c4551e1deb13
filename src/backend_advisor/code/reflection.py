"""Java's classes that are named by a constant: `Class.forName("a.B").getDeclaredConstructor().newInstance()`."""

from backend_advisor.code.program import ClassInfo
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value, join_all

_BY_NAME = frozenset({"forName", "loadClass"})
_MAKERS = frozenset({"getDeclaredConstructor", "getConstructor"})


def reflected(run: Run, site: Site) -> Value | None:
    """What such a call gives when the class is the program's own; None for every other call."""
    receiver = site.receiver
    if receiver is None:
        return None
    if site.name in _BY_NAME:
        return _named(run, site)
    classes = [ref for ref in receiver.refs if isinstance(ref, ClassInfo)]
    if not classes or len(classes) != len(receiver.refs):
        return None
    if site.name in _MAKERS and not any(run.machine.program.method(one, site.name) for one in classes):
        return receiver
    if site.name == "newInstance" and not any(run.machine.program.method(one, site.name) for one in classes):
        return join_all(run.machine.objects.construct(run, one, site) for one in classes)
    return None


def _named(run: Run, site: Site) -> Value | None:
    names = site.args[0].consts if site.args else None
    if not names:
        return None
    known = run.machine.program.classes
    found = [known[one.replace("$", ".")] for one in names if isinstance(one, str) and one.replace("$", ".") in known]
    return Value(refs=tuple(found)) if len(found) == len(names) else None
