"""Whole tables read (PERF204), and filtered or counted in the program (PERF205)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of, names_in, within
from backend_advisor.experts.performance.detectors.cut_in_code import counted_or_cut
from backend_advisor.experts.performance.detectors.everything import narrowed_query_sets, takes_everything
from backend_advisor.experts.performance.detectors.growing_reads import growing_reads, growing_rows
from backend_advisor.experts.performance.detectors.java_pages import pages_of_any_size
from backend_advisor.experts.performance.detectors.names import class_named
from backend_advisor.experts.performance.detectors.python_growing_reads import python_growing_reads
from backend_advisor.experts.performance.detectors.python_page_sizes import unlimited_sizes
from backend_advisor.experts.performance.detectors.serving import served
from backend_advisor.experts.performance.detectors.statements import statement_text
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot, Survey, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_SMALL = re.compile(
    r"(?i)countr|categor|role|permission|setting|config|currenc|language|locale|timezone|status|types?\b|plan|feature|"
    r"region|unit|enum|menu|department|tag|migration|version|working_?days?|business_?date|schedul|bucket|range|template|office|plugin|provider|extension|scale"
)
_NARROWS = re.compile(
    r"(?i)^(?:filter|filter_by|where|and_?where|having|limit|take|first|slice|paginate|page|exclude|find_?by\w*|with_entities|"
    r"in_|group_by|groupby|from_statement|fetchmany|get|pluck|top|setMaxResults|in_bulk|join|on|eq|setParameter)$"
)
_LIMITED = re.compile(
    r"(?is)^\s*(?:show|describe|desc|explain|pragma)\b|\blimit\b|\bfetch\s+(?:first|next)\b|\btop\b|\bwhere\b|\brownum\b|\bgroup\s+by\b|\b(?:count|sum|max|min|avg)\s*\("
)
_ARRANGES = frozenset({"order", "orderBy", "include", "attributes", "raw", "select", "relations", "sort", "nest"})
_PICKS = frozenset({"filter", "find", "some", "every", "anyMatch", "allMatch", "noneMatch", "findFirst", "subList"})
_ALL = re.compile(r"(?i)^_?(?:find|get|list|load|fetch|read|select|query)_?all(?:$|_|(?-i:[A-Z]))")
"""Functions that say that they give everything: how much that is, those who call them know."""
_COUNTS = frozenset({"length", "size"})
_SHORT = 2
_GROWS = re.compile(
    r"(?i)order|invoice|payment|transact|event|log|audit|histor|message|notification|comment|post|article|product|entry|"
    r"entries|customer|user|member|account|subscriber|contact|photo|image|document|book|review|booking|reservation|ticket|"
    r"task|visit|view|measure|metric|alert|report|submission|answer|vote|follow|score|track|song|video|finding|result|"
    r"translation|person|people|employee|student|patient|shipment|parcel|asset|device|recipe|owner|pet|row|trade|item"
)
"""What a table holds that grows as a program is used; what people set up by hand stays short."""
_PEOPLE = re.compile(
    r"(?i)user|member|account|person|people|employee|contact|owner|device|asset|view|row|item|score|result"
)
"""Of these a back office written in Python mostly has so few that its pages list them."""

_PEOPLE = re.compile(r"(?i)users?|members?|accounts?|persons?|people|owners?|employees?")
"""Of people a program of one house has as many as work there."""


@detects_in_code("PERF204")
def unbounded_read(context: CodeContext) -> Iterator[Match]:
    """All rows of a table, read while a client waits."""
    during = served(context)
    told = {id(spot.node) for spot, _, _ in _narrowed_later(context)}
    seen = survey(context)
    tables: set[str] = set()
    for spot in seen.of("db.read_all"):
        if spot.info in during and id(spot.node) not in told and _is_whole(seen, spot):
            text = context.text(spot.unit, spot.node)
            many = _may_be_many(context, seen, spot) and not (spot.unit.language == "python" and text in tables)
            tables.add(text)
            yield Match(
                location=context.location(spot.unit, spot.node),
                values={"call": short(text)},
                confidence=Confidence.MEDIUM if many else Confidence.LOW,
            )
            told.add(id(spot.node))
    yield from growing_reads(context, during, told)
    for spot in (*pages_of_any_size(context), *growing_rows(context, during)):
        if id(spot.node) not in told:
            told.add(id(spot.node))
            yield Match(
                location=context.location(spot.unit, spot.node),
                values={"call": short(context.text(spot.unit, spot.node))},
                confidence=Confidence.MEDIUM,
            )
    yield from python_growing_reads(context, during, told)
    yield from unlimited_sizes(context)


def _may_be_many(context: CodeContext, seen: Survey, spot: Spot) -> bool:
    """Whether something says that the table grows as the program is used: what it holds, or that others page it."""
    if spot.info is not None and _ALL.match(spot.info.node.name):
        return False
    if spot.unit.language == "python":
        asked = _text_before(seen, spot) if isinstance(spot.node, ir.Call) and len(_chain(spot.node)) < _SHORT else ""
        named = " ".join(re.findall(r"\b[A-Z]\w+", context.text(spot.unit, spot.node)))
        return _GROWS.search(_PEOPLE.sub("", f"{named} {asked}")) is not None
    if spot.unit.language != "java" or _GROWS.search(_PEOPLE.sub("", context.text(spot.unit, spot.node))):
        return True
    held = spot.node.func.value if isinstance(spot.node, ir.Call) and isinstance(spot.node.func, ir.Attr) else None
    typed = spot.info.owner.fields.get(name_of(held)) if spot.info is not None and spot.info.owner is not None else None
    kind = typed.type.name if typed is not None and typed.type is not None else ""
    if _GROWS.search(_PEOPLE.sub("", kind)):
        return True
    owner = class_named(context.program, spot.unit, kind)
    methods = [one for several in owner.methods.values() for one in several] if owner is not None else []
    return any(param.type is not None and param.type.name == "Pageable" for one in methods for param in one.node.params)


@detects_in_code("PERF205")
def filtered_in_the_application(context: CodeContext) -> Iterator[Match]:
    """Rows that the program reads only to throw them away or to count them."""
    sets = (one for one in narrowed_query_sets(context) if not _SMALL.search(context.text(one[0].unit, one[0].node)))
    for spot, node, key in (*_narrowed_later(context), *sets):
        yield Match(
            location=context.location(spot.unit, spot.node),
            values={"call": short(context.text(spot.unit, spot.node))},
            confidence=Confidence.MEDIUM,
            steps=((context.location(spot.unit, spot.node), "step_read"), (context.location(spot.unit, node), key)),
        )


def _is_whole(seen: Survey, spot: Spot) -> bool:
    """Whether a read has neither a condition nor a limit, as far as the call itself tells."""
    call = spot.call
    if (
        call is None
        or not (call.certain or call.role.framework == "snippets")
        or is_by_hand(spot.unit, spot.info)
        or "pagination.limit" in call.role.does
        or (spot.info is not None and "cached" in spot.info.marks)
    ):
        return False
    if not isinstance(spot.node, ir.Call):
        return False
    model = _is_model(spot)
    arranged = (model and _only_arranges(spot.node)) or takes_everything(spot, call)
    if not arranged and {"limit", "filter", "take", "page", "where"} & set(call.properties):
        return False
    chain = _chain(spot.node)
    if any(_NARROWS.match(name) for name in _made_before(spot)):
        return False
    after = [name for name in _chained_on(spot) if name not in _PICKS] if model or arranged else []
    if any(_NARROWS.match(name) for name in (*chain, *after)):
        return False
    if (spot.node.args and not arranged) or spot.node.keywords:
        return False
    if any(isinstance(part, ir.Call) and len(part.args) > 1 for part in within(spot.node.func)):
        return False
    if any(id(part) in seen.reached for part in within(spot.node.func)):
        return False  # a function of the program made the query, with the conditions that stand there
    text = statement_text(call) or _text_in(spot.node.func)
    if not text and "db.query" not in call.role.does and "select" not in chain:
        text = _text_before(seen, spot) or "?"
    if text:
        return not _LIMITED.search(text) and "?" not in text and not _SMALL.search(text)
    # A receiver that is a plain variable may have been narrowed before; a repository is what it is.
    repository = spot.unit.language == "java" and "filter" in call.role.named
    owner = spot.info.owner.node.name if repository and spot.info is not None and spot.info.owner is not None else ""
    written = " ".join([*sorted(names_in(spot.node) | set(chain)), owner])
    return (bool(chain) or repository or model or arranged) and not _SMALL.search(written)


def _made_before(spot: Spot) -> Iterator[str]:
    """What the variable was made with that a read is chained on: `query = Order.query.filter(…)`, `query.all()`."""
    root: ir.Expr = spot.node if isinstance(spot.node, ir.Expr) else ir.Const(0, 0, None)
    while isinstance(root, ir.Call | ir.Attr):
        root = root.func if isinstance(root, ir.Call) else root.value
    if not isinstance(root, ir.Name) or spot.unit.language != "python":
        return
    for node in within(*spot.path[:1]):
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and node.target.id == root.id:
            yield from (
                part.name for part in within(node.value) if isinstance(part, ir.Attr) and node.value is not spot.node
            )


def _is_model(spot: Spot) -> bool:
    """`Order.findAll()` of JavaScript: a class is not narrowed before."""
    func = spot.node.func if isinstance(spot.node, ir.Call) else None
    holder = func.value if isinstance(func, ir.Attr) else None
    return spot.unit.language != "python" and isinstance(holder, ir.Name) and holder.id[:1].isupper()


def _only_arranges(call: ir.Call) -> bool:
    """Whether the options of a read only order its rows or add to them: `findAll({ order: [['id', 'DESC']] })`."""
    options = call.args[0] if len(call.args) == 1 else None
    return isinstance(options, ir.Mapping) and all(
        isinstance(key, ir.Const) and key.value in _ARRANGES for key, _ in options.pairs
    )


def _chained_on(spot: Spot) -> Iterator[str]:
    """The methods that are called on a read's own result: `Post.find().limit(20)`."""
    for node in reversed(spot.path):
        if isinstance(node, ir.Attr):
            yield node.name
        elif not isinstance(node, ir.Call):
            return


