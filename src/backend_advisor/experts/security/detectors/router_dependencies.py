"""What the routers of FastAPI were given to ask before their routes, by themselves and by those that they stand in."""

from collections import defaultdict

from backend_advisor.code import ir
from backend_advisor.code.program import Program, Unit
from backend_advisor.code.searching import Guarded
from backend_advisor.code.seen import Seen
from backend_advisor.experts.security.detectors.facts import file_of
from backend_advisor.experts.security.detectors.words import dotted, identifiers
from backend_advisor.rules.registry import CodeContext

_Router = tuple[str, str]
"""A file, and the name of a router in it; no name means all of the file."""
_DEEPEST = 6
_LIMITED = Guarded(rb"\.(?:shared_)?limit\([^()\n]*\)\(", b".limit(", b".shared_limit(")


class Dependencies:
    """Names in the dependencies of each router, and in which others it stands."""

    def __init__(self, context: CodeContext) -> None:
        self._program: Program = context.program
        self._given: dict[_Router, set[str]] = defaultdict(set)
        self._within: dict[_Router, set[_Router]] = defaultdict(set)
        for call in context.seen.calls.values():
            if "dependencies" in call.role.named and isinstance(call.node, ir.Call) and not call.role.marks:
                self._note(call.node, call.unit, context)
        for unit in context.program.units.values():
            if unit.language == "python" and _LIMITED.is_in(unit.module.source):
                self._limit(unit, context)

    def of(self, unit: Unit, router: str) -> set[str]:
        """The names that are asked before a router's routes: as the file calls it that its routes stand in."""
        if not self._given:
            return set()
        found: set[str] = set()
        known = {self._named(router, unit), (unit.path, "")}
        level = set(known)
        for _ in range(_DEEPEST):
            found = found.union(*(self._given[one] for one in level if one in self._given))
            level = set().union(*(self._within[one] for one in level if one in self._within)) - known
            known |= level
        return found

    def _note(self, node: ir.Call, unit: Unit, context: CodeContext) -> None:
        given = {name for key, value in node.keywords if key == "dependencies" for name in identifiers(value)}
        if node.args and isinstance(node.func, ir.Attr):
            target = self._target(node.args[0], unit, context)
            self._given[target] |= given
            self._within[target].add(self._named(dotted(node.func.value), unit))
        elif given:
            for made in (*unit.module.body, *(one for info in unit.functions for one in info.node.body)):
                if isinstance(made, ir.Assign) and made.value is node and isinstance(made.target, ir.Name):
                    self._given[unit.path, made.target.id] |= given

    def _limit(self, unit: Unit, context: CodeContext) -> None:
        """`limiter.limit("5/minute")(blueprint)`: the limit of Flask-Limiter applied to a blueprint."""
        for statement in (*unit.module.body, *(one for info in unit.functions for one in info.node.body)):
            applied = statement.value if isinstance(statement, ir.Do | ir.Assign) else None
            if not isinstance(applied, ir.Call) or len(applied.args) != 1:
                continue
            made = applied.func
            if isinstance(made, ir.Call) and dotted(made.func).endswith((".limit", ".shared_limit")):
                self._given[self._target(applied.args[0], unit, context)].add("rate_limited")

    def _target(self, argument: ir.Expr, unit: Unit, context: CodeContext) -> _Router:
        if isinstance(argument, ir.Name):
            return self._named(argument.id, unit)
        there = file_of(argument, unit, context)
        name = argument.name if isinstance(argument, ir.Attr) else ""
        return (there.path, name) if there is not None else (unit.path, dotted(argument))

    def _named(self, name: str, unit: Unit) -> _Router:
        statement = unit.imports.get(name)
        there = self._program.locate(statement, unit) if statement is not None else None
        if statement is None or there is None:
            return unit.path, name
        return there.path, statement.name or ""


_last: tuple[Seen, Dependencies] | None = None


def dependencies_of(context: CodeContext) -> Dependencies:
    """What every router was given; made once for a program."""
    global _last  # noqa: PLW0603 (one program at a time is read by several rules)
    if _last is None or _last[0] is not context.seen:
        _last = (context.seen, Dependencies(context))
    return _last[1]
