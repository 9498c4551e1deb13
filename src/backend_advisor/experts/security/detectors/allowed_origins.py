"""Functions and patterns by which a program of JavaScript says which origins may read its answers with cookies."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import everything
from backend_advisor.experts.security.detectors.origin_patterns import loose_pattern
from backend_advisor.experts.security.detectors.words import dotted, identifiers
from backend_advisor.rules.registry import CodeContext

_ABSENT = frozenset({None, "", "undefined", "null"})
_PARTS = frozenset({"endsWith", "includes", "startsWith", "indexOf", "search"})
_MATCHES = frozenset({"test", "match", "exec"})
_HOST = re.compile(r"^(?:https?:?/{0,2})?[\w-]+(?:\.[\w-]+)+$")
"""A name of a host, which a longer name may hold, end with or begin with."""


def of_anybody(context: CodeContext, value: object) -> str | None:
    """How a function lets every origin in, or one that merely looks like the program's own; None when it does not."""
    pattern = (getattr(value, "fields", None) or {}).get("(pattern)")
    for text in getattr(pattern, "consts", None) or ():
        if isinstance(text, str) and loose_pattern(text):
            return f"/{text}/"
    for ref in getattr(value, "refs", ()):
        info = getattr(ref, "info", None)
        if not isinstance(info, FunctionInfo) or not 1 <= len(info.node.params) <= 2:
            continue
        judged = _Judged(context, info)
        found = judged.every() or judged.alike()
        if found is not None:
            return found
    return None


def alike_by_hand(context: CodeContext, info: FunctionInfo, origin: str) -> str | None:
    """How a function that takes the origin off a request itself compares it, where a stranger's passes too."""
    judged = _Judged(context, info)
    judged.origin = origin
    return judged.alike()


class _Judged:
    """What one function of an origin answers."""

    def __init__(self, context: CodeContext, info: FunctionInfo) -> None:
        self.context = context
        self.info = info
        self.origin = info.node.params[0].name
        self.done = info.node.params[1].name if len(info.node.params) > 1 else None

    def every(self) -> str | None:
        """The origin itself or yes as the answer, with no look at which origin it is."""
        answers = list(self._answers(self.info.node.body, present=True))
        if not answers or self._compares():
            return None
        for answer in answers:
            if isinstance(answer, ir.Const) and answer.value is True:
                return "callback(null, true)" if self.done else "true"
            if self._is_origin(answer):
                return f"callback(null, {self.origin})" if self.done else self.origin
        return None

    def _compares(self) -> bool:
        """Whether anything is asked of the origin but whether it is there."""
        for node in everything(self.info.node.body):
            if isinstance(node, ir.If | ir.Conditional | ir.While | ir.For | ir.Try | ir.Throw):
                if not isinstance(node, ir.If | ir.Conditional) or _presence(node.test, self.origin) is None:
                    return True
            elif isinstance(node, ir.Logic) and node.op not in ("||", "or", "??"):
                return True
        return False

    def _answers(self, body: list[ir.Stmt], *, present: bool) -> Iterator[ir.Expr]:
        """What is answered to a request that has an origin."""
        for statement in body:
            if isinstance(statement, ir.If):
                there = _presence(statement.test, self.origin)
                if there is not False:
                    yield from self._answers(statement.then, present=present)
                if there is not True:
                    yield from self._answers(statement.otherwise, present=present)
                continue
            given = statement.value if isinstance(statement, ir.Do | ir.Return) else None
            given = given.value if isinstance(given, ir.Await) else given
            if isinstance(given, ir.Call) and self.done is not None and dotted(given.func) == self.done:
                if len(given.args) == 2:
                    yield given.args[1]
            elif self.done is None and isinstance(statement, ir.Return) and given is not None:
                yield given

    def _is_origin(self, answer: ir.Expr) -> bool:
        if isinstance(answer, ir.Conditional):
            there = _presence(answer.test, self.origin)
            return there is not None and self._is_origin(answer.then if there else answer.otherwise)
        if isinstance(answer, ir.Logic):
            answer = answer.operands[0]
        return isinstance(answer, ir.Name) and answer.id == self.origin

    def alike(self) -> str | None:
        """A comparison of a part of the origin that the name of a stranger's host passes too."""
        taken = {self.origin}
        for node in everything(self.info.node.body):
            if (
                isinstance(node, ir.Assign)
                and isinstance(node.target, ir.Name)
                and self.origin in identifiers(node.value)
            ):
                taken.add(node.target.id)
        for node in everything(self.info.node.body):
            if not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr) or not node.args:
                continue
            name, given = node.func.name, node.args[0]
            if name in _PARTS and taken & identifiers(node.func.value):
                text = self._text(given)
                if text is not None and self._is_loose(name, text, node.func.value):
                    return f"{name}('{text}')"
            elif name in _MATCHES and taken & identifiers(node):
                pattern = _pattern(node, self.info.unit)
                if pattern is not None and loose_pattern(pattern):
                    return f"/{pattern}/"
        return None

    @staticmethod
    def _is_loose(name: str, text: str, compared: ir.Expr) -> bool:
        if _HOST.match(text) is None or (name == "includes" and not isinstance(compared, ir.Name)):
            return False  # an array of names is asked for a whole one
        return name != "startsWith" or text.startswith("http")

    def _text(self, given: ir.Expr) -> str | None:
        """The text that a part of the origin is compared with: written there, or given to the new object."""
        if isinstance(given, ir.Const):
            return given.value if isinstance(given.value, str) else None
        if isinstance(given, ir.Name):
            return _top(self.info.unit, given.id)
        if isinstance(given, ir.Attr) and dotted(given.value) == "this":
            return self._made_with(given.name, given)
        return None

    def _made_with(self, field: str, place: ir.Node) -> str | None:
        for owner in self.info.unit.classes.values():
            if not owner.node.start <= place.start < owner.node.end:
                continue
            for one in owner.node.fields:
                if one.name == field and isinstance(one.value, ir.Const) and isinstance(one.value.value, str):
                    return one.value.value
            maker = next((one for one in owner.node.methods if one.name == "constructor"), None)
            at = next((at for at, param in enumerate(maker.params) if param.name == field), None) if maker else None
            for unit in self.context.program.units.values() if at is not None else ():
                if owner.node.name.encode() not in unit.module.source:
                    continue
                for node in everything(unit.module.body):
                    if isinstance(node, ir.Call) and node.new and dotted(node.func) == owner.node.name:
                        given = node.args[at] if at is not None and at < len(node.args) else None
                        return given.value if isinstance(given, ir.Const) and isinstance(given.value, str) else None
        return None


