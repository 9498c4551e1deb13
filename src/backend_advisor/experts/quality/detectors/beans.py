"""Annotations of Spring beans that have no effect, since the call does not come through the bean's proxy (QUA121)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Unit
from backend_advisor.code.tree import children, name_of, within
from backend_advisor.experts.quality.detectors.tree import function_name, is_apart, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_PROXIED = frozenset({"Transactional", "Async", "Cacheable", "CacheEvict", "CachePut", "Caching", "Retryable"})
_SPRING = "org.springframework."
_WOVEN = re.compile(rb"AdviceMode\.ASPECTJ|mode\s*=\s*ASPECTJ")
_OWN_BORDER = frozenset({"REQUIRES_NEW", "NESTED", "NOT_SUPPORTED", "NEVER"})
_RUNS = frozenset({"execute", "executeWithoutResult", "required", "requiresNew", "inTransaction", "runInTransaction"})
_NEVER = ("private", "final", "static")
_ENTERED = frozenset({"http.handler", "scheduled", "message.handler", "background", "graphql.resolver"})


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of one of the object's own methods, or a reference to it."""

    caller: FunctionInfo
    node: ir.Expr
    callee: FunctionInfo


@detects_in_code("QUA121")
def bypassed_annotation(context: CodeContext) -> Iterator[Match]:
    """A method called on the object itself whose annotation only the proxy applies, or that no proxy can take over."""
    if context.program.language != "java":
        return
    found = [match for owner in context.program.classes.values() for match in _in_class(context, owner)]
    if found and not any(_WOVEN.search(unit.module.source) for unit in context.program.units.values()):
        yield from found


def _in_class(context: CodeContext, owner: ClassInfo) -> Iterator[Match]:
    annotated = {
        id(info): note
        for several in owner.methods.values()
        for info in several
        if info.node.decorators and (note := _proxied(info)) is not None
    }
    if not annotated or owner.node.kind != "class" or is_apart(owner.unit):
        return
    calls = [call for several in owner.methods.values() for info in several for call in _own_calls(owner, info)]
    for several in owner.methods.values():
        for info in several:
            note = annotated.get(id(info))
            if note is not None and _no_proxy_takes(info):
                head = ir.Node(info.node.start, info.node.header_end)
                # Where all who call it have a transaction already, what it asks for is there all the same.
                needless = name_of(note) == "Transactional" and not _words(note) & _OWN_BORDER
                needless = needless and _are_inside(info, calls, owner, frozenset())
                yield _match(context, info, note, head, Confidence.LOW if needless else Confidence.HIGH)
    for call in calls:
        note = annotated.get(id(call.callee))
        if note is None or call.callee is call.caller or _no_proxy_takes(call.callee):
            continue
        if name_of(note) == "Transactional" and _has_what_it_asks(call, note, calls, owner):
            continue
        if name_of(note) == name_of(_proxied(call.caller)) != "Transactional":
            continue
        yield _match(context, call.callee, note, call.node, _sureness(context, call, note))


def _proxied(info: FunctionInfo) -> ir.Expr | None:
    """The annotation of a method that Spring applies by a proxy."""
    return next((one for one in info.node.decorators if name_of(one) in _PROXIED and _is_springs(info.unit, one)), None)


def _is_springs(unit: Unit, note: ir.Expr) -> bool:
    """Whether it is Spring that reads an annotation: its own, or Jakarta's in a file that uses Spring."""
    if not any(one.module.startswith(_SPRING) for one in (*unit.imports.values(), *unit.stars)):
        return False
    statement = unit.imports.get(name_of(note))
    return statement is None or statement.module.startswith((_SPRING, "jakarta.transaction", "javax.transaction"))


def _no_proxy_takes(info: FunctionInfo) -> bool:
    return any(word in info.node.modifiers for word in _NEVER)


def _own_calls(owner: ClassInfo, info: FunctionInfo) -> Iterator[_Call]:
    """The calls of the object's own methods: `place(o)`, `this.place(o)`, `this::place`."""
    waiting: list[tuple[ir.Node, bool]] = [(one, False) for one in info.node.body]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, ir.Define | ir.Class):
            continue
        callee = None if inside else _called(owner, node)
        if callee is not None and isinstance(node, ir.Expr):
            yield _Call(info, node, callee)
        inside = inside or (isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and _opens_border(node))
        parts = node.args if isinstance(node, ir.Call) and _own_name(node.func) else children(node)
        waiting += [(one, inside) for one in parts]


