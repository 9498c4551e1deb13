"""Reads of JavaScript and Java whose condition does not keep them short: a limit that only the caller sets, and lists
of what is written down for ever, newest first, without one (PERF204)."""

import re
from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import name_of, names_in, within
from backend_advisor.experts.performance.detectors.names import class_named
from backend_advisor.experts.performance.detectors.options import Options, options_of
from backend_advisor.experts.performance.detectors.page_sizes import size_of_client
from backend_advisor.experts.performance.detectors.serving import Served
from backend_advisor.experts.performance.detectors.statements import statement_text
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, serves, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, survey
from backend_advisor.experts.performance.detectors.tables_read import (
    conditions_of,
    filter_of,
    kept_filters,
    table_names,
)
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_WRITTEN_DOWN = re.compile(
    r"(?i)(?:^|_|(?<=[a-z])(?=[A-Z]))(?:audit|events?|logs?|history|histories|activit(?:y|ies)|messages?|notifications?|"
    r"readings?|measurements?|transactions?|ledger|visits?)(?:$|_|(?-i:(?=[A-Z])))"
)
"""Tables to which every action of a user adds a row, and from which nothing is taken."""
OWNERS = re.compile(
    r"(?i)^(?:account|tenant|org(?:anization|anisation)?|user|customer|member|owner|team|workspace|company|project|"
    r"merchant|shop|store|device|recipient|sender|author)_?(?:id)?$"
)
"""What narrows a table to the rows of one who goes on adding to them."""
_NEWEST = re.compile(
    r"(?is)(?:\w+(?:At|_at|Date|_date|Time|_time|On|_on)|timestamp|date|time|created|sent|(?<!\w)at)\b[\"']?\s*(?:[:,]\s*[\"']?\s*(?:desc\b|-1)|\)?\s+desc\b)"
    r"|[\"']-(?:\w+(?:At|_at|Date|Time)|timestamp|date|created)\b"
)
_LIMITS = re.compile(
    r"(?i)^(?:limit|take|first|top|paginate|page|slice|cursor|stream|eachAsync|findOne|forUpdate|range)$"
)
_BY_NAME = re.compile(r"(?:find|get|read|query)(?:All)?(?:[a-z]\w*)?By((?:(?!OrderBy)\w)+)OrderBy\w+Desc$")
_PAGES = frozenset({"Pageable", "PageRequest", "Limit", "ScrollPosition", "KeysetScrollPosition"})
_LISTS = frozenset({"List", "Collection", "Set", "Iterable"})
_SELECTS = re.compile(
    r"(?is)^\s*select\b(?!\s+(?:count|sum|min|max|avg|exists)\s*\()(?:(?!\bfrom\b).)*\bfrom\s+[\"'`\[]?(?:\w+[.\"'`]+)?(\w+)"
)
_ENDS = re.compile(r"(?i)\blimit\b|\bfetch\s+(?:first|next)\b|\btop\b|\bgroup\s+by\b|\bdistinct\b")
_COMPARES = re.compile(r"(?i)\b(\w+)\s*(?:=|in\b|>=?|<=?|between\b|like\b|is\b)")
_TIME = re.compile(
    r"(?i)(?:^|_)(?:at|on|date|time|timestamp|created|updated|sent|occurred)$|(?-i:(?:At|On|Date|Time)$)"
)
_STRETCHES = frozenset({"Between", "MoreThan", "MoreThanOrEqual", "LessThan", "LessThanOrEqual"})
_BUILDERS = ("knex.Knex.__call__", "knex.Knex.from", "typeorm.SelectQueryBuilder.get", "kysely.Builder.execute")
_SENDS = frozenset({"getMany", "getRawMany", "execute"})
_NO_LIST = frozenset(
    ["getOne", "getOneOrFail", "getRawOne", "getCount", "getExists", "count", "countDistinct", "sum", "avg", "min",
     "max", "insert", "update", "del", "delete", "increment", "decrement", "whereIn", "executeTakeFirst", "modify"]
)  # fmt: skip
"""What a builder gives one row by, a figure, or nothing; or what may narrow it out of sight."""
_BETWEEN = re.compile(r"(?is)\border\s+by\b.*$")


