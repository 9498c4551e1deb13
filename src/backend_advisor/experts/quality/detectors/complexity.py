"""Functions that are hard to follow: complex (QUA101), long (QUA102), deep (QUA103), of many parameters (QUA104)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.tree import children, name_of
from backend_advisor.experts.quality.detectors.outline import Cost, Written, outline
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Location, Severity
from backend_advisor.rules.ranking import worst_first_told
from backend_advisor.rules.registry import CodeContext, detects_in_code

_COMPLEX = 25
_HARD = 15
_TELLING = 45
"""Complexity, guards left out, from which every reviewer agrees; below it is a note for those who ask for notes."""
_MOST = 12
"""Findings of one kind that a reviewer takes up in a repository: the worst of them."""
_READS = re.compile(r"(?i)^_*(?:parse|lex|scan|tokeni[sz]e|decode|unescape|diff|format)(?:_|[A-Z0-9]|$)")
"""Functions that walk over a text: their branches are the grammar's."""
_LONG = 70
_VERY_LONG = 100
_GUARD = 2
_SEVERAL = 3
_BRANCHES = 6
"""Branches below which a long function is a table, a page or a set-up that is read from top to bottom."""
_DEEP = 5
_VERY_DEEP = 7
_PARAMETERS = 7
_MANY_PARAMETERS = 10
_INJECTED = re.compile(r"(?i)^(?:self|cls|this|context|ctx|request|req|response|res|next|session|db)$")
_CONSTRUCTORS = frozenset({"__init__", "__new__", "constructor", "__call__"})
_BUILDS = re.compile(r"(?i)^(?:of|create|build|make|new|from|with|to)(?:[A-Z_]|$)")
_ONCE = re.compile(r"^_*(?:backfill|migrate|seed)(?:_|[A-Z]|$)")
_BY_HAND = re.compile(r"(?:^|/)(?:management/commands|scripts?|tools?|bin)/")
_STEPS = ("step_first", "step_second", "step_third")


@detects_in_code("QUA101", trees_alone=True)
def cognitive_complexity(context: CodeContext) -> Iterator[Match]:
    """A function whose cognitive complexity is over the limit; the three places that cost most are its steps."""
    return worst_first_told(_complex(context), _MOST)


def _complex(context: CodeContext) -> Iterator[tuple[int, Match]]:
    for written in outline(context):
        if _is_counted_elsewhere(written):
            continue
        costs = [] if written.is_frame else written.all_costs()
        total = sum(cost.amount for cost in costs)
        if total <= _HARD:
            continue
        worst = sorted(costs, key=lambda cost: (-cost.amount, cost.node.start))[: len(_STEPS)]
        values: dict[str, str | int | float] = {"function": written.name, "complexity": total, "limit": _HARD}
        for key, cost in zip(_STEPS, worst, strict=False):
            values[key.removeprefix("step_")] = cost.amount
        match = Match(
            location=_signature(context, written),
            values=values,
            severity=Severity.WARNING if total > _COMPLEX else Severity.NOTE,
            confidence=Confidence.HIGH if _is_tangled(written) else Confidence.LOW,
            steps=tuple(
                (context.places.location(written.unit.path, *_head(cost.node)), key)
                for key, cost in zip(_STEPS, worst, strict=False)
            ),
        )
        yield total, match


def _is_tangled(written: Written) -> bool:
    """Whether a function is hard to follow even when what only turns calls away at its door is left out."""
    if written.is_frame or _ONCE.match(written.node.name) or _BY_HAND.search(written.unit.path):
        return False
    if written.unit.standing.get("outdated"):
        return False
    limit = 2 * _TELLING if _READS.match(written.node.name) else _TELLING
    parts = [_hard(one.all_costs(one.nesting)) for one in written.inner]
    if len(parts) < _SEVERAL:
        return _hard(written.costs) + sum(parts) >= limit
    # What holds several functions (handlers that it registers) is as hard as the hardest of them.
    return _hard(written.costs) + max(parts) >= limit


def _hard(costs: list[Cost]) -> int:
    return sum(cost.amount for cost in costs if not _is_guard(cost.node))


def _is_guard(node: ir.Node) -> bool:
    """`if …: raise`, `if …: return`: read once and forgotten."""
    if not isinstance(node, ir.If) or node.otherwise or not node.then:
        return False
    return len(node.then) <= _GUARD and isinstance(node.then[-1], ir.Throw | ir.Return | ir.Continue)


def _is_told(written: Written) -> bool:
    """Whether a function, or the one that it is counted in, is told for its complexity already."""
    at: Written | None = written
    while at is not None:
        if _is_tangled(at) and not _is_counted_elsewhere(at):
            return True
        at = at.outer
    return False


def _is_counted_elsewhere(written: Written) -> bool:
    """Whether a function is written in another that its complexity is a part of."""
    at = written.outer
    while at is not None:
        if not at.is_frame:
            return True
        at = at.outer
    return False


def _signature(context: CodeContext, written: Written) -> Location:
    node = written.node
    end = node.header_end
    if end <= node.start:
        end = node.body[0].start if node.body and node.body[0].start > node.start else node.end
    return context.places.location(written.unit.path, node.start, end)


