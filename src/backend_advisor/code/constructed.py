"""Constants that objects of JavaScript are made with: `new TokenCookies("refresh")` says what `this.name` is."""

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, Program, Unit
from backend_advisor.code.roles import Argument
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything, name_of, own
from backend_advisor.code.values import Value

_SCRIPTS = frozenset({"javascript", "typescript"})
_known: "WeakKeyDictionary[Program, dict[tuple[str, str], tuple[ir.Constant, ...]]]" = WeakKeyDictionary()


def made_with(program: Program, call: CallSeen, name: str) -> Value | None:
    """A property of a call that is a field of its object, where every place that makes the class writes it out."""
    owner = call.info.owner if call.info is not None else None
    if owner is None or call.unit.language not in _SCRIPTS or not isinstance(call.node, ir.Call):
        return None
    for wanted in call.role.named.get(name, ()):
        place = wanted.position if isinstance(wanted, Argument) and not wanted.path else None
        given = call.node.args[place] if place is not None and place < len(call.node.args) else None
        if isinstance(given, ir.Attr) and isinstance(given.value, ir.Name) and given.value.id == "this":
            found = _constants(program, owner, given.name)
            return Value(consts=found) if found else None
    return None


def expressions_given(program: Program, owner: ClassInfo, field: str) -> list[tuple[Unit, ir.Expr | None]]:
    """What stands for a field where the program makes its class."""
    place = _parameter(owner, field)
    if place is None:
        return []
    return [
        (unit, call.args[place[0]] if place[0] < len(call.args) else place[1]) for unit, call in _makes(program, owner)
    ]


def _constants(program: Program, owner: ClassInfo, field: str) -> tuple[ir.Constant, ...]:
    known = _known.setdefault(program, {})
    key = (owner.name, field)
    if key not in known:
        known[key] = tuple(dict.fromkeys(_given(program, owner, field) or ()))
    return known[key]


def _given(program: Program, owner: ClassInfo, field: str) -> list[ir.Constant] | None:
    """What the constructor's parameter for a field is given; None where a place gives what is not known."""
    found: list[ir.Constant] = []
    for _, given in expressions_given(program, owner, field):
        if not isinstance(given, ir.Const):
            return None
        found.append(given.value)
    return found


def _parameter(owner: ClassInfo, field: str) -> tuple[int, ir.Expr | None] | None:
    """The number of the constructor's parameter that a field holds, and its default."""
    for constructor in owner.methods.get("constructor", ()):
        params = constructor.node.params
        kept = {
            name_of(node.value)
            for node in own(*constructor.node.body)
            if isinstance(node, ir.Assign)
            and isinstance(node.target, ir.Attr)
            and node.target.name == field
            and isinstance(node.value, ir.Name)
        }
        for number, param in enumerate(params):
            if param.name in kept or (param.property and param.name == field):
                return number, param.default
    return None


def _makes(program: Program, owner: ClassInfo) -> Iterator[tuple[Unit, ir.Call]]:
    called = f"new {owner.node.name}".encode()
    for unit in program.units.values():
        if called in unit.module.source:
            for node in everything(unit.module.body):
                if isinstance(node, ir.Call) and node.new and name_of(node.func) == owner.node.name:
                    yield unit, node