def growing_reads(context: CodeContext, during: Served, told: set[int]) -> Iterator[Match]:
    """Reads with a condition that grow all the same; `told` are those of which something else is said."""
    if context.program.language not in ("javascript", "typescript"):
        return
    seen = survey(context)
    for spot in seen.of("db.read_all"):
        if spot.info not in during or id(spot.node) in told or is_by_hand(spot.unit, spot.info):
            continue
        options = options_of(context, spot)
        size = size_of_client(spot, options)
        if size is not None:
            place = context.location(spot.unit, size)
            yield replace(_match(context, spot, Confidence.MEDIUM), steps=((place, "step_size"),))
            continue
        if is_limited(spot):
            continue
        if options.optional_limit is not None and not _states_default(spot):
            direct = serves(context, spot.info)
            yield _match(context, spot, Confidence.MEDIUM if direct else Confidence.LOW)
        elif not options.has_limit and _is_of_an_owner(seen, spot, options):
            yield _match(context, spot, Confidence.MEDIUM if _is_newest_first(spot) else Confidence.LOW)
    for spot in [*seen.of("db.query"), *seen.reaches]:
        if id(spot.node) in told or spot.info not in during or is_by_hand(spot.unit, spot.info):
            continue
        sure = _statement_without_end(spot) or _built_without_end(spot)
        if sure is not None:
            told.add(id(spot.node))
            yield _match(context, spot, sure)


def growing_rows(context: CodeContext, during: Served) -> Iterator[Spot]:
    """The same of Java: by the text of a statement that is known, or by the name of a repository's method."""
    if context.program.language != "java":
        return
    for spot in survey(context).of("db.query"):
        if spot.info not in during or spot.call is None or is_by_hand(spot.unit, spot.info) or is_limited(spot):
            continue
        written = "db.read_all" in spot.call.role.does and is_endless(statement_text(spot.call))
        if written or _is_list_by_name(context, spot) or _is_list_by_query(context, spot):
            yield spot


def _is_list_by_name(context: CodeContext, spot: Spot) -> bool:
    """`List<AuditEvent> findByTenantIdOrderByCreatedAtDesc(long tenant)`."""
    named = _BY_NAME.match(name_of(spot.node)) if isinstance(spot.node, ir.Call) else None
    method = _method_of(context, spot) if named is not None else None
    if named is None or method is None or method.owner is None or not _gives_list(method):
        return False
    rows = [one.name for base in method.owner.node.base_types for one in base.args[:1]]
    if not any(_WRITTEN_DOWN.search(name) for name in (*rows, method.owner.node.name)):
        return False
    return all(OWNERS.match(part[0].lower() + part[1:]) for part in re.split(r"And(?=[A-Z])", named[1]))


def _is_list_by_query(context: CodeContext, spot: Spot) -> bool:
    """`@Query("select e from AuditEvent e where e.tenant = :tenant order by e.at desc") List<AuditEvent> of(…)`."""
    text = statement_text(spot.call) if spot.call is not None else ""
    method = _method_of(context, spot) if is_endless(re.sub(r"\b\w+\.(?=\w+)", "", text)) else None
    return method is not None and _gives_list(method)


def _method_of(context: CodeContext, spot: Spot) -> FunctionInfo | None:
    """The method of an interface that a call means, by the stated type of what it is called on."""
    func = spot.node.func if isinstance(spot.node, ir.Call) else None
    held = name_of(func.value) if isinstance(func, ir.Attr) else ""
    owner = spot.info.owner if spot.info is not None else None
    stated = owner.fields.get(held) if owner is not None else None
    kind = class_named(context.program, spot.unit, stated.type.name) if stated is not None and stated.type else None
    found = kind.methods.get(name_of(func), ()) if kind is not None else ()
    return found[0] if len(found) == 1 else None


def _gives_list(method: FunctionInfo) -> bool:
    """Whether a method gives all rows at once, and is given nothing that says how many."""
    returns = method.node.returns
    few = any(p.type is not None and p.type.name.rpartition(".")[2] in _PAGES for p in method.node.params)
    return returns is not None and returns.name.rpartition(".")[2] in _LISTS and not few


def _match(context: CodeContext, spot: Spot, confidence: Confidence) -> Match:
    return Match(
        location=context.location(spot.unit, spot.node),
        values={"call": short(context.text(spot.unit, spot.node))},
        confidence=confidence,
    )


def is_limited(spot: Spot) -> bool:
    """Whether a limit or a cursor is chained on the read."""
    return any(_LIMITS.match(node.name) for node in _chained(spot) if isinstance(node, ir.Attr))


def _chained(spot: Spot) -> Iterator[ir.Node]:
    for node in reversed(spot.path):
        if not isinstance(node, ir.Attr | ir.Call):
            return
        yield node


def _states_default(spot: Spot) -> bool:
    """Whether the file gives a limit a default where it checks requests: `limit: { type: 'integer', default: 20 }`."""
    source = spot.unit.module.source
    return re.search(rb"(?is)\b(?:limit|take|size|per_?page)\b.{0,160}?\bdefault\b", source) is not None


def _is_of_an_owner(seen: Survey, spot: Spot, options: Options) -> bool:
    """Whether rows of one owner are read from a table that only grows: by no other condition, but for a stretch of
    time that the caller sets."""
    if not isinstance(spot.node, ir.Call) or not any(_WRITTEN_DOWN.search(name) for name in table_names(spot)):
        return False
    where = options.given.get("where")
    mappings = kept_filters(seen, spot, where) if isinstance(where, ir.Name) else [filter_of(spot, options.given)]
    return bool(mappings) and all(_names_owner(one, spot) for one in mappings)