def _text_in(expression: ir.Expr) -> str:
    """The text of a query in a chain: `manager.createQuery("select o from Order o").getResultList()`."""
    texts = [part.value for part in within(expression) if isinstance(part, ir.Const) and isinstance(part.value, str)]
    return " ".join(texts)


def _chain(call: ir.Call) -> list[str]:
    """The methods and names that a call is chained on, its arguments' builders among them."""
    return [
        part.name if isinstance(part, ir.Attr) else name_of(part.func)
        for part in within(call.func)
        if isinstance(part, ir.Attr | ir.Call)
    ][1:]


def _text_before(seen: Survey, spot: Spot) -> str:
    """`cursor.execute(text)` before `cursor.fetchall()`: the text of the last statement in the function."""
    text = ""
    for other in sorted(seen.inside.get(id(spot.info), ()), key=lambda one: one.node.end):
        if other.node is spot.node:
            break
        if other.call is not None and "db.query" in other.call.role.does:
            text = statement_text(other.call) or "?"
    return text


def _narrowed_later(context: CodeContext) -> Iterator[tuple[Spot, ir.Node, str]]:
    """Reads of everything that are filtered or counted at once, or through a variable with no other use."""
    seen = survey(context)
    told: set[int] = set()
    for spot in seen.of("db.read_all"):
        if not _is_whole(seen, spot):
            continue
        found = _use_around(spot)
        if found is None:
            name = _assigned_to(spot)
            found = _only_use(name, spot) if name is not None else None
        if found is not None:
            told.add(id(spot.node))
            yield spot, *found
    for spot, node, key in counted_or_cut(context):
        if id(spot.node) not in told:
            yield spot, node, key


