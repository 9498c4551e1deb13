"""Pages of Java as large as the client says (part of PERF204): a size of the request that nothing keeps small."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Program
from backend_advisor.code.tree import in_whole, name_of, names_in, within
from backend_advisor.experts.performance.detectors.names import class_named
from backend_advisor.experts.performance.detectors.statements import statement_text
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.rules.registry import CodeContext

_BOUNDS = frozenset({"min", "clamp", "coerceAtMost", "coerceIn"})
_CONSTRAINTS = frozenset({"Max", "Range", "DecimalMax", "Digits", "Size", "Between"})
_COMPARES = frozenset({"<", "<=", ">", ">="})
_CHECKS = re.compile(r"(?i)valid|check|limit|bound|cap|clamp|normali[sz]e|restrict|sanitize|assert|require|max")
_GETTER = re.compile(r"get([A-Z]\w*)$")
_FROM_REQUEST = frozenset(
    {"RequestParam", "QueryParam", "PathVariable", "RequestHeader", "QueryValue", "RestQuery", "PathParam"}
)
_BY_PLACE = re.compile(r"(?i)\b(?:limit|fetch\s+(?:first|next))\s+(\?|[:#]\{?(\w+))")
_SAME_NUMBER = frozenset({"parseInt", "valueOf", "requireNonNullElse"})
_DEEPEST = 5
_METHODS = {"of": 1, "ofSize": 0, "setMaxResults": 0, "limit": 0}


def pages_of_any_size(context: CodeContext) -> Iterator[Spot]:
    """Reads, or the limits of reads, that take the client's number as it is."""
    if context.program.language != "java":
        return
    seen = survey(context)
    told: set[int] = set()
    for spot in [*seen.spots.values()]:
        size = _size(spot)
        if size is None or id(spot.node) in told or is_by_hand(spot.unit, spot.info) or spot.info is None:
            continue
        if _Origins(context).is_unbounded(size, spot.info, _DEEPEST):
            told.add(id(spot.node))
            yield spot


def _size(spot: Spot) -> ir.Expr | None:
    """What says how many rows are read."""
    node, call = spot.node, spot.call
    if not isinstance(node, ir.Call) or call is None or not isinstance(node.func, ir.Attr):
        return None
    if "pagination.limit" in call.role.does:
        at = _METHODS.get(node.func.name, 0)
        return node.args[at] if at < len(node.args) else None
    if "db.query" not in call.role.does:
        return None
    found = _BY_PLACE.search(statement_text(call))
    if found is None or found[1] != "?":
        return None
    text = statement_text(call)
    rest = text[found.end() :]
    # The last values are bound to the last places.
    after = rest.count("?")
    given = node.args[-1 - after] if len(node.args) > 1 + after else None
    return given if isinstance(given, ir.Name | ir.Call | ir.Attr) else None


