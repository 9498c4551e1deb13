"""Work that is lost although somebody explains why nothing is done about it (parts of QUA107): a row whose write
failed, a message whose handling failed, an item that drops out of a sum."""

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.tree import in_whole, name_of, names_in, own, within
from backend_advisor.experts.quality.detectors.acts import acts_between
from backend_advisor.experts.quality.detectors.outline import Written
from backend_advisor.rules.registry import CodeContext

_ROWS = frozenset({"db.write", "db.write_many", "db.commit", "orm.save", "queue.publish"})
_WIDE = frozenset(
    ["Exception", "BaseException", "Throwable", "RuntimeException", "Error", "DataAccessException", "SQLException",
     "PersistenceException", "HibernateException", "SQLAlchemyError", "DatabaseError", "DBAPIError", "JMSException",
     "KafkaException", "AmqpException", "MongoException", "NestedRuntimeException", "JOOQException"]
)  # fmt: skip
"""Kinds of failure of which nobody can say that they were expected here."""
_UNDOES = re.compile(
    r"(?i)^(?:delete|remove|rollback|close|release|unlock|cancel|drop|truncate|clear|evict|invalidate|purge|expire|abort|"
    r"heartbeat|touch|audit|log|track|record|metric|ping|warm)"
)
"""Work that may fail without anybody missing it: tidying up, notes beside the work."""
_MATTERS = re.compile(
    r"(?:transfer|pay|charge|refund|debit|credit|settle|capture|withdraw|deposit|disburse|remit|reserve|ship|book)"
    r"(?:_?(?:out|all|payment|payments|payout|payouts|money|funds|order|orders|card|customer|amount|batch|back))?$",
    re.IGNORECASE,
)
"""Work that nobody does for good measure: money or goods move by it."""
_EMPTY = frozenset({"empty", "emptyList", "emptySet", "emptyMap"})
_DROPS = frozenset({"stream", "isPresent", "nonNull"})
_dropping: WeakKeyDictionary[Program, set[int]] = WeakKeyDictionary()


def is_silent(handler: ir.Handler) -> bool:
    """Whether a handler does nothing at all."""
    return all(isinstance(one, ir.Do) and isinstance(one.value, ir.Name | ir.Const) for one in handler.body)


def _goes_on(unit: Unit, handler: ir.Handler) -> bool:
    """Whether a handler only takes the next item of a loop."""
    return unit.language == "java" and len(handler.body) == 1 and isinstance(handler.body[0], ir.Continue)


def is_wide(unit: Unit, handler: ir.Handler) -> bool:
    """Whether a handler takes failures that no code expects, not only the one that it names."""
    if unit.language not in ("python", "java"):
        return True
    names = [name_of(one) for one in handler.types]
    return not names or any(name in _WIDE for name in names)


def loses_row(context: CodeContext, written: Written, node: ir.Try, handler: ir.Handler) -> bool:
    """Whether a row or a message is lost, and what follows goes on as if it had been stored."""
    silent = is_silent(handler) or _goes_on(written.unit, handler)
    if not silent or not is_wide(written.unit, handler) or _UNDOES.match(written.node.name):
        return False
    last = node.body[-1]
    if not acts_between(context, written.unit, last.start, last.end) & _ROWS:
        return False
    return not any(_UNDOES.match(name_of(one.func)) for one in within(last) if isinstance(one, ir.Call))


def loses_message(context: CodeContext, written: Written, node: ir.Try, handler: ir.Handler) -> bool:
    """Whether a handler of messages forgets that it failed, so that the message counts as done."""
    if not is_silent(handler) or not is_wide(written.unit, handler):
        return False
    info = context.program.infos.get(id(written.node))
    if not isinstance(info, FunctionInfo) or "message.handler" not in info.marks:
        return False
    # What the handler is there for stands in the `try`, not something besides.
    return written.node.body[-1] is node


