"""Pages of entities whose collection the same query fetches: the page is cut in memory (PERF230)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.searching import mentions
from backend_advisor.code.tree import in_whole, name_of, within
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_TO_MANY = frozenset({"OneToMany", "ManyToMany", "ElementCollection"})
_TO_ONE = frozenset({"ManyToOne", "OneToOne", "Embedded"})
_PAGED = frozenset({"Pageable", "PageRequest", "Limit"})
_CUTS = frozenset({"limit", "offset", "restrict"})
_ENDS = frozenset({"fetch", "fetchResults", "stream", "fetchFirst"})
_JOINS = frozenset({"join", "innerJoin", "leftJoin", "rightJoin"})
_QUERIES = frozenset({"createQuery", "createSelectionQuery"})
_MAXIMUM = frozenset({"setMaxResults", "setFirstResult", "setPage"})
_TOP = re.compile(r"^\w+?(?:First|Top)\d+\w*By|^\w+?(?:First|Top)\d+By")
_FETCHED = re.compile(r"(?i)\bjoin\s+fetch\s+(\w+)\.([\w.]+)")
_NAMED = re.compile(r"(?i)\b(?:from|join(?:\s+fetch)?)\s+([\w.]+)\s+(?:as\s+)?(\w+)")
_SEVERAL = re.compile(r"(?:[a-z]+(?:ies|[^siu'\W]s)|List|Set|children)$")
_NO_PLURAL = re.compile(
    r"(?i)(?:details|settings|preferences|stats|statistics|series|news|credentials|canvas|terms|gps)$"
)
_MENTIONED = (b"fetchjoin", b"join fetch", b"entitygraph", b".fetch(")


@detects_in_code("PERF230", trees_alone=True)
def page_cut_in_memory(context: CodeContext) -> Iterator[Match]:
    """A limit on a query that fetches a collection with each of its entities."""
    program = context.program
    if program.language != "java":
        return
    units = [one for one in program.units.values() if mentions(one.module.source, _MENTIONED)]
    if not units:
        return
    mapped = _Mapped(program)
    here = {id(one) for one in units}
    for owner in [one for one in program.classes.values() if id(one.unit) in here]:
        for info in (one for several in owner.methods.values() for one in several):
            if not is_by_hand(owner.unit, info):
                yield from _in_method(context, owner, info, mapped)


class _Mapped:
    """What the entities of a program say of their relations."""

    def __init__(self, program: Program) -> None:
        self._by_class: dict[str, dict[str, bool]] = {}
        self._by_field: dict[str, set[bool]] = {}
        for owner in program.classes.values():
            for name, notes in _members(owner):
                words = {name_of(one) for one in notes}
                if words & (_TO_MANY | _TO_ONE):
                    many = bool(words & _TO_MANY)
                    self._by_class.setdefault(owner.node.name, {})[name] = many
                    self._by_field.setdefault(name, set()).add(many)

    def is_collection(self, entity: str, field: str) -> Confidence | None:
        """How sure it is that a field of an entity holds several others."""
        stated = self._by_class.get(entity, {}).get(field)
        if stated is not None:
            return Confidence.HIGH if stated else None
        known = self._by_field.get(field)
        if known is not None:
            return Confidence.HIGH if known == {True} else None
        if entity in self._by_class or not _SEVERAL.search(field) or _NO_PLURAL.search(field):
            return None
        return Confidence.MEDIUM


def _members(owner: ClassInfo) -> Iterator[tuple[str, list[ir.Expr]]]:
    for field in owner.node.fields:
        if field.decorators:
            yield field.name, field.decorators
    for method in owner.node.methods:
        if method.decorators and method.name.startswith("get"):
            yield method.name[3:4].lower() + method.name[4:], method.decorators


def _in_method(context: CodeContext, owner: ClassInfo, info: FunctionInfo, mapped: _Mapped) -> Iterator[Match]:
    found = [*_declared(owner, info, mapped), *_built(info, mapped), *_said(info, mapped)]
    told: set[int] = set()
    for node, field, confidence, cut in found:
        if node.start not in told:
            told.add(node.start)
            yield Match(
                location=context.location(info.unit, node),
                values={"function": info.name, "field": field},
                confidence=confidence,
                steps=(
                    (context.location(info.unit, node), "step_fetch"),
                    (context.location(info.unit, cut), "step_cut"),
                ),
            )


_Found = tuple[ir.Node, str, Confidence, ir.Node]


def _declared(owner: ClassInfo, info: FunctionInfo, mapped: _Mapped) -> Iterator[_Found]:
    """A repository's method: `@Query("… join fetch o.lines") Page<Order> page(Pageable page)`, or an entity graph."""
    if not info.node.decorators:
        return
    page = next((one for one in info.node.params if one.type is not None and _short(one.type) in _PAGED), None)
    if page is None and not _TOP.match(info.node.name):
        return
    for note in info.node.decorators:
        for text in _texts(note):
            if name_of(note) == "Query":
                for field, sure in _fetched(text, mapped):
                    yield note, field, sure, page or note
            elif name_of(note) == "EntityGraph":
                entity = next((_short(given) for base in owner.node.base_types for given in base.args[:1]), "")
                first = text.partition(".")[0]
                known = mapped.is_collection(entity, first)
                if known is not None:
                    yield note, first, known, page or note


