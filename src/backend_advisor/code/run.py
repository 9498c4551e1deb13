"""One function being interpreted: what it has seen so far, and where each kind of node is handled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from backend_advisor.code.ir import Expr, Node, Stmt
from backend_advisor.code.taints import Taint, Trail
from backend_advisor.code.values import Value, join

if TYPE_CHECKING:
    from backend_advisor.code.machine import Machine
    from backend_advisor.code.program import FunctionInfo, Unit

Env = dict[str, Value]
Evaluate = Callable[["Run", Any, Env], Value]
Execute = Callable[["Run", Any, Env], "Env | None"]

EXPRESSIONS: dict[type[Expr], Evaluate] = {}
STATEMENTS: dict[type[Stmt], Execute] = {}


CHECKED = "(checked)"
"""The name under which a state keeps the calls whose answers were checked: `is_safe(args.get("next"))`."""


def evaluates(*kinds: type[Expr]) -> Callable[[Evaluate], Evaluate]:
    """Register what evaluates these kinds of expression."""

    def register(function: Evaluate) -> Evaluate:
        for kind in kinds:
            EXPRESSIONS[kind] = function
        return function

    return register


def executes(*kinds: type[Stmt]) -> Callable[[Execute], Execute]:
    """Register what executes these kinds of statement."""

    def register(function: Execute) -> Execute:
        for kind in kinds:
            STATEMENTS[kind] = function
        return function

    return register


class Hit(NamedTuple):
    """Data that reaches a sink: the sink's role and place, and the call there."""

    role: str
    path: str
    start: int
    end: int
    callee: str
    taint: Taint
    trail: Trail | None
    text: tuple[str | None, ...]


@dataclass(slots=True)
class Loop:
    """A loop being run: the states at its `break` and `continue` statements."""

    node: Node
    breaks: list[Env] = field(default_factory=list)
    continues: list[Env] = field(default_factory=list)
    is_loop: bool = True


@dataclass(slots=True)
class Run:
    """One function (or a file's top level) being interpreted under one shape of its arguments."""

    machine: "Machine"
    unit: "Unit"
    info: "FunctionInfo | None"
    closure: Mapping[str, Value]
    depth: int
    this: Value | None = None
    returns: list[Value] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    hits: dict[Any, Hit] = field(default_factory=dict)
    acts: dict[str, Any] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    withs: list[Any] = field(default_factory=list)
    ends: list[Env] = field(default_factory=list)
    reassigned: set[str] = field(default_factory=set)
    return_nodes: list[Node] = field(default_factory=list)
    outer: dict[str, Value] = field(default_factory=dict)
    """What was written to variables of enclosing functions."""
    through: "list[tuple[FunctionInfo, str, Value]]" = field(default_factory=list)
    """The same of functions that were called with data of this one's callers: the function, the variable, the value."""
    thrown: list[Value] = field(default_factory=list)
    awaited: set[tuple[int, int]] = field(default_factory=set)
    alone: Node | None = None
    """The call that a statement consists of: nothing is done with what it gives."""

    @property
    def language(self) -> str:
        """The language of the file."""
        return self.unit.language

    def loops_here(self) -> tuple[Node, ...]:
        """The loops around the current place in its function."""
        return tuple(loop.node for loop in self.loops if loop.is_loop)

    def enter_loop(self, node: Node) -> None:
        """A comprehension or a function run for each item counts as a loop."""
        self.loops.append(Loop(node))

    def leave_loop(self) -> None:
        """The end of such a loop."""
        self.loops.pop()

    def is_awaited(self, node: Node) -> bool:
        """Whether a call stands directly under `await`."""
        return (node.start, node.end) in self.awaited

    def evaluate(self, node: Expr, env: Env) -> Value:
        """What an expression is; the state changes with what it does."""
        return EXPRESSIONS[type(node)](self, node, env)

    def execute(self, body: list[Stmt], env: Env) -> Env | None:
        """The state after some statements, None when their end is not reached."""
        at = env
        for statement in body:
            after = STATEMENTS[type(statement)](self, statement, at)
            if after is None:
                return None
            at = after
        return at


def join_env(left: Env | None, right: Env | None) -> Env | None:
    """The state after either of two ways; None is a way that is not taken."""
    if left is None:
        return right
    if right is None or left is right:
        return left
    made = dict(left)
    for name, value in right.items():
        mine = left.get(name)
        if mine is None:
            made[name] = value
        elif mine is not value:
            made[name] = join(mine, value)
    if CHECKED in made and left.get(CHECKED) is not right.get(CHECKED):
        del made[CHECKED]  # only what every way has checked
    return made


def same(left: Value, right: Value, depth: int = 3) -> bool:
    """Whether nothing more is known of one value than of the other."""
    if left is right:
        return True
    if left.consts != right.consts or left.types != right.types or left.refs != right.refs or left.name != right.name:
        return False
    if left.taints.keys() != right.taints.keys():
        return False
    if (left.fields is None) != (right.fields is None) or (left.rest is None) != (right.rest is None):
        return False
    if depth == 0:
        return True
    if left.rest is not None and right.rest is not None and not same(left.rest, right.rest, depth - 1):
        return False
    if left.fields is not None and right.fields is not None:
        if left.fields.keys() != right.fields.keys():
            return False
        return all(same(value, right.fields[key], depth - 1) for key, value in left.fields.items())
    return True


def widen(before: Env, after: Env) -> tuple[Env, bool]:
    """The state to run a loop's body with once more, and whether it differs from the one before."""
    changed = False
    made = dict(after)
    for name, value in after.items():
        old = before.get(name)
        if old is None:
            changed = True
        elif old is not value and not same(old, value):
            changed = True
            if old.consts != value.consts:
                made[name] = value.but(consts=None)
    return made, changed
