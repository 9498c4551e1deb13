"""What the interpreter noticed in a program, for the experts to judge: flows, calls and functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend_advisor.code.ir import Node
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.roles import CallRole
from backend_advisor.code.taints import Trail
from backend_advisor.code.values import Value


@dataclass(frozen=True, slots=True)
class Flow:
    """Data of a source that reaches a sink, and the way it took.

    `unsure` counts the calls on the way that nothing is known of, up to two.
    """

    source: str
    sink: str
    path: str
    start: int
    end: int
    callee: str
    trail: Trail | None
    unsure: int
    text: tuple[str | None, ...] = ()


@dataclass(slots=True)
class CallSeen:
    """A call that plays a role, where it stands, and the properties that the role names.

    `loops` are the loops around it in its function, outermost first. `certain` is
    False when only the method's name told.
    """

    role: CallRole
    unit: Unit
    info: FunctionInfo | None
    node: Any
    properties: Mapping[str, Value]
    loops: tuple[Node, ...]
    awaited: bool
    certain: bool
    receiver: Value | None
    args: tuple[Value, ...]
    withs: tuple[Node, ...] = ()


@dataclass(slots=True)
class Reach:
    """A call of one of the program's functions that, itself or through others, performs acts."""

    unit: Unit
    info: FunctionInfo | None
    node: Any
    callee: FunctionInfo
    acts: Mapping[str, tuple[str, int]]
    """Each act and where it is performed."""
    loops: tuple[Node, ...]


@dataclass(slots=True)
class Seen:
    """Everything noticed in one program."""

    flows: dict[Any, Flow] = field(default_factory=dict)
    calls: dict[Any, CallSeen] = field(default_factory=dict)
    reaches: dict[Any, Reach] = field(default_factory=dict)
    handlers: dict[int, "Handler"] = field(default_factory=dict)
    unread: dict[tuple[str, str], int] = field(default_factory=dict)
    """What was left out: file and kind of problem, and the offset where it is."""
    _by_act: dict[str, list[CallSeen]] = field(default_factory=dict)
    _indexed: int = -1

    def performing(self, *acts: str) -> "list[CallSeen]":
        """The calls that perform any of these acts, each once, in the order they were noticed for each act."""
        if self._indexed != len(self.calls):
            self._indexed = len(self.calls)
            self._by_act = {}
            for call in self.calls.values():
                for act in call.role.does:
                    self._by_act.setdefault(act, []).append(call)
        if len(acts) == 1:
            return self._by_act.get(acts[0], [])
        return list({id(call): call for act in acts for call in self._by_act.get(act, ())}.values())


@dataclass(slots=True)
class Handler:
    """A function that a framework calls with a client's request, and what it was registered with."""

    info: FunctionInfo
    marks: set[str]
    properties: dict[str, Value]
    node: Any = None
    unit: Unit | None = None
    result: CallRole | None = None
    """The role that tells what becomes of the function's result."""
    before: list[Value] = field(default_factory=list)
    """Functions given in the same registration before it (middleware)."""
    shared: bool = False
    """Whether several registrations give it: a wrapper whose inner functions are not known."""
