"""A transaction that holds a connection and asks the same pool for a second one (PERF229)."""

from collections.abc import Iterator
from itertools import chain

from backend_advisor.code import ir
from backend_advisor.code.callees import class_named
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.tree import children, name_of, within
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_WORD = b"REQUIRES_NEW"
_NEW = frozenset({"REQUIRES_NEW", "PROPAGATION_REQUIRES_NEW"})
_HOLDS_NONE = frozenset({"NOT_SUPPORTED", "NEVER", "SUPPORTS"})
_MANAGERS = frozenset({"value", "transactionManager"})
_ELSEWHERE = frozenset(
    "submit execute schedule runAsync supplyAsync thenRunAsync thenApplyAsync thenAcceptAsync invokeAll Thread "
    "afterCommit registerSynchronization startVirtualThread".split()
)
"""What runs a function in another thread, or later."""
_RUNS_HERE = ("template", "tx", "transaction")
_DEEPEST = 3
_Way = tuple[tuple[FunctionInfo, ir.Call], ...]


@detects_in_code("PERF229")
def second_connection(context: CodeContext) -> Iterator[Match]:
    """A method with a transaction of its own, called while another transaction is open."""
    program = context.program
    if program.language != "java" or not any(_WORD in unit.module.source for unit in program.units.values()):
        return
    apart = {id(info): note for info in _methods(program) if (note := _own_transaction(info)) is not None}
    for info in _methods(program):
        opened = _opens(info)
        if opened is None or is_by_hand(info.unit, info):
            continue
        told: set[int] = set()
        for way, callee in _ways(program, info, apart, (), frozenset()):
            node = way[0][1]
            if id(node) in told or not _same_pool(opened, apart.get(id(callee))):
                continue
            told.add(id(node))
            yield _match(context, info, opened, way, callee)


def _methods(program: Program) -> Iterator[FunctionInfo]:
    for owner in program.classes.values():
        for several in owner.methods.values():
            yield from several


def _transactional(info: FunctionInfo) -> ir.Expr | None:
    """The annotation that rules a method: its own, else its class's for what can be called from outside."""
    if any(name_of(one) == "Async" for one in info.node.decorators):
        return None
    stated: ir.Expr
    for stated in info.node.decorators:
        if name_of(stated) == "Transactional":
            return stated
    owner = info.owner
    if owner is None or not info.node.name or "public" not in info.node.modifiers:
        return None
    return next((one for one in owner.node.decorators if name_of(one) == "Transactional"), None)


def _words(note: ir.Expr) -> set[str]:
    return {
        one.id if isinstance(one, ir.Name) else one.name for one in within(note) if isinstance(one, ir.Name | ir.Attr)
    }


def _opens(info: FunctionInfo) -> ir.Expr | None:
    """The annotation by which a transaction, and its connection, is held for a whole method."""
    note = _transactional(info)
    unheld = {"private", "static"} & set(info.node.modifiers)
    return note if note is not None and not unheld and not _words(note) & _HOLDS_NONE else None


def _own_transaction(info: FunctionInfo) -> ir.Expr | None:
    note = _transactional(info)
    return note if note is not None and _words(note) & _NEW and "private" not in info.node.modifiers else None


def _same_pool(outer: ir.Expr, inner: ir.Expr | None) -> bool:
    """Whether both transactions belong to one manager, as far as the annotations say."""
    return inner is None or _manager(outer) == _manager(inner)


def _manager(note: ir.Expr) -> object:
    if not isinstance(note, ir.Call):
        return None
    named = [value for key, value in note.keywords if key in _MANAGERS]
    named += [one for one in note.args if isinstance(one, ir.Const)]
    return next((one.value if isinstance(one, ir.Const) else name_of(one) for one in named), None)


def _ways(
    program: Program, info: FunctionInfo, apart: dict[int, ir.Expr], before: _Way, seen: frozenset[int]
) -> Iterator[tuple[_Way, FunctionInfo | None]]:
    """How a method comes to one that opens its own transaction: the calls on the way, and what the last one calls."""
    if id(info) in seen or len(before) >= _DEEPEST:
        return
    for call in _calls(info):
        way = (*before, (info, call))
        if _by_template(info, call):
            yield way, None
            continue
        callee, through_bean = _callee(program, info, call)
        if callee is None:
            continue
        if through_bean and id(callee) in apart:
            yield way, callee
        elif not through_bean or _joins(callee):
            yield from _ways(program, callee, apart, way, seen | {id(info)})


