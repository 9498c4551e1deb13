"""The functions of a program as they are written, each with what it costs to understand: made once for a program.

Cognitive complexity follows the white paper of SonarSource (version 1.5, 2021): one for each break of the linear flow,
one more for each level that it is nested in, one for each sequence of like logical operators.
"""

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from backend_advisor.code import ir
from backend_advisor.code.program import Program, Unit
from backend_advisor.code.tree import LEAVES, children, name_of
from backend_advisor.experts.quality.detectors.tree import is_apart
from backend_advisor.rules.registry import CodeContext
from backend_advisor.rules.standing import outdated

_NOTABLE = (ir.Try, ir.Assert, ir.Global, ir.Do, ir.With)
_THROUGH = frozenset(
    [ir.Attr, ir.Binary, ir.Index, ir.Slice, ir.Sequence, ir.Mapping, ir.Text, ir.Unary, ir.Await, ir.Spread]
)
"""The most frequent kinds that add nothing themselves."""
_BEFORE = 200
_BLOCKS = (ir.If, ir.While, ir.For, ir.Switch, ir.Try)


@dataclass(slots=True)
class Cost:
    """A place that adds to the complexity; `deep` when its nesting adds too."""

    node: ir.Node
    amount: int
    deep: bool


@dataclass(slots=True, eq=False)
class Written:
    """A function with a body, and the functions written in it. `deepest` is its most deeply nested block."""

    unit: Unit
    node: ir.Function
    owner: ir.Class | None
    outer: "Written | None"
    nesting: int = 0
    """How deep in its outer function it stands."""
    statements: int = 0
    depth: int = 0
    deepest: ir.Node | None = None
    costs: list[Cost] = field(default_factory=list)
    inner: list["Written"] = field(default_factory=list)
    notable: list[ir.Node] = field(default_factory=list)
    """Its own statements that some rule looks at: `_NOTABLE`."""
    known_as: str = ""
    at_once: bool = False
    """Whether it is called where it is written: `(function () { … })()`."""

    @property
    def name(self) -> str:
        """The name as people say it."""
        own = self.node.name or self.known_as or self.unit.nameless
        # Classes without a name are known by what they are made from, and their place.
        owner = self.owner.name.partition("@")[0] if self.owner is not None else ""
        return f"{owner}.{own}" if owner else own

    @property
    def is_frame(self) -> bool:
        """Whether it only holds other functions (a module pattern, a decorator, a registration of routes)."""
        return bool(self.inner) and (not self.costs or (self.at_once and self.outer is None))

    def all_costs(self, base: int = 0) -> list[Cost]:
        """What adds to the complexity, the functions written inside included."""
        found = [Cost(cost.node, cost.amount + (base if cost.deep else 0), cost.deep) for cost in self.costs]
        for one in self.inner:
            found += one.all_costs(base + one.nesting)
        return found

    def lines(self) -> int:
        """How many lines it takes, its signature included."""
        return self.unit.module.source.count(b"\n", self.node.start, self.node.end) + 1


