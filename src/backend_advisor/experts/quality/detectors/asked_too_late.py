"""Values that are asked whether they are there after they were used (QUA142)."""

from collections.abc import Iterator, Sequence

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.tree import children, name_of
from backend_advisor.experts.quality.detectors.outline import outline
from backend_advisor.experts.quality.detectors.tree import is_apart
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext, detects_in_code

_MISSING = frozenset({"==", "===", "is"})
_NOT_SURE = (ir.Lambda, ir.Function, ir.Class, ir.Conditional)
"""What is evaluated later, or perhaps not at all."""
_OF_EMPTY = frozenset(
    ["get", "items", "keys", "values", "append", "add", "extend", "update", "pop", "sort", "count", "index", "copy",
     "strip", "lower", "upper", "split", "replace", "startswith", "endswith", "encode", "decode", "join", "format",
     "filter", "exists", "trim", "toLowerCase", "toUpperCase", "slice", "substring", "length", "size", "startsWith",
     "endsWith", "match", "includes", "indexOf", "push", "map", "forEach", "toString", "charAt", "concat", "test"]
)  # fmt: skip
"""Methods of texts and collections: `not names` asks then whether there is anything in them."""


@detects_in_code("QUA142")
def asked_too_late(context: CodeContext) -> Iterator[Match]:
    """`const share = await find(id); if (share.removed) …; if (!share) throw new NotFound();`."""
    for written in outline(context):
        if is_apart(written.unit):
            continue
        for block in _blocks(written.node.body):
            for used, test, name in _late(written.unit, block):
                yield Match(
                    location=context.location(written.unit, used),
                    values={"name": name, "function": written.name},
                    steps=((context.location(written.unit, test), "step_asked"),),
                )


def _blocks(body: Sequence[ir.Stmt]) -> Iterator[Sequence[ir.Stmt]]:
    waiting = [body]
    while waiting:
        block = waiting.pop()
        yield block
        for one in block:
            if isinstance(one, ir.If):
                waiting += [one.then, one.otherwise]
            elif isinstance(one, ir.Try):
                waiting += [one.body, *(handler.body for handler in one.handlers), one.final]
            elif isinstance(one, ir.For | ir.While | ir.With):
                waiting.append(one.body)


def _late(unit: Unit, block: Sequence[ir.Stmt]) -> Iterator[tuple[ir.Node, ir.Expr, str]]:
    """What is used, the test further down that asks whether it is there, and its name."""
    held: dict[str, ir.Attr | None] = {}
    for statement in block:
        if isinstance(statement, ir.If):
            for name, by_truth in _refused(statement):
                used = held.get(name)
                if used is not None and not (by_truth and used.name in _OF_EMPTY):
                    yield used, statement.test, name
        for name, used in held.items():
            if used is None:
                held[name] = _use(unit, statement, name)
        for name in _given(statement):
            held.pop(name, None)
        if isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name) and statement.op is None:
            made = statement.value.value if isinstance(statement.value, ir.Await) else statement.value
            if isinstance(made, ir.Call) and not made.new:
                held[statement.target.id] = None


def _given(statement: ir.Stmt) -> Iterator[str]:
    """The names that a statement, or one inside of it, gives a value."""
    waiting: list[ir.Node] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ir.Assign | ir.AssignExpr | ir.For):
            yield from _names(node.target)
        waiting += children(node)


def _names(target: ir.Node) -> Iterator[str]:
    if isinstance(target, ir.Name):
        yield target.id
    elif isinstance(target, ir.Sequence):
        for one in target.items:
            yield from _names(one)


def _refused(statement: ir.If) -> Iterator[tuple[str, bool]]:
    """The names for whose absence a branch leaves, and whether their truth is asked:
    `if (!share || !share.open) throw …`."""
    last = statement.then[-1] if statement.then else None
    if not isinstance(last, ir.Throw | ir.Return | ir.Continue | ir.Break):
        return
    test = statement.test
    parts = test.operands if isinstance(test, ir.Logic) and test.op == "or" else [test]
    first = parts[0]
    if isinstance(first, ir.Unary) and first.op == "not" and isinstance(first.operand, ir.Name):
        yield first.operand.id, True
    elif isinstance(first, ir.Binary) and first.op in _MISSING and isinstance(first.left, ir.Name):
        absent = isinstance(first.right, ir.Const) and first.right.value is None
        if absent or name_of(first.right) == "undefined":
            yield first.left.id, False


def _use(unit: Unit, statement: ir.Stmt, name: str) -> ir.Attr | None:
    """Where a statement certainly reads something of a value: not in a branch, behind a condition, or by `?.`."""
    roots: list[ir.Node] = []
    if isinstance(statement, ir.If):
        roots = [statement.test]
    elif isinstance(statement, ir.Do | ir.Assign | ir.Return | ir.Throw):
        roots = list(children(statement))
    elif isinstance(statement, ir.For):
        roots = [statement.iterable]
    waiting = roots
    while waiting:
        node = waiting.pop()
        if isinstance(node, _NOT_SURE):
            continue
        if isinstance(node, ir.Logic):
            waiting.append(node.operands[0])
            continue
        if isinstance(node, ir.Attr) and isinstance(node.value, ir.Name) and node.value.id == name:
            return None if _is_optional(unit, node) else node
        if isinstance(node, ir.Call | ir.Attr | ir.Index) and _is_chained(unit, node):
            continue
        waiting += children(node)
    return None


def _is_optional(unit: Unit, node: ir.Attr) -> bool:
    return unit.module.source[node.value.end : node.end].lstrip().startswith(b"?.")


def _is_chained(unit: Unit, node: ir.Node) -> bool:
    """Whether what stands behind a `?.` may not be evaluated."""
    return unit.language != "python" and b"?." in unit.module.source[node.start : node.end]
