"""Nested serialisers and serialiser methods that ask the database for each item (part of PERF201)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.tree import name_of, names_in, of_kind, within
from backend_advisor.experts.performance.detectors.entities import EntityTouch
from backend_advisor.experts.performance.detectors.names import class_named
from backend_advisor.experts.performance.detectors.python_relations import PassedRelations
from backend_advisor.experts.performance.detectors.python_rows import given_back
from backend_advisor.experts.performance.detectors.relations import Relations, eager_relations
from backend_advisor.experts.performance.detectors.statements import kind_of
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot, Survey

_SERIALISER = "rest_framework.serializers.Serializer"
_ONE = re.compile(
    r"^(?:(?:Retrieve|Create|Update|Destroy)\w*(?:APIView|Mixin)|GenericAPIView|APIView|GenericViewSet|ViewSet)$"
)
"""Views that show one object."""
_CHOOSES = ("get_serializer_class", "get_serializer", "filter_queryset", "list", "initial", "paginate_queryset")
_FOLLOWED = 2
_EAGER = frozenset({"select_related", "prefetch_related"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A view that lists rows: the query that gives them, their class, what is loaded with them, their serialiser.

    `named` are all words of the paths that are loaded: `asset` and `location` of `"asset__location"`.
    """

    view: ClassInfo
    query: ir.Expr
    model: ClassInfo
    loaded: set[str]
    serialiser: ClassInfo
    named: set[str]


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


def nested_relations(program: Program, passed: PassedRelations) -> Iterator[tuple[Shown, str]]:
    """Views whose serialiser shows a relation that their query set does not load."""
    for shown in _shown(program, passed):
        wanted = passed.relations.of(shown.model) - shown.loaded
        for field in shown.serialiser.node.fields:
            if not isinstance(field.value, ir.Call):
                continue
            if _loads(program, shown.serialiser, field, field.value, wanted):
                yield shown, field.name
                break
            deeper = _loads_deeper(program, passed, shown, field, field.value)
            if deeper:
                yield shown, f"{field.name}.{deeper}"
                break


def _loads_deeper(program: Program, passed: PassedRelations, shown: Shown, field: ir.Field, made: ir.Call) -> str:
    """The field by which the serialiser of a relation that is loaded shows a further one that is not."""
    stated = {key: value.value for key, value in made.keywords if isinstance(value, ir.Const)}
    relation = str(stated.get("source", field.name))
    inner = class_named(program, shown.serialiser.unit, name_of(made.func)) if relation in shown.loaded else None
    model = _of_meta(program, inner) if inner is not None and stated.get("write_only") is not True else None
    if inner is None or model is None or not is_serialiser(program, inner):
        return ""
    wanted = passed.relations.of(model) - shown.named
    return next(
        (
            one.name
            for one in inner.node.fields
            if isinstance(one.value, ir.Call) and _loads(program, inner, one, one.value, wanted)
        ),
        "",
    )


def read_by_methods(program: Program, passed: PassedRelations) -> Iterator[EntityTouch]:
    """Relations that a serialiser's `get_…` methods read of each row, where the view that shows them did not load them,
    or by a condition of their own, which loading them does not help."""
    listed: dict[str, list[Shown]] = {}
    for shown in _shown(program, passed):
        listed.setdefault(shown.serialiser.name, []).append(shown)
    for owner in program.classes.values():
        fields = [field for field in owner.node.fields if name_of(field.value) == "SerializerMethodField"]
        model = _of_meta(program, owner) if fields and not is_by_hand(owner.unit, None) else None
        if model is None or not is_serialiser(program, owner):
            continue
        wanted = passed.relations.of(model)
        several = listed.get(owner.name, [])
        loaded = set[str]().union(*(one.loaded for one in several)) if several else wanted
        for field in fields:
            method = _method_of(owner, field)
            if method is None or len(method.node.params) != 2:
                continue
            item = method.node.params[1]
            body = list[ir.Node](method.node.body)
            read = next(passed.reads(method, body, item.name, model, loaded, wanted, _FOLLOWED), None)
            if read is not None:
                over = ir.Name(item.start, item.end, item.name)
                yield EntityTouch(method, over, read.node, read.loads, read.loads_in)


def _method_of(owner: ClassInfo, field: ir.Field) -> FunctionInfo | None:
    stated = field.value if isinstance(field.value, ir.Call) else None
    given = (
        next((value for key, value in stated.keywords if key == "method_name"), None) if stated is not None else None
    )
    name = given.value if isinstance(given, ir.Const) else f"get_{field.name}"
    return next(iter(owner.methods.get(str(name), ())), None)