def counts_as_done(context: CodeContext, written: Written, node: ir.Try, handler: ir.Handler) -> bool:
    """Whether a payment or the like failed unheard, and what follows writes down that it was done:
    `try { bank.transfer(due); } catch (Exception e) { } days.save(settled);`, also where the caller writes it."""
    unit = written.unit
    if not is_silent(handler) or not is_wide(unit, handler) or len(node.body) != 1:
        return False
    only = node.body[0].value if isinstance(node.body[0], ir.Do) else None
    only = only.value if isinstance(only, ir.Await) else only
    if not isinstance(only, ir.Call) or _MATTERS.match(name_of(only.func)) is None:
        return False
    if _writes_after(context, unit, written.node.body, node):
        return True
    info = context.program.infos.get(id(written.node))
    if written.node.body[-1] is not node or not isinstance(info, FunctionInfo) or info.owner is None:
        return False
    return any(
        _writes_after(context, unit, caller.node.body, one)
        for several in info.owner.methods.values()
        for caller in several
        if caller is not info
        for one in caller.node.body
        if isinstance(one, ir.Do) and _calls(one.value, info.node.name)
    )


def _calls(value: ir.Expr, name: str) -> bool:
    value = value.value if isinstance(value, ir.Await) else value
    return isinstance(value, ir.Call) and name_of(value.func) == name


def _writes_after(context: CodeContext, unit: Unit, body: list[ir.Stmt], done: ir.Stmt) -> bool:
    """Whether statements of the same block that follow one write a row."""
    if done not in body or body[-1] is done:
        return False
    return bool(acts_between(context, unit, done.end, body[-1].end) & _ROWS)


def drops_out(context: CodeContext, written: Written, node: ir.Try, handler: ir.Handler) -> bool:
    """Whether a failure is turned into nothing, and nothing is left out of what callers, or a loop, add up or list."""
    if written.unit.language != "java" or not is_wide(written.unit, handler):
        return False
    if is_silent(handler) or _goes_on(written.unit, handler):
        return _adds_up(node.body[-1])
    if len(handler.body) != 1:
        return False
    only = handler.body[0]
    return isinstance(only, ir.Return) and _is_nothing(only.value) and id(written.node) in _left_out(context.program)


def _adds_up(last: ir.Stmt) -> bool:
    """`total = total.add(amount)`, `total += amount`."""
    if not isinstance(last, ir.Assign) or not isinstance(last.target, ir.Name) or last.value is None:
        return False
    if last.op == "+":
        return True
    value, name = last.value, last.target.id
    if isinstance(value, ir.Binary):
        return value.op == "+" and name in names_in(value.left, value.right)
    called = value.func if isinstance(value, ir.Call) else None
    holds = isinstance(called, ir.Attr) and isinstance(called.value, ir.Name) and called.value.id == name
    return last.op is None and holds and name_of(called) in ("add", "plus", "merge", "concat", "append")


def _is_nothing(value: ir.Expr | None) -> bool:
    if isinstance(value, ir.Const):
        return value.value is None
    return isinstance(value, ir.Call) and not value.args and name_of(value.func) in _EMPTY


def _left_out(program: Program) -> set[int]:
    """The functions whose empty answers a stream leaves out: `lines.map(this::read).flatMap(Optional::stream)`."""
    known = _dropping.get(program)
    if known is None:
        known = _dropping[program] = set()
        for unit in program.units.values():
            if unit.language != "java" or b"::" not in unit.module.source:
                continue
            for info in unit.functions:
                known |= set(_named_so(info))
    return known


def _named_so(info: FunctionInfo) -> Iterator[int]:
    if info.outer is not None or info.owner is None:
        return
    for node in in_whole(info.node):
        if not isinstance(node, ir.Call) or name_of(node.func) not in ("flatMap", "filter") or len(node.args) != 1:
            continue
        given, mapped = node.args[0], node.func.value if isinstance(node.func, ir.Attr) else None
        if not isinstance(given, ir.Reference) or given.name not in _DROPS or not isinstance(mapped, ir.Call):
            continue
        if name_of(mapped.func) != "map" or len(mapped.args) != 1:
            continue
        for method in info.owner.methods.get(_called(mapped.args[0]), ()):
            yield id(method.node)


def _called(given: ir.Expr) -> str:
    """The method that a function is, or calls: `this::read`, `line -> read(line)`."""
    if isinstance(given, ir.Reference):
        return given.name
    body = own(*given.function.body) if isinstance(given, ir.Lambda) else ()
    return next((name_of(one.func) for one in body if isinstance(one, ir.Call)), "")
