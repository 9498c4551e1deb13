"""What a call puts in the place of the called function's parameters: its summary in the caller's terms."""

from collections.abc import Mapping
from operator import is_
from typing import Any

from backend_advisor.code import ir
from backend_advisor.code.names import FunctionRef, surrounded
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.run import Env, Run
from backend_advisor.code.shapes import at_path
from backend_advisor.code.taints import NO_TAINTS, RESTORED, Taint, Taints, Trail, merge_taints, through
from backend_advisor.code.values import Value, all_taints, mapped, with_field

_MARK = frozenset({RESTORED})
PARAMETERS = 64
"""So many parameters of a function are told apart."""


class Substitution:
    """One call of a function: `base` is the number of its first parameter, `values` are what the caller gives."""

    __slots__ = ("_around", "_base", "_info", "_node", "_run", "_values")

    def __init__(self, info: FunctionInfo, base: int, values: list[Value], run: Run, node: ir.Node | None) -> None:
        self._info = info
        self._base = base
        self._values = values
        self._run = run
        self._node = node
        self._around: dict[int, Env] = {}

    def of(self, value: Value, depth: int = 4) -> Value:
        """A value of the called function in the caller's terms."""
        if _is_settled(value):
            return value
        taints = value.taints
        if any(taint.index >= 0 for taint in taints):
            taints = merge_taints(*(self.actual(taint, trail) for taint, trail in taints.items()))
        fields, rest, refs = value.fields, value.rest, value.refs
        if depth > 1 and refs and any(map(self._is_made_here, refs)):
            known = tuple(map(self._surrounded, refs))
            refs = refs if all(map(is_, known, refs)) else known
        if depth:
            if fields:
                fields = mapped(fields, lambda part: self.of(part, depth - 1))
            if rest is not None:
                rest = self.of(rest, depth - 1)
        if taints is value.taints and fields is value.fields and rest is value.rest and refs is value.refs:
            return value
        return value.but(taints=taints, fields=fields, rest=rest, refs=refs, guard=None)

    def changed(self, actual: Value, before: Value, after: Value) -> Value:
        """An argument as the function leaves it, where its parameter was `before` and is `after`."""
        mine: Mapping[str | int, Value] = before.fields or {}
        now: Mapping[str | int, Value] = after.fields or {}
        changed = actual
        gone = [key for key in mine if key not in now]
        if gone and actual.fields is not None:
            changed = changed.but(fields={k: v for k, v in actual.fields.items() if k not in gone})
        for key, value in now.items():
            if mine.get(key) is not value:
                changed = with_field(changed, key, self.of(value))
        if after.rest is not None and after.rest is not before.rest:
            changed = with_field(changed, None, self.of(after.rest))
        return changed

    def actual(self, taint: Taint, trail: Trail | None) -> Taints:
        """What a taint of the called function is: that of an argument, where it stands for a parameter."""
        number = taint.index - self._base
        if taint.index < 0 or not 0 <= number < PARAMETERS or number >= len(self._values):
            return {taint: trail}  # type: ignore[dict-item]
        found: dict[Taint, Trail] = {}
        value = self._values[number]
        if not value.taints and value.fields is None and value.rest is None:
            return NO_TAINTS
        path, node = self._run.unit.path, self._node
        for given, way in (at_path(value, taint.path) if taint.path else all_taints(value, 3)).items():
            made = given.restored() if RESTORED in taint.cleared else given
            made = made if not taint.cleared else made.clean(taint.cleared - _MARK)
            if taint.unsure:
                made = made.doubted(taint.unsure)
            found.setdefault(made, way if node is None else through(path, node.start, node.end, way, trail))
        return found

    def _is_made_here(self, ref: Any) -> bool:
        """Whether a function is written in the called one."""
        return isinstance(ref, FunctionRef) and ref.info.outer is self._info

    def _surrounded(self, ref: Any) -> Any:
        """A function that another made and gave back, with what was around it in the caller's terms."""
        inner = getattr(ref.closure, "inner", None) if self._is_made_here(ref) else None
        if not inner or not any(taint.index >= self._base for value in inner.values() for taint in value.taints):
            return ref
        # The functions of one object have the same names around them, and a library's object has dozens.
        known = self._around.get(id(inner))
        if known is None:
            known = self._around[id(inner)] = {name: self.of(value, 1) for name, value in inner.items()}
        return FunctionRef(ref.info, surrounded(ref.closure, known), ref.bound)


def _is_settled(value: Value, depth: int = 6) -> bool:
    """Whether nothing of a value depends on who calls; remembered, since large objects are asked at every call."""
    if value.settled is None:
        own = all(taint.index < 0 for taint in value.taints)
        own = own and not any(isinstance(ref, FunctionRef) and ref.info.outer is not None for ref in value.refs)
        parts = [*(value.fields or {}).values(), *((value.rest,) if value.rest is not None else ())]
        if parts and own and not depth:
            return False  # not known, and not worth knowing
        value.settled = own and all(_is_settled(part, depth - 1) for part in parts)
    return value.settled