def _use_around(spot: Spot) -> tuple[ir.Node, str] | None:
    """`len(all)`, `all.length`, `all.filter(…)`, `[x for x in all if …]`."""
    inner: ir.Node = spot.node
    for node in reversed(spot.path):
        if isinstance(node, ir.Await | ir.Cast):
            inner = node
            continue
        return _narrowing(node, inner, spot)
    return None


def _narrowing(node: ir.Node, inner: ir.Node, spot: Spot) -> tuple[ir.Node, str] | None:
    if isinstance(node, ir.Call) and isinstance(node.func, ir.Name) and node.func.id == "len" and inner in node.args:
        return node, "step_count"
    if isinstance(node, ir.Attr):
        if node.name in _COUNTS:
            return node, "step_count"
        if node.name in _PICKS:
            return node, "step_filter"
        if node.name == "stream":
            return _stream_use(spot, node)
    if isinstance(node, ir.Comprehension) and node.clauses[0][1] is inner and _tests_item(node):
        return node, "step_filter"
    if isinstance(node, ir.For) and node.iterable is inner and _only_tests(node):
        return node, "step_filter"
    return None


def _stream_use(spot: Spot, stream: ir.Attr) -> tuple[ir.Node, str] | None:
    """`all.stream().filter(…)`: the call of `stream` and what it is followed by."""
    for number, node in enumerate(spot.path):
        if node is stream and number >= 2:
            after = spot.path[number - 2]
            if isinstance(after, ir.Attr) and after.name in _PICKS | {"count"}:
                return after, "step_count" if after.name == "count" else "step_filter"
    return None