class _Origins:
    """Follows a number back to where it comes from."""

    def __init__(self, context: CodeContext) -> None:
        self._context = context
        self._program: Program = context.program

    def is_unbounded(self, size: ir.Expr, info: FunctionInfo, depth: int) -> bool:
        """Whether a number is the client's own, and nothing on its way keeps it small."""
        if depth == 0:
            return False
        if isinstance(size, ir.Cast):
            return self.is_unbounded(size.value, info, depth)
        if isinstance(size, ir.Name):
            return self._of_name(size.id, info, depth)
        if isinstance(size, ir.Attr):
            return _is_this(size.value) and self._of_field(size.name, info.owner)
        if isinstance(size, ir.Call):
            return self._of_call(size, info, depth)
        return False

    def _of_name(self, name: str, info: FunctionInfo, depth: int) -> bool:
        if _is_compared(name, info.node):
            return False
        param = next((one for one in info.node.params if one.name == name), None)
        if param is not None:
            return self._of_param(param, info, depth)
        held = [
            one.value
            for one in in_whole(info.node)
            if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == name
        ]
        if held:
            return all(one is not None and self.is_unbounded(one, info, depth - 1) for one in held)
        return info.owner is not None and name in info.owner.fields and self._of_field(name, info.owner)

    def _of_param(self, param: ir.Param, info: FunctionInfo, depth: int) -> bool:
        if _is_constrained(param.decorators):
            return False
        if self._answers(info):
            return any(_word(note) in _FROM_REQUEST for note in param.decorators)
        number = info.node.params.index(param)
        callers = [one for one in survey(self._context).reaches if one.reach is not None and one.reach.callee is info]
        callers = [one for one in callers if one.info is not None and isinstance(one.node, ir.Call)]
        return bool(callers) and any(
            number < len(one.node.args) and self.is_unbounded(one.node.args[number], one.info, depth - 1)  # type: ignore[attr-defined, arg-type]
            for one in callers
        )

    def _of_call(self, call: ir.Call, info: FunctionInfo, depth: int) -> bool:
        name = name_of(call.func)
        if name == "max" and len(call.args) == 2:
            return any(self.is_unbounded(one, info, depth) for one in call.args)
        if name in _SAME_NUMBER and call.args:
            return self.is_unbounded(call.args[0], info, depth - 1)
        if name in ("intValue", "orElse") and isinstance(call.func, ir.Attr):
            return self.is_unbounded(call.func.value, info, depth - 1)
        if name == "getParameter" and isinstance(call.func, ir.Attr):
            return True
        if name in _BOUNDS or call.args or not isinstance(call.func, ir.Attr):
            return False
        if _is_this(call.func.value):
            return self._of_accessor(name, info.owner)
        holder = call.func.value
        if not isinstance(holder, ir.Name):
            return False
        param = self._sent(holder.id, info)
        owner = class_named(self._program, param[1].unit, param[0].type.name) if param and param[0].type else None
        return self._of_accessor(name, owner)

    def _sent(self, name: str, info: FunctionInfo) -> tuple[ir.Param, FunctionInfo] | None:
        """The parameter of a handler that an object comes from."""
        param = next((one for one in info.node.params if one.name == name), None)
        if param is None:
            return None
        return param, info

    def _of_accessor(self, name: str, owner: ClassInfo | None) -> bool:
        if owner is None:
            return False
        written = [
            one for one in owner.methods.get(name, ()) if one.node.body and "synthetic" not in one.node.modifiers
        ]
        if written:
            only = written[0].node.body[-1]
            value = only.value if isinstance(only, ir.Return) else None
            field = value.id if isinstance(value, ir.Name) else value.name if isinstance(value, ir.Attr) else ""
            return len(written[0].node.body) == 1 and self._of_field(field, owner)
        found = _GETTER.match(name)
        return self._of_field(found[1][0].lower() + found[1][1:] if found else name, owner)

    def _of_field(self, name: str, owner: ClassInfo | None) -> bool:
        """Whether a field of an object is filled by requests, and neither a constraint nor its class keeps it small."""
        stated = owner.fields.get(name) if owner is not None else None
        if owner is None or stated is None or _is_constrained(stated.decorators) or "static" in stated.modifiers:
            return False
        own = [one for several in owner.methods.values() for one in several]
        for method in own:
            if any(one.name == name and _is_constrained(one.decorators) for one in method.node.params):
                return False
            if _is_compared(name, method.node) or _is_bounded(name, method.node):
                return False
        if own and owner.node.kind != "record" and "final" in stated.modifiers:
            return False
        return self._is_sent(owner)

    def _is_sent(self, owner: ClassInfo) -> bool:
        """Whether a handler takes objects of a class from the request."""
        return any(
            param.type is not None and class_named(self._program, one.info.unit, param.type.name) is owner
            for one in self._context.seen.handlers.values()
            if self._answers(one.info)
            for param in one.info.node.params
        )

    def _answers(self, info: FunctionInfo) -> bool:
        known = self._context.seen.handlers.get(id(info))
        return "http.handler" in (info.marks | (known.marks if known is not None else set()))


def _is_compared(name: str, function: ir.Function) -> bool:
    """Whether a function compares a number with what it may be, or hands it to a check."""
    for one in in_whole(function):
        if isinstance(one, ir.Binary) and one.op in _COMPARES and _is_upper(name, one):
            return True
        if isinstance(one, ir.Call) and name in names_in(*one.args) and _CHECKS.search(name_of(one.func)):
            return name_of(one.func) not in ("max", "setMaxResults", "limit")
    return False


def _is_upper(name: str, test: ir.Binary) -> bool:
    """`size > 100`, not `size < 1`."""
    left, right = name in names_in(test.left), name in names_in(test.right)
    other = test.right if left else test.left
    small = isinstance(other, ir.Const) and isinstance(other.value, int) and other.value <= 1
    return (left or right) and not small


def _is_bounded(name: str, function: ir.Function) -> bool:
    return any(
        isinstance(one, ir.Call) and name_of(one.func) in _BOUNDS and name in _fields_in(one)
        for one in in_whole(function)
    )


def _fields_in(call: ir.Call) -> set[str]:
    return {
        one.id if isinstance(one, ir.Name) else one.name
        for one in within(*call.args)
        if isinstance(one, ir.Name | ir.Attr)
    }


def _is_constrained(notes: list[ir.Expr]) -> bool:
    return any(_word(note) in _CONSTRAINTS for note in notes)


def _is_this(holder: ir.Expr) -> bool:
    return isinstance(holder, ir.Name) and holder.id == "this"


def _word(note: ir.Expr) -> str:
    return name_of(note.func if isinstance(note, ir.Call) else note)