def _head(node: ir.Node) -> tuple[int, int]:
    """The first part of a block: its condition rather than all of its body."""
    for part in children(node):
        if isinstance(part, ir.Expr) and part.end > node.start:
            return node.start, part.end
    return node.start, node.end


@detects_in_code("QUA102", trees_alone=True)
def long_function(context: CodeContext) -> Iterator[Match]:
    """A function of very many statements, those of the functions inside it not counted."""
    return worst_first_told(_very_long(context), _MOST)


def _very_long(context: CodeContext) -> Iterator[tuple[int, Match]]:
    for written in outline(context):
        if written.statements > _LONG:
            branches = sum(not _is_guard(cost.node) for cost in written.costs)
            telling = written.statements > _VERY_LONG and branches >= _BRANCHES and not _is_told(written)
            match = Match(
                location=_signature(context, written),
                values={"function": written.name, "lines": written.lines(), "statements": written.statements},
                confidence=Confidence.HIGH if telling else Confidence.LOW,
            )
            yield written.statements, match


@detects_in_code("QUA103", trees_alone=True)
def deep_nesting(context: CodeContext) -> Iterator[Match]:
    """A block inside six or more others."""
    for written in outline(context):
        if written.depth > _DEEP and written.deepest is not None:
            yield Match(
                location=context.places.location(written.unit.path, *_head(written.deepest)),
                values={"function": written.name, "depth": written.depth},
                confidence=Confidence.LOW if written.depth < _VERY_DEEP or _is_told(written) else Confidence.HIGH,
                steps=((_signature(context, written), "step_function"),),
            )


@detects_in_code("QUA104")
def too_many_parameters(context: CodeContext) -> Iterator[Match]:
    """A function that callers must give more than seven values in the right order."""
    return worst_first_told(_many_parameters(context), _MOST)


def _many_parameters(context: CodeContext) -> Iterator[tuple[int, Match]]:
    given: dict[str, int] = {}
    told: set[tuple[str, ...]] = set()
    for written in outline(context):
        counted = _by_position(written)
        if (
            len(counted) <= _PARAMETERS
            or _is_called_by_framework(context, written)
            or _is_stated_above(written, context)
        ):
            continue
        if written.unit.language == "python":
            given = given or _most_given(context)
            # Callers that name what they give cannot mix it up.
            if given.get(written.node.name, len(counted)) <= _PARAMETERS:
                continue
        # An interface and what implements it are changed together.
        signature = (written.node.name, *(param.name for param in counted))
        match = Match(
            location=_signature(context, written),
            values={"function": written.name, "count": len(counted)},
            confidence=Confidence.LOW if signature in told or len(counted) < _MANY_PARAMETERS else None,
        )
        told.add(signature)
        yield len(counted), match


def _only_makes(written: Written) -> bool:
    """Whether a static method does nothing but make an object of its class: a constructor by another name."""
    node, owner = written.node, written.owner
    last = node.body[-1] if node.body else None
    made = last.value if isinstance(last, ir.Return) else None
    while isinstance(made, ir.Call) and isinstance(made.func, ir.Attr) and not made.new:
        made = made.func.value  # `new Order().setId(id).setName(name)`
    return (
        owner is not None
        and "static" in node.modifiers
        and isinstance(made, ir.Call)
        and made.new
        and name_of(made.func) == owner.name
    )


def _most_given(context: CodeContext) -> dict[str, int]:
    """For each name, the most values that any call gives by their place."""
    found: dict[str, int] = {}
    for unit in context.program.units.values():
        waiting: list[ir.Node] = list(unit.module.body)
        while waiting:
            node = waiting.pop()
            waiting.extend(children(node))
            if isinstance(node, ir.Call):
                name = name_of(node.func)
                found[name] = max(found.get(name, 0), len(node.args))
    return found


def _is_stated_above(written: Written, context: CodeContext) -> bool:
    """Whether a method only has the parameters that the method it overrides asks for."""
    owner = context.program.infos.get(id(written.node))
    if not isinstance(owner, FunctionInfo) or owner.owner is None:
        return False
    above = [one for one in context.program.ancestry(owner.owner) if one is not owner.owner]
    return any(written.node.name in one.methods for one in above)


def _by_position(written: Written) -> list[ir.Param]:
    """Parameters that must be given by their place; those that frameworks fill or that have a default are not."""
    params = written.node.params
    return [
        param
        for param in params
        if param.kind == "normal" and param.default is None and not param.decorators and not _INJECTED.match(param.name)
    ]


def _is_called_by_framework(context: CodeContext, written: Written) -> bool:
    node, owner = written.node, written.owner
    if node.name in _CONSTRUCTORS or (owner is not None and node.name == owner.name):
        return True  # what a constructor is given is what the object needs; containers give it
    if node.decorators and any(name_of(one) not in ("staticmethod", "classmethod") for one in node.decorators):
        return True
    if not node.name or "override" in node.modifiers:
        return True
    if owner is not None and (owner.kind == "record" or _BUILDS.match(node.name) or _only_makes(written)):
        return True
    info = context.program.infos.get(id(node))
    return isinstance(info, FunctionInfo) and (bool(info.marks) or id(info) in context.seen.handlers)
