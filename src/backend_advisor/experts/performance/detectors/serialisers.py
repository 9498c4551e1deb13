"""Nested serialisers and serialiser methods that ask the database for each item (part of PERF201)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, Program
from backend_advisor.code.tree import names_in, within
from backend_advisor.experts.performance.detectors.names import class_named
from backend_advisor.experts.performance.detectors.relations import Relations
from backend_advisor.experts.performance.detectors.statements import kind_of
from backend_advisor.experts.performance.detectors.survey import Spot, Survey

_SERIALISER = "rest_framework.serializers.Serializer"


def is_serialiser(program: Program, owner: ClassInfo) -> bool:
    """Whether a class turns items into data by the field."""
    return any(_SERIALISER in program.roles.ancestry(base) for base in program.foreign_bases(owner))


def queries_per_item(program: Program, seen: Survey) -> Iterator[tuple[Spot, ir.Param]]:
    """Queries in a serialiser's `get_…` methods, which run once for each item, by that item."""
    for spot in seen.of("db.query"):
        info = spot.info
        if info is None or info.owner is None or not info.node.name.startswith("get_") or len(info.node.params) != 2:
            continue
        if spot.call is None or kind_of(spot.call) != "read" or not is_serialiser(program, info.owner):
            continue
        item = info.node.params[1]
        if item.name in names_in(spot.node):
            yield spot, item


def nested_relations(program: Program, relations: Relations) -> Iterator[tuple[ClassInfo, ir.Field, str, str]]:
    """Views whose serialiser shows a relation that their query set does not load."""
    for view in program.classes.values():
        query, serialiser = view.fields.get("queryset"), view.fields.get("serializer_class")
        if query is None or serialiser is None or query.value is None or not isinstance(serialiser.value, ir.Name):
            continue
        shown = class_named(program, view.unit, serialiser.value.id)
        model = _model(program, view, query.value, relations)
        if shown is None or model is None or "get_queryset" in view.methods:
            continue
        loaded = {
            str(part.value).split("__")[0]
            for part in within(query.value)
            if isinstance(part, ir.Const) and isinstance(part.value, str)
        }
        for field in shown.node.fields:
            if (
                field.name in relations.of(model) - loaded
                and isinstance(field.value, ir.Call)
                and _is_nested(program, shown, field)
            ):
                yield view, query, field.name, shown.node.name
                break


def _model(program: Program, view: ClassInfo, query: ir.Expr, relations: Relations) -> ClassInfo | None:
    for part in within(query):
        if isinstance(part, ir.Name) and part.id[:1].isupper():
            found = class_named(program, view.unit, part.id)
            if found is not None and relations.of(found):
                return found
    return None


def _is_nested(program: Program, shown: ClassInfo, field: ir.Field) -> bool:
    func = field.value.func if isinstance(field.value, ir.Call) else None
    if isinstance(func, ir.Name):
        inner = class_named(program, shown.unit, func.id)
        return inner is not None and is_serialiser(program, inner)
    return isinstance(func, ir.Attr) and func.name in ("StringRelatedField", "SlugRelatedField")
