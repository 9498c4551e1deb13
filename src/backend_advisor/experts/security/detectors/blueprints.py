"""Which routes of Flask a function before them stands before: those of its own blueprint, or all of the application."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.experts.security.detectors.words import dotted

_APPLICATION = re.compile(rb"=\s*(?:[\w.]+\.)?(?:Flask|Quart|FastAPI|Starlette|Sanic|Litestar|Application)\(")
Blueprint = tuple[str, str]
"""The file in which a blueprint is made, and its name there."""


def makes_application(unit: Unit) -> bool:
    """Whether a file makes an application of its own: what stands before another one's routes is not before its."""
    return unit.language == "python" and _APPLICATION.search(unit.module.source) is not None


class Blueprints:
    """The blueprints of a program; asked only where something stands before the requests of one."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._made: dict[str, dict[str, bool]] = {}

    def guarded(self, info: FunctionInfo) -> Blueprint | None:
        """The one blueprint that `@orders.before_request` stands before; None where it is the application, or more."""
        for note in info.node.decorators:
            if isinstance(note, ir.Attr) and note.name == "before_request":
                return self._meant(note.value, info.unit)
        return None

    def of_route(self, info: FunctionInfo) -> Iterator[Blueprint]:
        """The blueprints that a function is a route of."""
        for note in info.node.decorators:
            called = note.func if isinstance(note, ir.Call) else note
            found = self._meant(called.value, info.unit) if isinstance(called, ir.Attr) else None
            if found is not None:
                yield found

    def _meant(self, expression: ir.Expr, unit: Unit) -> Blueprint | None:
        name = dotted(expression)
        first, _, rest = name.partition(".")
        statement = unit.imports.get(first)
        if statement is not None:
            there = self._program.locate(statement, unit)
            name = rest or statement.name or first
            if there is None:
                return None
            unit = there
        return (unit.path, name) if self._in(unit).get(name) else None

    def _in(self, unit: Unit) -> dict[str, bool]:
        """The blueprints that a file makes, and whether none is registered below them."""
        known = self._made.get(unit.path)
        if known is None:
            source = unit.module.source
            known = self._made[unit.path] = {
                one.target.id: f"{one.target.id}.register_blueprint".encode() not in source
                for one in unit.module.body
                if isinstance(one, ir.Assign)
                and isinstance(one.target, ir.Name)
                and isinstance(one.value, ir.Call)
                and dotted(one.value.func).rpartition(".")[2].endswith("Blueprint")
            }
        return known
