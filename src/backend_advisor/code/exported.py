"""Functions that a framework calls by the name under which a file exports them: the route handlers of Next.js."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from backend_advisor.code.files import is_test
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.program import Program, Unit
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value

if TYPE_CHECKING:
    from backend_advisor.code.machine import Machine

_ROUTE, _PAGE = "next.route", "next.page"
_METHODS = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\Z")
_ROUTE_FILE = re.compile(r"(?:^|/)app/(?:.*/)?route\.[cm]?[jt]s$")
_PAGE_FILE = re.compile(r"(?:^|/)pages/api/.*\.[cm]?[jt]s$")
_ROUTE_PACKAGE = "next/server"


def note_exported(machine: "Machine") -> None:
    """Register what files of routes export, once their top level has been run."""
    for unit in _units(machine.program):
        for name, value in list(unit.exports.items()):
            convention = _convention(unit, name)
            role = machine.roles.decorators.get(convention) if convention else None
            if role is None:
                continue
            given = [Value(types=frozenset({kind})) for kind in role.parameters]
            for ref in value.refs:
                if isinstance(ref, FunctionRef) and ref.info.unit is unit:
                    site = Site(ref.info.node, convention, None, None, [], [])
                    machine.register(Run(machine, unit, None, {}, 0), ref, given, role, site, [])


def _units(program: Program) -> Iterator[Unit]:
    if program.language in ("javascript", "typescript"):
        yield from (unit for unit in program.units.values() if not is_test(unit.path))


def _convention(unit: Unit, name: str | None) -> str:
    """The convention by which a framework takes an export of a file for a handler."""
    if name is not None and _METHODS.match(name):
        of_routes = any(one.module == _ROUTE_PACKAGE for one in unit.imports.values())
        return _ROUTE if of_routes or _ROUTE_FILE.search(unit.path) else ""
    return _PAGE if name in (None, "default") and _PAGE_FILE.search(unit.path) else ""
