"""Promises and coroutines that are asked whether they are true: they always are (QUA140)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.callees import callee_of
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program, Unit
from backend_advisor.code.tree import children, name_of
from backend_advisor.experts.quality.detectors.outline import Written, outline
from backend_advisor.experts.quality.detectors.tree import is_apart, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Edit
from backend_advisor.rules.edits import replaced, source_of
from backend_advisor.rules.registry import CodeContext, detects_in_code

_TESTED = {
    "python": re.compile(rb"\b(?:if|while|and|or|not|assert)\b[ (]*(?:not )?(?:\w+\.)*(\w+)\("),
    "javascript": re.compile(
        rb"(?:\b(?:if|while)\s*\(|[=(,:?]\s*|\breturn\s+|&&\s*|\|\|\s*)(?:!\s*)*(?:[\w$]+(?:\(\))?\??\.)*([\w$]+)\("
    ),
}
"""Names that are called where a truth may be asked for, nothing waiting for them."""
_CALLBACKS = re.compile(rb"\.(?:filter|some|every|find|findIndex|findLast)\(\s*async\b")
_CHOOSES = frozenset({"filter", "some", "every", "find", "findIndex", "findLast"})
_PROMISES = frozenset({"Promise", "Awaitable", "Coroutine"})
_CHECKS = frozenset(
    ["bcrypt.compare", "bcryptjs.compare", "@node-rs/bcrypt.verify", "@node-rs/bcrypt.compare", "argon2.verify",
     "@node-rs/argon2.verify"]
)  # fmt: skip
"""Library functions that give a promise where no callback is given, and are called for their answer."""
_EQUAL = frozenset({"==", "===", "!=", "!==", "is", "is not"})
_FUNCTIONS = frozenset({"Lambda", "Function"})


@detects_in_code("QUA140")
def promise_as_truth(context: CodeContext) -> Iterator[Match]:
    """`if (!this.verifyPassword(user, password)) throw …` of an asynchronous method."""
    if context.program.language == "java":
        return
    later = _asynchronous(context.program)
    library = {
        id(call.node): call.role.name
        for call in context.seen.performing("password.verify")
        if call.certain and call.role.name in _CHECKS and isinstance(call.node, ir.Call)
    }
    wanted = _units(context.program, set(later), bool(library))
    if not wanted:
        return
    reached = {id(reach.node): reach.callee for reach in context.seen.reaches.values()}
    for written in outline(context):
        if written.unit.path not in wanted:
            continue
        for call in _asked(written.node.body):
            if id(call) in library and not any(isinstance(one, ir.Lambda) for one in call.args):
                yield _match(context, written, call, None)
                continue
            chosen = _asynchronous_choice(call)
            callee = None if chosen else _callee(context.program, written, call, later, reached)
            if chosen or callee is not None:
                yield _match(context, written, call, callee)


def _asynchronous(program: Program) -> dict[str, list[FunctionInfo]]:
    """The asynchronous functions of the program by name."""
    found: dict[str, list[FunctionInfo]] = {}
    for info in program.functions():
        if info.node.name and _is_asynchronous(info):
            found.setdefault(info.node.name, []).append(info)
    return found


def _is_asynchronous(info: FunctionInfo) -> bool:
    """Whether calling it gives a promise or a coroutine, by how it is declared."""
    node = info.node
    if node.is_generator or (info.unit.language == "python" and node.decorators and not _keeps_it(node)):
        return False
    stated = node.returns.name.rpartition(".")[2] if node.returns is not None else ""
    return node.is_async or (info.unit.language != "python" and stated in _PROMISES)


def _keeps_it(node: ir.Function) -> bool:
    """Whether the decorators of a function of Python leave it asynchronous, as far as their names tell."""
    return all(name_of(one) in ("staticmethod", "classmethod", "override", "abstractmethod") for one in node.decorators)


def _units(program: Program, names: set[str], library: bool) -> set[str]:
    """The files in which one of these names is called where a truth may be asked for."""
    known = {name.encode() for name in names} | ({b"compare", b"verify"} if library else set())
    return {
        unit.path
        for unit in program.units.values()
        if not is_apart(unit)
        and (
            (unit.language != "python" and _CALLBACKS.search(unit.module.source) is not None)
            or not known.isdisjoint(_tested(unit))
        )
    }


def _tested(unit: Unit) -> list[bytes]:
    return _TESTED["python" if unit.language == "python" else "javascript"].findall(unit.module.source)


def _asked(body: list[ir.Stmt]) -> Iterator[ir.Call]:
    """The calls of a function whose own result is asked whether it is true, and calls that choose by a callback."""
    waiting: list[ir.Node] = list(body)
    while waiting:
        node = waiting.pop()
        if type(node).__name__ in _FUNCTIONS or isinstance(node, ir.Class):
            continue
        for test in _tests(node):
            yield from _leaves(test)
        if isinstance(node, ir.Call) and name_of(node.func) in _CHOOSES:
            yield node
        waiting += children(node)


def _tests(node: ir.Node) -> Iterator[ir.Expr]:
    """What a node asks the truth of."""
    if isinstance(node, ir.If | ir.While | ir.Conditional | ir.Assert):
        yield node.test
    elif isinstance(node, ir.Unary) and node.op == "not":
        yield node.operand
    elif isinstance(node, ir.Logic) and node.op in ("and", "or"):
        yield from node.operands[:-1]
    elif isinstance(node, ir.Binary) and node.op in _EQUAL:
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(other, ir.Const) and isinstance(other.value, bool):
                yield one


def _leaves(test: ir.Expr) -> Iterator[ir.Call]:
    """The calls among the operands of a test; those that `not`, `and` and comparisons hold are met on their own."""
    if isinstance(test, ir.Call) and not test.new:
        yield test
    elif isinstance(test, ir.Logic) and test.op in ("and", "or"):
        yield from _leaves(test.operands[-1])


def _asynchronous_choice(call: ir.Call) -> bool:
    """`items.filter(async (item) => …)`: what each callback gives is a promise."""
    first = call.args[0] if call.args and isinstance(call.func, ir.Attr) and name_of(call.func) in _CHOOSES else None
    return isinstance(first, ir.Lambda) and first.function.is_async and len(call.args) == 1


def _callee(
    program: Program,
    written: Written,
    call: ir.Call,
    later: dict[str, list[FunctionInfo]],
    reached: dict[int, FunctionInfo],
) -> FunctionInfo | None:
    """The one asynchronous function that a call means."""
    several = later.get(name_of(call.func), ())
    if not several:
        return None
    known = reached.get(id(call))
    if known is None:
        info = program.infos.get(id(written.node))
        known = _resolved(program, written.unit, info if isinstance(info, FunctionInfo) else None, call)
    return known if known is not None and any(one is known for one in several) else None


def _resolved(program: Program, unit: Unit, info: FunctionInfo | None, call: ir.Call) -> FunctionInfo | None:
    if info is None:
        return None
    if unit.language == "python":
        return callee_of(program, info, call.func)
    func = call.func
    if isinstance(func, ir.Attr):
        owner = _class_of(program, info, func.value)
        found = program.method(owner, func.name) if owner is not None else []
        return found[0] if len(found) == 1 else None
    return _function_named(program, unit, info, func.id) if isinstance(func, ir.Name) else None


def _class_of(program: Program, info: FunctionInfo, holder: ir.Expr) -> ClassInfo | None:
    """The class of `this`, and of a field of it whose type is stated, also as a parameter of the constructor."""
    at: FunctionInfo | None = info
    while at is not None and at.owner is None:
        at = at.outer
    if at is None or at.owner is None:
        return None
    if isinstance(holder, ir.Name):
        return at.owner if holder.id == "this" else None
    if not (isinstance(holder, ir.Attr) and isinstance(holder.value, ir.Name) and holder.value.id == "this"):
        return None
    for owner in program.ancestry(at.owner):
        field = owner.fields.get(holder.name)
        made = owner.methods.get("constructor", ())
        stated = [field.type] if field is not None else []
        stated += [param.type for one in made for param in one.node.params if param.name == holder.name]
        for kind in stated:
            several = program.by_short_name.get(kind.name.rpartition(".")[2], ()) if kind is not None else ()
            if len(several) == 1:
                return several[0]
    return None


def _function_named(program: Program, unit: Unit, info: FunctionInfo, name: str) -> FunctionInfo | None:
    """A function of the file, or an imported one, that no parameter hides."""
    at: FunctionInfo | None = info
    while at is not None:
        if any(param.name == name for param in at.node.params):
            return None
        at = at.outer
    statement = unit.imports.get(name)
    there: Unit | None = unit
    if statement is not None:
        there = program.locate(statement, unit)
        name = statement.name or name
    if there is None:
        return None
    found = [one for one in there.functions if one.node.name == name and one.owner is None]
    return found[0] if len(found) == 1 else None


def _match(context: CodeContext, written: Written, call: ir.Call, callee: FunctionInfo | None) -> Match:
    return Match(
        location=context.location(written.unit, call),
        values={"call": short(context.text(written.unit, call)), "function": written.name},
        confidence=Confidence.HIGH,
        steps=()
        if callee is None
        else ((context.places.location(callee.unit.path, callee.node.start, callee.node.header_end), "step_async"),),
        edits=_edits(context, written, call) if not _asynchronous_choice(call) else (),
        applicability="unsafe",
    )


def _edits(context: CodeContext, written: Written, call: ir.Call) -> tuple[Edit, ...]:
    """`await` before the call, where the function can wait."""
    if not written.node.is_async:
        return ()
    return (replaced(written.unit, call, f"(await {source_of(written.unit, call)})", context.places),)