def _opens_border(call: ir.Call) -> bool:
    """`transactionTemplate.execute(status -> …)` gives what is inside a transaction of its own."""
    return name_of(call.func) in _RUNS and any(isinstance(one, ir.Lambda | ir.Attr) for one in call.args)


def _called(owner: ClassInfo, node: ir.Node) -> FunctionInfo | None:
    if isinstance(node, ir.Call):
        several = owner.methods.get(_own_name(node.func) or "", ())
        fitting = [one for one in several if _takes(one, len(node.args))]
        return fitting[0] if len(fitting) == 1 else None
    if isinstance(node, ir.Attr) and isinstance(node.value, ir.Name) and node.value.id == "this":
        several = owner.methods.get(node.name, ())
        return several[0] if len(several) == 1 and node.name not in owner.fields else None
    return None


def _own_name(func: ir.Expr) -> str | None:
    if isinstance(func, ir.Name):
        return func.id
    is_own = isinstance(func, ir.Attr) and isinstance(func.value, ir.Name) and func.value.id == "this"
    return func.name if is_own and isinstance(func, ir.Attr) else None


def _takes(info: FunctionInfo, count: int) -> bool:
    rest = any(param.kind == "rest" for param in info.node.params)
    return count >= len(info.node.params) - 1 if rest else count == len(info.node.params)


def _has_what_it_asks(call: _Call, note: ir.Expr, calls: list[_Call], owner: ClassInfo) -> bool:
    """Whether the caller's transaction is the one that the annotation asks for."""
    return not _words(note) & _OWN_BORDER and _is_inside(call.caller, calls, owner, frozenset())


def _words(note: ir.Expr) -> set[str]:
    words = {part.name for part in within(note) if isinstance(part, ir.Attr)}
    return words | {part.id for part in within(note) if isinstance(part, ir.Name)}


def _is_inside(info: FunctionInfo, calls: list[_Call], owner: ClassInfo, seen: frozenset[int]) -> bool:
    """Whether a method runs in a transaction: by its own annotation, its class's, or that of all who call it."""
    if any(name_of(one) == "Transactional" for one in (*info.node.decorators, *owner.node.decorators)):
        return "private" not in info.node.modifiers or _are_inside(info, calls, owner, seen)
    return "public" not in info.node.modifiers and _are_inside(info, calls, owner, seen)


def _are_inside(info: FunctionInfo, calls: list[_Call], owner: ClassInfo, seen: frozenset[int]) -> bool:
    if id(info) in seen:
        return True
    callers = [one.caller for one in calls if one.callee is info]
    return bool(callers) and all(_is_inside(one, calls, owner, seen | {id(info)}) for one in callers)


def _sureness(context: CodeContext, call: _Call, note: ir.Expr) -> Confidence:
    """Who enters the object by the caller itself has no transaction yet; another bean's might be open."""
    if isinstance(note, ir.Call) and any(key == "readOnly" for key, _ in note.keywords):
        return Confidence.LOW  # what only reads does the same without
    handler = context.seen.handlers.get(id(call.caller))
    marks = call.caller.marks | (handler.marks if handler is not None else set())
    if marks & _ENTERED or name_of(_proxied(call.callee)) != "Transactional":
        return Confidence.HIGH
    # Mostly the caller is called in a transaction; only a border of its own is surely lost.
    return Confidence.MEDIUM if _words(note) & _OWN_BORDER else Confidence.LOW


def _match(
    context: CodeContext,
    info: FunctionInfo,
    note: ir.Expr,
    node: ir.Node,
    confidence: Confidence,
    *,
    head: bool = False,
) -> Match:
    unit = info.unit
    if head:
        node = ir.Node(info.node.start, info.node.header_end)
    text = " ".join(context.text(unit, node).split())
    return Match(
        location=context.location(unit, node),
        values={"annotation": name_of(note), "method": function_name(info), "place": short(text)},
        confidence=confidence,
        steps=((context.location(unit, note), "step_annotation"),),
    )