def _streamed(body: list[ir.Stmt], stream: ir.Attr) -> tuple[ir.Node, str] | None:
    """`rows.stream().filter(…)` of a variable: what the stream is followed by."""
    for node in within(*body):
        if isinstance(node, ir.Attr) and isinstance(node.value, ir.Call) and node.value.func is stream:
            if node.name in _PICKS | {"count"}:
                return node, "step_count" if node.name == "count" else "step_filter"
            return None
    return None


def _tests_item(node: ir.Comprehension) -> bool:
    target, _, conditions = node.clauses[0]
    return any(names_in(target) & names_in(condition) for condition in conditions)


def _only_tests(node: ir.For) -> bool:
    return (
        len(node.body) == 1
        and isinstance(node.body[0], ir.If)
        and not node.body[0].otherwise
        and bool(names_in(node.target) & names_in(node.body[0].test))
    )


def _assigned_to(spot: Spot) -> str | None:
    inner: ir.Node = spot.node
    for node in reversed(spot.path):
        if isinstance(node, ir.Assign):
            return node.target.id if isinstance(node.target, ir.Name) and node.value is inner else None
        if not isinstance(node, ir.Await | ir.Cast):
            return None
        inner = node
    return None


def _only_use(name: str, spot: Spot) -> tuple[ir.Node, str] | None:
    """How a variable is used, when everything that is done with it narrows it."""
    body = next((node.body for node in reversed(spot.path) if isinstance(node, ir.Function)), None)
    if body is None:
        return None
    uses: list[tuple[ir.Node, str]] = []
    total = 0
    for node in within(*body):
        if isinstance(node, ir.Name) and node.id == name:
            total += 1
        found = None
        if isinstance(node, ir.Attr | ir.Call | ir.Comprehension | ir.For):
            part = node.value if isinstance(node, ir.Attr) else None
            if isinstance(node, ir.Call) and node.args:
                part = node.args[0]
            if isinstance(node, ir.Comprehension):
                part = node.clauses[0][1]
            if isinstance(node, ir.For):
                part = node.iterable
            if isinstance(part, ir.Name) and part.id == name:
                is_stream = isinstance(node, ir.Attr) and node.name == "stream"
                found = _streamed(body, node) if is_stream else _narrowing(node, part, spot)  # type: ignore[arg-type]
        if found is not None:
            uses.append(found)
    return uses[0] if uses and len(uses) == total - 1 else None
