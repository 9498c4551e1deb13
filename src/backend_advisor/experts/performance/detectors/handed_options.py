"""Options that a class of JavaScript is given where it is made, and hands to the client that it keeps:
`new RiskClient({ baseURL })`, whose constructor says `this.http = axios.create(options)`."""

from collections.abc import Iterator, Mapping

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, Unit
from backend_advisor.code.tree import everything, name_of, own
from backend_advisor.experts.performance.detectors.names import class_named
from backend_advisor.experts.performance.detectors.survey import Spot
from backend_advisor.rules.registry import CodeContext

BASES = frozenset({"baseURL", "baseUrl", "prefixUrl"})
"""Options that say what the addresses of a client begin with."""
_OF_THIS = frozenset({"this"})


def given_to_constructor(context: CodeContext, spot: Spot) -> list[Mapping[object, ir.Expr]]:
    """The options of each client that `this.http` may be, where every place that makes the class writes them out."""
    owner = spot.info.owner if spot.info is not None else None
    held = spot.node.func.value if isinstance(spot.node, ir.Call) and isinstance(spot.node.func, ir.Attr) else None
    if owner is None or spot.unit.language in ("python", "java") or not isinstance(held, ir.Attr):
        return []
    if not isinstance(held.value, ir.Name) or held.value.id not in _OF_THIS:
        return []
    place = _handed_on(owner, held.name)
    if place is None:
        return []
    found = [
        _written(unit, call.args[place] if place < len(call.args) else None) for unit, call in _made(context, owner)
    ]
    return [one for one in found if one is not None] if found and None not in found else []


def names_host(options: Mapping[object, ir.Expr]) -> bool:
    """Whether a client's options begin its addresses with a host, which may stand in a setting."""
    base = next((value for key, value in options.items() if key in BASES), None)
    return base is not None and (not isinstance(base, ir.Const) or not str(base.value).startswith("/"))


def _handed_on(owner: ClassInfo, name: str) -> int | None:
    """The parameter of the constructor that the client of this name is made with."""
    for several in owner.methods.get("constructor", ()):
        params = [param.name for param in several.node.params]
        for node in own(*several.node.body):
            target = node.target if isinstance(node, ir.Assign) else None
            made = node.value if isinstance(node, ir.Assign) else None
            if isinstance(target, ir.Attr) and target.name == name and isinstance(made, ir.Call) and made.args:
                return params.index(name_of(made.args[0])) if name_of(made.args[0]) in params else None
    return None


def _made(context: CodeContext, owner: ClassInfo) -> Iterator[tuple[Unit, ir.Call]]:
    called = owner.node.name.encode()
    for unit in context.program.units.values():
        if called not in unit.module.source:
            continue
        for node in everything(unit.module.body):
            made = isinstance(node, ir.Call) and node.new and name_of(node.func) == owner.node.name
            if isinstance(node, ir.Call) and made and class_named(context.program, unit, owner.node.name) is owner:
                yield unit, node


def _written(unit: Unit, options: ir.Expr | None) -> Mapping[object, ir.Expr] | None:
    if isinstance(options, ir.Name):
        kept = [
            one.value for one in unit.module.body if isinstance(one, ir.Assign) and name_of(one.target) == options.id
        ]
        options = kept[0] if len(kept) == 1 else None
    if not isinstance(options, ir.Mapping) or any(not isinstance(key, ir.Const) for key, _ in options.pairs):
        return None
    return {key.value: value for key, value in options.pairs if isinstance(key, ir.Const)}