def _top(unit: Unit, name: str) -> str | None:
    value = _kept(unit, name)
    return value.value if isinstance(value, ir.Const) and isinstance(value.value, str) else None


def _kept(unit: Unit, name: str) -> ir.Expr | None:
    """What a name at the top level of a file is first assigned."""
    for statement in unit.module.body:
        if isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name) and statement.target.id == name:
            return statement.value
    return None


def _pattern(call: ir.Call, unit: Unit) -> str | None:
    """The pattern of `/…/.test(origin)` and `origin.match(/…/)`, also where the file keeps it: `SHOPS.test(origin)`."""
    for given in (call.func.value if isinstance(call.func, ir.Attr) else None, *call.args):
        part = _kept(unit, given.id) if isinstance(given, ir.Name) else given
        if isinstance(part, ir.Call) and dotted(part.func) == "RegExp" and part.args:
            first = part.args[0]
            return first.value if isinstance(first, ir.Const) and isinstance(first.value, str) else None
    return None


def _presence(test: ir.Expr, name: str) -> bool | None:
    """Whether a test asks only if there is an origin: True where it holds for one, False where it holds for none."""
    if isinstance(test, ir.Name) and test.id == name:
        return True
    if isinstance(test, ir.Unary) and test.op in ("!", "not"):
        inner = _presence(test.operand, name)
        return None if inner is None else not inner
    if isinstance(test, ir.Binary) and test.op in ("==", "===", "!=", "!=="):
        sides = [test.left, test.right]
        asked = any(isinstance(one, ir.Name) and one.id == name for one in sides) or any(
            isinstance(one, ir.Unary) and one.op == "typeof" and name in identifiers(one) for one in sides
        )
        if asked and any(isinstance(one, ir.Const) and one.value in _ABSENT for one in sides):
            return test.op.startswith("!")
    return None