def _joins(callee: FunctionInfo) -> bool:
    """Whether a method of another object runs in the transaction that is open, in the same thread."""
    if any(name_of(one) == "Async" for one in callee.node.decorators):
        return False
    note = _transactional(callee)
    return note is None or not _words(note) & _HOLDS_NONE


def _calls(info: FunctionInfo) -> Iterator[ir.Call]:
    """The calls of a method that its own thread makes."""
    waiting: list[ir.Node] = list(info.node.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ir.Define | ir.Class):
            continue
        if isinstance(node, ir.Call):
            yield node
            if _hands_over(node):
                continue
        waiting += children(node)


def _hands_over(call: ir.Call) -> bool:
    if name_of(call.func) not in _ELSEWHERE:
        return False
    holder = name_of(call.func.value).lower() if isinstance(call.func, ir.Attr) else ""
    return not any(word in holder for word in _RUNS_HERE)


def _callee(program: Program, info: FunctionInfo, call: ir.Call) -> tuple[FunctionInfo | None, bool]:
    """The method of the program that is called, and whether another bean's proxy stands before it."""
    if isinstance(call.func, ir.Name):
        return _fitting(info.owner, call.func.id, call), False
    if not isinstance(call.func, ir.Attr):
        return None, False
    holder = call.func.value
    if isinstance(holder, ir.Name) and holder.id == "this":
        return _fitting(info.owner, call.func.name, call), False
    name = holder.id if isinstance(holder, ir.Name) else holder.name if isinstance(holder, ir.Attr) else ""
    field = info.owner.fields.get(name) if info.owner is not None else None
    if field is None or field.type is None:
        return None, False
    owner = class_named(program, info.unit, field.type.name)
    return (_fitting(_only_kind(owner), call.func.name, call), True) if owner is not None else (None, False)


def _only_kind(owner: ClassInfo) -> ClassInfo:
    """The one class that implements an interface."""
    return owner.children[0] if owner.node.kind == "interface" and len(owner.children) == 1 else owner


def _fitting(owner: ClassInfo | None, name: str, call: ir.Call) -> FunctionInfo | None:
    several = owner.methods.get(name, ()) if owner is not None else ()
    fitting = [one for one in several if len(one.node.params) == len(call.args)]
    return fitting[0] if len(fitting) == 1 else None


def _by_template(info: FunctionInfo, call: ir.Call) -> bool:
    """`newTransaction.execute(…)` of a template that its class has told to open a transaction of its own."""
    if name_of(call.func) not in ("execute", "executeWithoutResult") or not isinstance(call.func, ir.Attr):
        return False
    name, owner = name_of(call.func.value), info.owner
    if owner is None or _WORD not in info.unit.module.source:
        return False
    bodies = chain.from_iterable(one.node.body for several in owner.methods.values() for one in several)
    return bool(name) and any(
        isinstance(one, ir.Call)
        and isinstance(one.func, ir.Attr)
        and one.func.name == "setPropagationBehavior"
        and name_of(one.func.value) == name
        and any(_words(given) & _NEW for given in one.args)
        for one in within(*bodies)
    )


def _match(context: CodeContext, info: FunctionInfo, opened: ir.Expr, way: _Way, callee: FunctionInfo | None) -> Match:
    unit, node = info.unit, way[0][1]
    few = bool(info.marks & {"scheduled", "message.handler"})
    last_info, last = way[-1]
    steps = [(context.location(unit, opened), "step_begin"), (context.location(unit, node), "step_call")]
    if callee is not None:
        head = next((one for one in callee.node.decorators if name_of(one) == "Transactional"), callee.node)
        steps.append((context.location(callee.unit, head), "step_new"))
    elif last is not node:
        steps.append((context.location(last_info.unit, last), "step_new"))
    return Match(
        location=context.location(unit, node),
        values={"function": info.name, "call": short(context.text(unit, node))},
        confidence=Confidence.LOW if few else Confidence.HIGH if len(way) == 1 else Confidence.MEDIUM,
        steps=tuple(steps),
    )