def _fetched(text: str, mapped: _Mapped) -> Iterator[tuple[str, Confidence]]:
    entities = {alias: name.rpartition(".")[2] for name, alias in _NAMED.findall(text)}
    for alias, path in _FETCHED.findall(text):
        field = path.rpartition(".")[2]
        sure = mapped.is_collection(entities.get(alias, "") if "." not in path else "", field)
        if sure is not None:
            yield field, sure


def _built(info: FunctionInfo, mapped: _Mapped) -> Iterator[_Found]:
    """QueryDSL: `.leftJoin(order.lines).fetchJoin() … .limit(20).fetch()`."""
    if b"fetchJoin" not in info.unit.module.source:
        return
    for node in in_whole(info.node):
        if not isinstance(node, ir.Call) or name_of(node.func) not in _ENDS:
            continue
        chain = _chain(node)
        cut = node if name_of(node.func) == "fetchFirst" else next((c for c in chain if name_of(c.func) in _CUTS), None)
        if cut is None:
            continue
        for number, call in enumerate(chain):
            if name_of(call.func) != "fetchJoin" or number + 1 >= len(chain):
                continue
            join = chain[number + 1]
            path = join.args[0] if join.args and name_of(join.func) in _JOINS else None
            if isinstance(path, ir.Attr):
                sure = mapped.is_collection(_entity(info.unit, path.value), path.name)
                if sure is not None:
                    yield path, path.name, sure, _place(cut)


def _place(call: ir.Call) -> ir.Node:
    """The last word of a chain's call and what it is given."""
    start = call.func.value.end if isinstance(call.func, ir.Attr) else call.start
    return ir.Node(start, call.end)


def _entity(unit: Unit, root: ir.Expr) -> str:
    """`Order` for `QOrder.order`, and for `order` that is imported from there."""
    if isinstance(root, ir.Attr) and name_of(root.value).startswith("Q"):
        return name_of(root.value)[1:]
    if not isinstance(root, ir.Name):
        return ""
    statement = unit.imports.get(root.id)
    last = statement.module.rpartition(".")[2] if statement is not None else ""
    return last[1:] if last.startswith("Q") else root.id[:1].upper() + root.id[1:]


def _chain(call: ir.Call) -> list[ir.Call]:
    """The calls of a chain, the last first."""
    found = [call]
    while isinstance(found[-1].func, ir.Attr) and isinstance(found[-1].func.value, ir.Call):
        found.append(found[-1].func.value)
    return found


def _said(info: FunctionInfo, mapped: _Mapped) -> Iterator[_Found]:
    """`em.createQuery("… join fetch o.lines").setMaxResults(20)`, in one chain or by way of a variable."""
    cuts = [one for one in in_whole(info.node) if isinstance(one, ir.Call) and name_of(one.func) in _MAXIMUM]
    if not cuts:
        return
    held = {
        name_of(one.target): one.value
        for one in in_whole(info.node)
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.value is not None
    }
    for cut in cuts:
        chain = _chain(cut)
        root = chain[-1].func.value if isinstance(chain[-1].func, ir.Attr) else None
        if isinstance(root, ir.Name) and isinstance(held.get(root.id), ir.Call):
            chain += _chain(held[root.id])  # type: ignore[arg-type]
        for call in chain:
            if name_of(call.func) not in _QUERIES or not call.args:
                continue
            given = call.args[0]
            text = held.get(given.id, given) if isinstance(given, ir.Name) else given
            for part in _texts(text):
                for field, sure in _fetched(part, mapped):
                    yield text, field, sure, _place(cut)


def _texts(node: ir.Expr) -> Iterator[str]:
    """The texts in an expression, those that are put together as one."""
    if isinstance(node, ir.Call) and any(key == "nativeQuery" for key, _ in node.keywords):
        return
    parts = [one.value for one in within(node) if isinstance(one, ir.Const) and isinstance(one.value, str)]
    if name_of(node) == "EntityGraph":
        yield from parts
    elif parts:
        yield " ".join(parts)


def _short(kind: ir.Type) -> str:
    return kind.name.rpartition(".")[2]