def _names_owner(mapping: ir.Mapping | None, spot: Spot) -> bool:
    if mapping is None or any(not isinstance(key, ir.Const) for key, _ in mapping.pairs):
        return False
    rest = [(str(key.value), value) for key, value in mapping.pairs if isinstance(key, ir.Const)]
    rest = [(key, value) for key, value in rest if not OWNERS.match(key)]
    return len(rest) < len(mapping.pairs) and all(_is_asked_stretch(key, value, spot) for key, value in rest)


def _is_asked_stretch(key: str, value: ir.Expr, spot: Spot) -> bool:
    """`at: { gte: from, lt: to }`, of which the caller says both, or nothing."""
    if _TIME.search(key) is None or spot.info is None:
        return False
    if isinstance(value, ir.Mapping):
        bounds = [bound for _, bound in value.pairs]
    else:
        bounds = value.args if isinstance(value, ir.Call) and name_of(value.func) in _STRETCHES else []
    given = {name for param in spot.info.node.params for name in (param.name, *names_in(param.pattern))}
    return bool(bounds) and all(isinstance(one, ir.Name | ir.Attr) and names_in(one) <= given for one in bounds)


def _is_newest_first(spot: Spot) -> bool:
    """Whether the rows are asked for by time, the last first: of such a list people look at the beginning."""
    outer = next((node for node in reversed(list(_chained(spot)))), spot.node)
    source = spot.unit.module.source[outer.start : outer.end].decode("utf-8", "replace")
    ordered = re.search(r"(?is)\b(?:order|orderBy|sort)\b(.*)", source)
    return ordered is not None and _NEWEST.search(ordered[1]) is not None


def _statement_without_end(spot: Spot) -> Confidence | None:
    """`query("SELECT … FROM audit_events WHERE account_id = $1 ORDER BY occurred_at DESC")`."""
    given = spot.node.args[0] if isinstance(spot.node, ir.Call) and spot.node.args else None
    text = _written_out(given)
    if text is None and spot.call is not None and "text" in spot.call.properties:
        text = statement_text(spot.call)
    return _without_end(text or "")


def is_endless(text: str) -> bool:
    """Whether a statement surely asks for what one owner's table grew to, the newest first, without a limit."""
    return _without_end(text) is Confidence.MEDIUM


def _without_end(text: str) -> Confidence | None:
    found = _SELECTS.match(text)
    if found is None or _WRITTEN_DOWN.search(found[1]) is None or _ENDS.search(text):
        return None
    ordered = _BETWEEN.search(text)
    if ordered is None or "?" in ordered[0]:
        return None  # what is put in after the order may be a limit
    condition = re.split(r"(?i)\bwhere\b", text[: ordered.start()])
    if not all(OWNERS.match(name) for part in condition[1:] for name in _COMPARES.findall(part)):
        return None
    return Confidence.MEDIUM if _NEWEST.search(ordered[0]) is not None else Confidence.LOW


def _written_out(given: ir.Expr | None) -> str | None:
    if not isinstance(given, ir.Text | ir.Const):
        return None
    parts = given.parts if isinstance(given, ir.Text) and given.tag is None else [given]
    return "".join(str(one.value) if isinstance(one, ir.Const) else " ? " for one in parts)


def _built_without_end(spot: Spot) -> Confidence | None:
    """`knex("audit_events").where({ tenant_id }).orderBy("at", "desc")`, `….orderBy("e.at", "DESC").getMany()`."""
    role = spot.call.role.name if spot.call is not None else ""
    if not role.startswith(_BUILDERS) or not any(_WRITTEN_DOWN.search(name) for name in table_names(spot)):
        return None
    outer = next(reversed(list(_chained(spot))), spot.node)
    chained = {name_of(one.func) for one in within(outer) if isinstance(one, ir.Call)}
    if any(_LIMITS.match(name) or name in _NO_LIST for name in chained) or not _is_sent(spot, outer):
        return None
    columns = conditions_of(outer)
    if not columns or not all(map(OWNERS.match, columns)):
        return None
    return Confidence.MEDIUM if _is_newest_first(spot) else Confidence.LOW


def _is_sent(spot: Spot, outer: ir.Node) -> bool:
    """Whether what is built is sent here, and not handed on to be built further."""
    if isinstance(outer, ir.Call) and name_of(outer.func) in _SENDS:
        return True
    around = next((one for one in reversed(spot.path) if not isinstance(one, ir.Attr | ir.Call)), None)
    is_async = spot.info is not None and spot.info.node.is_async
    return isinstance(around, ir.Await) or (is_async and isinstance(around, ir.Return))
