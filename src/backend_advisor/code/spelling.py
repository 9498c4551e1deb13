"""What objects of the program's own classes are as text: `${criteria}` calls `toString`, `f"{criteria}"` `__str__`."""

from backend_advisor.code.run import Run
from backend_advisor.code.values import Value, join_all, types_of

_SPELLS = {"python": ("__format__", "__str__")}
_SPELLS_ELSEWHERE = ("toString",)


def spelt(run: Run, value: Value) -> Value:
    """A value as it stands in a text: what its class says, where it is an object of a class that says something."""
    if not value.types or value.types.isdisjoint(run.machine.program.classes):
        return value
    found = []
    for kind in types_of(value):
        owner = run.machine.program.classes.get(kind)
        if owner is None:
            return value
        methods = (
            one
            for name in _SPELLS.get(run.language, _SPELLS_ELSEWHERE)
            for one in run.machine.program.method(owner, name)
            if len(one.node.params) <= 1
        )
        says = next(methods, None)
        if says is None:
            return value
        found.append(run.machine.functions.invoke_method(run, says, value))
    return join_all(found)