def _of_meta(program: Program, serialiser: ClassInfo) -> ClassInfo | None:
    """The model that a serialiser says it shows."""
    meta = serialiser.classes.get("Meta")
    stated = meta.fields.get("model") if meta is not None else None
    return class_named(program, serialiser.unit, name_of(stated.value)) if stated is not None else None


def _shown(program: Program, passed: PassedRelations) -> Iterator[Shown]:
    for view in program.classes.values():
        serialiser = view.fields.get("serializer_class")
        if serialiser is None or _decides_itself(program, view) or is_by_hand(view.unit, None):
            continue
        shown = class_named(program, view.unit, name_of(serialiser.value))
        if shown is None or all(_ONE.match(name_of(base)) for base in view.node.bases):
            continue
        found = _rows(program, passed, view)
        if found is not None:
            query, model, loaded = found
            yield Shown(view, query, model, loaded, shown, _named(view))


def _decides_itself(program: Program, view: ClassInfo) -> bool:
    """Whether methods of a view, or of a class that it inherits from, choose the serialiser or change the query."""
    inherited = [one for one in program.ancestry(view) if one is not view]
    return any(name in one.methods for one in (view, *inherited) for name in _CHOOSES) or any(
        "get_queryset" in one.methods for one in inherited
    )


def _rows(program: Program, passed: PassedRelations, view: ClassInfo) -> tuple[ir.Expr, ClassInfo, set[str]] | None:
    """The query of a view, the class of its rows, and what is loaded with them."""
    stated = view.fields.get("queryset")
    asked = view.methods.get("get_queryset", ())
    if asked:
        query = given_back(asked[0])
        rows = passed.sources.of(asked[0], query) if query is not None else None
        if query is None or rows is None:
            return None
        written = _written(view)
        loaded, everything = eager_relations(
            ir.Sequence(query.start, query.end, "tuple", [*rows.calls, *written]), passed.seen
        )
        return None if everything else (query, rows.model, loaded)
    if stated is None or stated.value is None or name_of(stated.value) == "none":
        return None  # the view brings its rows by itself
    model = _model(program, view, stated.value, passed.relations)
    if model is None or passed.sources.loads(stated.value, model):
        return None
    loaded = {
        str(part.value).split("__")[0]
        for part in within(stated.value)
        if isinstance(part, ir.Const) and isinstance(part.value, str)
    }
    return stated.value, model, loaded


def _written(view: ClassInfo) -> list[ir.Call]:
    """The calls of which a view makes its query: in `get_queryset`, and in the `queryset` that it begins with."""
    stated = view.fields.get("queryset")
    found = [one for method in view.methods.get("get_queryset", ()) for one in of_kind(method.node, ir.Call)]
    begun = within(stated.value) if stated is not None and stated.value is not None else ()
    return [*found, *(one for one in begun if isinstance(one, ir.Call))]


def _named(view: ClassInfo) -> set[str]:
    """Every word of the paths that a view's query loads."""
    return {
        word
        for call in _written(view)
        if name_of(call.func) in _EAGER
        for part in within(*call.args)
        if isinstance(part, ir.Const) and isinstance(part.value, str)
        for word in part.value.split("__")
    }


def _model(program: Program, view: ClassInfo, query: ir.Expr, relations: Relations) -> ClassInfo | None:
    for part in within(query):
        if isinstance(part, ir.Name) and part.id[:1].isupper():
            found = class_named(program, view.unit, part.id)
            if found is not None and relations.of(found):
                return found
    return None


def _loads(program: Program, shown: ClassInfo, field: ir.Field, made: ir.Call, wanted: set[str]) -> bool:
    """Whether a field of a serialiser reads a relation: by its name, or by `source="customer.name"`."""
    stated = {key: value.value for key, value in made.keywords if isinstance(value, ir.Const)}
    if stated.get("write_only") is True:
        return False
    relation, _, part = str(stated.get("source", field.name)).partition(".")
    return relation in wanted and (bool(part) or _is_nested(program, shown, made))


def _is_nested(program: Program, shown: ClassInfo, made: ir.Call) -> bool:
    if isinstance(made.func, ir.Name):
        inner = class_named(program, shown.unit, made.func.id)
        if inner is not None:
            return is_serialiser(program, inner)
    return name_of(made.func) in ("StringRelatedField", "SlugRelatedField")