class _Reader:
    """Walks one file. Recursion is as deep as the file nests, which front ends bound."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.found: list[Written] = []
        self._source = unit.module.source
        self._owners: list[ir.Class | None] = [None]
        self._label = ""
        self._at_once: set[int] = set()

    def read(self) -> list[Written]:
        """Every function of the file in order of place."""
        for statement in self.unit.module.body:
            self._visit(statement, None, 0, 0)
        return self.found

    def _visit(self, node: ir.Node, into: Written | None, nesting: int, depth: int) -> None:
        kind = type(node)
        if kind in LEAVES or (kind not in _THROUGH and self._is_read(node, into, nesting, depth)):
            return
        for part in children(node):
            self._visit(part, into, nesting, depth)

    def _is_read(self, node: ir.Node, into: Written | None, nesting: int, depth: int) -> bool:
        """Note what a node adds; whether what stands in it was visited with that."""
        if isinstance(node, ir.Function):
            self._function(node, into, nesting)
            return True
        if isinstance(node, ir.Class):
            self._class(node, into, nesting)
            return True
        if into is not None:
            if isinstance(node, ir.Stmt):
                into.statements += not isinstance(node, ir.Define)
                if isinstance(node, _NOTABLE):
                    into.notable.append(node)
            if isinstance(node, _BLOCKS):
                self._block(node, into, nesting, depth)
                return True
            if isinstance(node, ir.Conditional):
                into.costs.append(Cost(node, 1 + nesting, True))
                for part in children(node):
                    self._visit(part, into, nesting + 1, depth)
                return True
            if isinstance(node, ir.Logic):
                self._logic(node, into, nesting, depth)
                return True
            if self._adds_one(node, into):
                into.costs.append(Cost(node, 1, False))
        self._labelled(node)
        return False

    def _adds_one(self, node: ir.Node, into: Written) -> bool:
        """A recursive call, and a jump to a label."""
        if isinstance(node, ir.Call):
            return name_of(node.func) == into.node.name and self._recurses(node, into)
        return isinstance(node, ir.Break | ir.Continue) and self._is_labelled(node)

    def _labelled(self, node: ir.Node) -> None:
        """`const name = () => {}`, `exports.name = function () {}`: what a function without a name is known as."""
        if isinstance(node, ir.Assign) and isinstance(node.value, ir.Lambda | ir.Call):
            self._label = name_of(node.target)
        elif isinstance(node, ir.Do | ir.Return):
            self._label = ""
        elif isinstance(node, ir.Call):
            called = node.func.value if isinstance(node.func, ir.Attr) and node.func.name == "call" else node.func
            if isinstance(called, ir.Lambda):
                self._at_once.add(id(called.function))

    def _function(self, node: ir.Function, into: Written | None, nesting: int) -> None:
        written = Written(self.unit, node, self._owners[-1], into, nesting + 1, at_once=id(node) in self._at_once)
        if not node.name:
            written.known_as, self._label = self._label, ""
        if node.body:
            self.found.append(written)
            if into is not None:
                into.inner.append(written)
        self._owners.append(None)
        for statement in node.body:
            self._visit(statement, written, 0, 0)
        self._owners.pop()

    def _class(self, node: ir.Class, into: Written | None, nesting: int) -> None:
        self._owners.append(node)
        for part in children(node):
            self._visit(part, into if isinstance(part, ir.Function) else None, nesting, 0)
        self._owners.pop()

    def _block(self, node: ir.Node, into: Written, nesting: int, depth: int) -> None:
        if isinstance(node, ir.If):
            self._if(node, into, nesting, depth, chained=False)
            return
        depth += 1
        if depth > into.depth:
            into.depth, into.deepest = depth, node
        if isinstance(node, ir.Try):
            self._all([*node.body, *node.otherwise, *node.final], into, nesting, depth)
            for handler in node.handlers:
                into.costs.append(Cost(handler, 1 + nesting, True))
                self._all(handler.body, into, nesting + 1, depth)
            return
        into.costs.append(Cost(node, 1 + nesting, True))
        inner = nesting + 1
        if isinstance(node, ir.Switch):
            self._visit(node.subject, into, nesting, depth)
            for case in node.cases:
                self._all([*case.values, *([case.guard] if case.guard else []), *case.body], into, inner, depth)
        elif isinstance(node, ir.While | ir.For):
            head: list[ir.Node] = [node.test, *node.update] if isinstance(node, ir.While) else [node.iterable]
            self._all(head, into, nesting, depth)
            self._all(node.body, into, inner, depth)
            if node.otherwise:
                into.costs.append(Cost(node, 1, False))
                self._all(node.otherwise, into, inner, depth)

    def _if(self, node: ir.If, into: Written, nesting: int, depth: int, *, chained: bool) -> None:
        if not chained:
            depth += 1
            if depth > into.depth:
                into.depth, into.deepest = depth, node
        into.costs.append(Cost(node, 1 if chained else 1 + nesting, not chained))
        self._visit(node.test, into, nesting, depth)
        self._all(node.then, into, nesting + 1, depth)
        if len(node.otherwise) == 1 and isinstance(node.otherwise[0], ir.If) and self._is_else_if(node.otherwise[0]):
            into.statements += 1
            self._if(node.otherwise[0], into, nesting, depth, chained=True)
        elif node.otherwise:
            into.costs.append(Cost(node.otherwise[0], 1, False))
            self._all(node.otherwise, into, nesting + 1, depth)

    def _is_else_if(self, node: ir.If) -> bool:
        if self._source.startswith(b"elif", node.start):
            return True
        return self.unit.language != "python" and self._source[
            max(0, node.start - _BEFORE) : node.start
        ].rstrip().endswith(b"else")

    def _logic(self, node: ir.Logic, into: Written, nesting: int, depth: int) -> None:
        operators = list(_operators(node))
        changes = sum(op != before for op, before in zip(operators, ["", *operators], strict=False))
        if changes:
            into.costs.append(Cost(node, changes, False))
        for leaf in _leaves(node):
            self._visit(leaf, into, nesting, depth)

    def _recurses(self, call: ir.Call, into: Written) -> bool:
        if isinstance(call.func, ir.Name):
            return into.owner is None and bool(into.node.name)
        return (
            isinstance(call.func, ir.Attr)
            and isinstance(call.func.value, ir.Name)
            and call.func.value.id in ("self", "this", "cls")
            and into.owner is not None
            and len(call.args) == len([one for one in into.node.params if one.name not in ("self", "cls")])
        )

    def _is_labelled(self, node: ir.Node) -> bool:
        return len(self._source[node.start : node.end].rstrip(b"; \n").split()) > 1

    def _all(self, nodes: list[ir.Node] | list[ir.Stmt], into: Written, nesting: int, depth: int) -> None:
        for node in nodes:
            self._visit(node, into, nesting, depth)


def _is_chain(node: ir.Logic) -> bool:
    """Python's `0 < x < 10`, whose comparisons share an operand, and `??`, which is shorthand."""
    return node.op == "??" or any(
        left.end > right.start for left, right in zip(node.operands, node.operands[1:], strict=False)
    )


def _operators(node: ir.Logic) -> list[str]:
    """The operators of a condition in the order they are written."""
    if _is_chain(node):
        return []
    found: list[str] = []
    for number, operand in enumerate(node.operands):
        if number:
            found.append(node.op)
        if isinstance(operand, ir.Logic):
            found += _operators(operand)
    return found


def _leaves(node: ir.Logic) -> list[ir.Expr]:
    found: list[ir.Expr] = []
    for operand in node.operands:
        found += _leaves(operand) if isinstance(operand, ir.Logic) else [operand]
    return found


_outlines: WeakKeyDictionary[Program, list[Written]] = WeakKeyDictionary()


def outline(context: CodeContext) -> list[Written]:
    """The functions of the program proper, in order of place."""
    known = _outlines.get(context.program)
    if known is None:
        for path in outdated(context.program.units):
            context.program.units[path].standing["outdated"] = True
        known = _outlines[context.program] = [
            written for unit in context.program.units.values() if not is_apart(unit) for written in _Reader(unit).read()
        ]
    return known
