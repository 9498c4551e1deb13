"""Maps of GraphQL resolvers that a file exports for a server that is put together elsewhere."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from backend_advisor.code.files import is_test
from backend_advisor.code.meaning import parameter_given
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.program import Unit
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value, cleaned, constant

if TYPE_CHECKING:
    from backend_advisor.code.machine import Machine

_ROOT, _FIELD = "graphql.root", "graphql.field"
_ROOTS = frozenset({"Query", "Mutation", "Subscription"})
_NAMED = re.compile(r"(?i)resolvers?$")
_KIND = re.compile(r"[A-Z]\w*$")
_HELD = re.compile(rb"\b(?:Query|Mutation|Subscription)['\"]?\s*:")
_DECLARED = ("model.fields", "nosql.query")
"""What arguments of GraphQL cannot harm: the schema says which fields they have, and that a text is one."""


def note_resolvers(machine: "Machine") -> None:
    """Register the functions of exported maps `{Query: {…}, Type: {field}}` that no call was seen to take."""
    if _ROOT not in machine.roles.decorators:
        return
    for unit in machine.program.units.values():
        if _HELD.search(unit.module.source) is None or is_test(unit.path):
            continue
        for name, value in list(unit.exports.items()):
            if name is None or name == "default" or _NAMED.search(name):
                for resolvers in _maps(machine, unit, value, name):
                    _register(machine, unit, resolvers)


def _maps(machine: "Machine", unit: Unit, value: Value, name: str | None) -> Iterator[Mapping[str | int, Value]]:
    """The map itself, or what a function gives that makes it of what it needs."""
    if value.fields and _ROOTS & value.fields.keys():
        yield value.fields
    for held, part in (value.fields or {}).items():
        if isinstance(held, str) and _NAMED.search(held) and part.fields and _ROOTS & part.fields.keys():
            yield part.fields
    for ref in value.refs:
        if isinstance(ref, FunctionRef) and ref.info.unit is unit and _NAMED.search(ref.info.node.name or name or ""):
            body = (ref.info.node.start, ref.info.node.end)
            if _HELD.search(unit.module.source, *body) is not None:
                made = machine.functions.invoke(Run(machine, unit, None, {}, 0), ref, [], {}, None)
                if made.fields and _ROOTS & made.fields.keys():
                    yield made.fields


def _register(machine: "Machine", unit: Unit, resolvers: Mapping[str | int, Value]) -> None:
    run = Run(machine, unit, None, {}, 0)
    for kind, fields in resolvers.items():
        if not isinstance(kind, str) or not _KIND.match(kind):
            continue
        role = machine.roles.decorators[_ROOT if kind in _ROOTS else _FIELD]
        for name, value in (fields.fields or {}).items():
            for ref in (*value.refs, *((value.fields or {}).get("resolve", value).refs)):
                if not isinstance(ref, FunctionRef) or id(ref.info) in machine.seen.handlers:
                    continue
                site = Site(ref.info.node, _ROOT, None, None, [], [])
                given = [parameter_given(run, one, site) for one in role.parameters]
                machine.register(run, ref, [cleaned(one, _DECLARED) for one in given], role, site, [])
                registered = machine.seen.handlers.get(id(ref.info))
                if registered is not None:
                    registered.properties.setdefault("path", constant(f"{kind}.{name}"))
