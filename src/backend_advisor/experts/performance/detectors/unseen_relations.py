"""Relations of entities that are not in view, told by how a loop over a query's rows reads them (part of PERF201)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import in_body, name_of, within
from backend_advisor.experts.performance.detectors.entities import EntityTouch, bodies, entity_of, list_queries
from backend_advisor.experts.performance.detectors.names import class_named
from backend_advisor.experts.performance.detectors.relations import eager_relations, query_of
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot, Survey
from backend_advisor.model import Confidence

_ORMS = ("sqlalchemy.", "flask_sqlalchemy.", "django.", "sqlmodel.")
_PLAIN = re.compile(
    r"(?i)(?:^|_)(?:status|state|type|kind|role|level|gender|mode|method|currency|locale|tier|grade|price|amount|total|"
    r"date|time|at|on|day|settings|config|meta|metadata|data|json|payload|extra|file|image|photo|avatar|attachment|money)$"
)
"""Fields that hold a value with attributes of its own: enumerations, dates, documents, files."""
_OF_VALUES = re.compile(
    r"(?i)^(?:id|pk|value|year|month|day|hour|minute|second|date|time|days|seconds|microsecond|tzinfo|real|imag|url|path|"
    r"ordinal|time_?zone|epoch_?\w*|day_?of_?\w+|month_?value|class|bytes|code|label|display_?name|description|c|columns|_?asdict)$"
)
"""What dates, numbers, enumerations, files and rows have too."""
_NO_PLURAL = re.compile(r"(?i)(?:ss|us|is|address|status)$")
_OF_TEXT = re.compile(
    r"(?i)(?:^|_)(?:tags|roles|permissions|keywords|labels|scopes|urls|ids|emails|flags|words|features)$"
)
"""Plurals that are kept in a column of their own as often as in a table."""
_GOES_THROUGH = frozenset({"size", "stream", "isEmpty", "forEach", "iterator"})


def unseen_touches(program: Program, seen: Survey) -> Iterator[EntityTouch]:
    """Every relation that the rows of a query seem to load one by one, where their class is not in view."""
    if not program.is_pieces:
        return
    if program.language == "java":
        yield from _of_repositories(program, seen)
    elif program.language == "python":
        yield from _of_sessions(program, seen)


def _of_repositories(program: Program, seen: Survey) -> Iterator[EntityTouch]:
    for spot in list_queries(seen):
        info = spot.info
        if info is None or is_by_hand(spot.unit, info) or not isinstance(spot.node, ir.Expr):
            continue
        if _repository_in_view(program, info, spot):
            continue
        told: set[str] = set()
        for body in bodies(program, spot, info, None):
            for node, field, sure in _got(body.nodes, body.item):
                if field not in told:
                    told.add(field)
                    at = node if body.info is info else body.at
                    yield EntityTouch(info, spot.node, at, node, body.info, sure)


def _repository_in_view(program: Program, info: FunctionInfo, spot: Spot) -> bool:
    """Whether the class of what is asked or of its rows is in view, so that its own declaration decides."""
    func = spot.node.func if isinstance(spot.node, ir.Call) else None
    name = name_of(func.value) if isinstance(func, ir.Attr) else ""
    typed: list[ir.Param | ir.Field] = [param for param in info.node.params if param.name == name]
    if info.owner is not None and name in info.owner.fields:
        typed.append(info.owner.fields[name])
    kinds = [one.type.name for one in typed if one.type is not None]
    return any(class_named(program, info.unit, one) or entity_of(program, info.unit, one) for one in kinds)


def _got(nodes: tuple[ir.Node, ...], item: str) -> Iterator[tuple[ir.Node, str, Confidence]]:
    """`item.getUser().getName()`, `item.getLines().size()`, `for (Line line : item.getLines())`."""
    for node in within(*nodes):
        got = node.value if isinstance(node, ir.Attr) else node.iterable if isinstance(node, ir.For) else None
        if not (isinstance(got, ir.Call) and isinstance(got.func, ir.Attr) and not got.args):
            continue
        holder, name = got.func.value, got.func.name
        if not (isinstance(holder, ir.Name) and holder.id == item and re.match(r"get[A-Z]", name)):
            continue
        field = name[3:4].lower() + name[4:]
        read = node.name if isinstance(node, ir.Attr) else "stream"
        if read in _GOES_THROUGH:
            if _is_plural(field):
                yield got, field, Confidence.LOW if _OF_TEXT.search(_snake(field)) else Confidence.MEDIUM
        elif re.match(r"get[A-Z]", read) and not _PLAIN.search(_snake(field)) and not _OF_VALUES.match(read[3:]):
            yield got, field, Confidence.MEDIUM


def _of_sessions(program: Program, seen: Survey) -> Iterator[EntityTouch]:
    for info in program.functions():
        if is_by_hand(info.unit, info):
            continue
        nodes = list(in_body(info.node))
        given = {
            one.target.id: one
            for one in nodes
            if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.value is not None
        }
        told: set[str] = set()
        for item, over, body in rounds_over(nodes):
            query, _ = query_of(over, given)
            if query is None or not _gives_unseen_rows(program, info, query, seen):
                continue
            loaded, everything = eager_relations(query, seen)
            for node, field, sure in _read(body, item) if not everything else ():
                if field not in told and field not in loaded:
                    told.add(field)
                    yield EntityTouch(info, over, node, node, info, sure)


def rounds_over(nodes: list[ir.Node]) -> Iterator[tuple[str, ir.Expr, list[ir.Node]]]:
    """The loops with one name for the item: that name, what they go over, and what is done with each item."""
    for node in nodes:
        if isinstance(node, ir.For) and isinstance(node.target, ir.Name):
            yield node.target.id, node.iterable, list(node.body)
        elif isinstance(node, ir.Comprehension) and isinstance(node.clauses[0][0], ir.Name):
            target, over, conditions = node.clauses[0]
            parts: list[ir.Node] = [node.element, *conditions]
            for _, inner, more in node.clauses[1:]:
                parts += [inner, *more]
            yield target.id, over, parts  # type: ignore[attr-defined]


def _gives_unseen_rows(program: Program, info: FunctionInfo, query: ir.Expr, seen: Survey) -> bool:
    """Whether a query of an ORM gives objects of one class, which is not in view."""
    called = [node for node in within(query) if isinstance(node, ir.Call)]
    spots = [seen.spots[id(node)] for node in called if id(node) in seen.spots]
    manager = any(isinstance(node, ir.Attr) and node.name == "objects" for node in within(query))
    if not manager and not any(spot.call is not None and spot.call.role.name.startswith(_ORMS) for spot in spots):
        return False
    if {name_of(node.func) for node in called} & {"values", "values_list", "with_entities", "mappings", "first", "get"}:
        return False
    named = [
        node.id
        for node in within(query)
        if isinstance(node, ir.Name) and re.match(r"[A-Z]\w*[a-z]", node.id) is not None
    ]
    if not named or class_named(program, info.unit, named[0]) is not None:
        return False
    asked = next((node for node in called if name_of(node.func) in ("query", "select")), None)
    return asked is None or (len(asked.args) == 1 and isinstance(asked.args[0], ir.Name))


def _read(body: list[ir.Node], item: str) -> Iterator[tuple[ir.Node, str, Confidence]]:
    """`item.user.name`, `item.lines.all()`, `for line in item.lines`, `len(item.lines)`."""
    nodes = list(within(*body))
    called = {id(node.func) for node in nodes if isinstance(node, ir.Call)}
    for node in nodes:
        if isinstance(node, ir.Attr) and _is_of(node.value, item):
            field = node.value.name  # type: ignore[attr-defined]
            if id(node) in called:
                if node.name in ("all", "count") and not _PLAIN.search(field):
                    yield node.value, field, Confidence.MEDIUM
            elif not _PLAIN.search(field) and not _OF_VALUES.match(node.name):
                yield node.value, field, Confidence.MEDIUM
        elif isinstance(node, ir.For) and _is_of(node.iterable, item):
            yield from _gone_through(node.iterable, node.target, list(node.body))
        elif isinstance(node, ir.Comprehension):
            for target, over, conditions in node.clauses:
                if _is_of(over, item):
                    yield from _gone_through(over, target, [node.element, *conditions])
        elif isinstance(node, ir.Call) and name_of(node.func) == "len" and node.args and _is_of(node.args[0], item):
            counted = node.args[0]
            yield counted, counted.name, Confidence.LOW  # type: ignore[attr-defined]


def _gone_through(over: ir.Expr, target: ir.Expr, body: list[ir.Node]) -> Iterator[tuple[ir.Node, str, Confidence]]:
    """A field whose elements are read like objects; texts and numbers may stand in a column."""
    reads = any(
        isinstance(node, ir.Attr) and isinstance(node.value, ir.Name) and node.value.id == getattr(target, "id", None)
        for node in within(*body)
    )
    yield over, over.name, Confidence.MEDIUM if reads else Confidence.LOW  # type: ignore[attr-defined]


def _is_of(node: ir.Expr, item: str) -> bool:
    return isinstance(node, ir.Attr) and isinstance(node.value, ir.Name) and node.value.id == item


def _is_plural(name: str) -> bool:
    return name.endswith("s") and not _NO_PLURAL.search(name)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
