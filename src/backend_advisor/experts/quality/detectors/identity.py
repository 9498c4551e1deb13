"""Texts and boxed numbers of Java that are compared as references (QUA137)."""

import re
from collections.abc import Iterator, Mapping

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.tree import in_body, within
from backend_advisor.experts.quality.detectors.tree import is_apart, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_TEXT = "String"
_BOXED = frozenset({"Long", "Integer", "Short", "Byte", "Character", "Double", "Float", "BigDecimal", "BigInteger"})
_EQUAL = frozenset({"equals", "equalsIgnoreCase", "compareTo"})
_CONSTANT = re.compile(r"^[A-Z][A-Z0-9_]*$")
_INTERNED = "intern"
_FAR = 200
"""Bytes between the sides of a comparison, with comments and line breaks."""


@detects_in_code("QUA137")
def compared_as_references(context: CodeContext) -> Iterator[Match]:
    """`status == "PAID"`, `order.getUserId() == userId`: true for the same object only."""
    if context.program.language != "java":
        return
    told: set[tuple[str, int]] = set()
    for info in context.program.functions():
        if is_apart(info.unit):
            continue
        for node in _comparisons(info):
            found = _judged(context.program, info, node)
            place = (info.unit.path, node.start)
            if found is not None and place not in told:
                told.add(place)
                kind, sure = found
                yield Match(
                    location=context.location(info.unit, node),
                    values={"text": short(context.text(info.unit, node)), "type": kind},
                    confidence=sure,
                )


def _comparisons(info: FunctionInfo) -> Iterator[ir.Binary]:
    """The comparisons of a function, without those that only spare the call of `equals` beside them."""
    nodes = list(within(*info.node.body))
    spared: set[int] = set()
    for node in nodes:
        if isinstance(node, ir.Logic):
            inner = list(within(node))
            if any(isinstance(one, ir.Call) and getattr(one.func, "name", "") in _EQUAL for one in inner):
                spared |= {id(one) for one in inner if not _has_text(info.unit, one)}
    for node in nodes:
        if isinstance(node, ir.Binary) and _is_written(info.unit, node) and id(node) not in spared:
            yield node


def _is_written(unit: Unit, node: ir.Binary) -> bool:
    """Whether the operator stands there: the labels of a `switch`, which compares values, are comparisons too."""
    between = unit.module.source[node.left.end : node.right.start]
    return node.op in ("==", "!=") and node.op.encode() in between and len(between) <= _FAR


def _has_text(unit: Unit, node: ir.Node) -> bool:
    return isinstance(node, ir.Binary) and (_is_text(unit, node.left) or _is_text(unit, node.right))


def _judged(program: Program, info: FunctionInfo, node: ir.Binary) -> tuple[str, Confidence] | None:
    """The type that is compared as a reference, and how sure that is."""
    sides = (node.left, node.right)
    if any(isinstance(one, ir.Const) and not _is_text(info.unit, one) for one in sides):
        return None
    if any(isinstance(one, ir.Call) and getattr(one.func, "name", "") == _INTERNED for one in sides):
        return None
    if any(isinstance(one, ir.Name) and one.id == "this" for one in sides):
        return None
    texts = [_is_text(info.unit, one) for one in sides]
    if any(texts):
        return (_TEXT, Confidence.HIGH) if not all(texts) else None
    if any(isinstance(one, ir.Name | ir.Attr) and _CONSTANT.match(_last(one)) for one in sides):
        return None  # a marker of its own, meant to be told by its reference
    left, right = (_stated(program, info, one) for one in sides)
    if left == right == _TEXT:
        return _TEXT, Confidence.HIGH
    if _TEXT in (left, right) and None in (left, right):
        return _TEXT, Confidence.MEDIUM  # nothing but a reference can be compared with a text
    if left in _BOXED and right in _BOXED:
        return str(left), Confidence.HIGH
    boxed = next((one for one in (left, right) if one in _BOXED), None)
    if (
        boxed is not None
        and None in (left, right)
        and all(_is_getter(one) for one, t in zip(sides, (left, right), strict=True) if t is None)
    ):
        return boxed, Confidence.LOW  # the other may be a number, which unboxes this one
    return None


def _is_text(unit: Unit, node: ir.Expr) -> bool:
    return (
        isinstance(node, ir.Const)
        and isinstance(node.value, str)
        and unit.module.source[node.start : node.start + 1] == b'"'
    )


def _last(node: ir.Expr) -> str:
    return node.id if isinstance(node, ir.Name) else getattr(node, "name", "")


def _is_getter(node: ir.Expr) -> bool:
    return isinstance(node, ir.Call) and re.match(r"get[A-Z]", getattr(node.func, "name", "")) is not None


def _stated(program: Program, info: FunctionInfo, node: ir.Expr) -> str | None:
    """The type of an expression by its declaration, None when it is not in view."""
    if isinstance(node, ir.Name):
        return _declared(info).get(node.id)
    if isinstance(node, ir.Attr) and isinstance(node.value, ir.Name) and node.value.id == "this":
        field = info.owner.fields.get(node.name) if info.owner is not None else None
        return _short_name(field.type) if field is not None else None
    if isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and isinstance(node.func.value, ir.Name):
        owner = _declared(info).get(node.func.value.id)
        classes = program.by_short_name.get(owner, []) if owner is not None else []
        if len(classes) != 1:
            return None
        name = node.func.name
        methods = program.method(classes[0], name)
        if methods:
            return _short_name(methods[0].node.returns) if len(methods) == 1 else None
        field = classes[0].fields.get(name[3:4].lower() + name[4:])
        return _short_name(field.type) if name.startswith("get") and field is not None else None
    return None


def _declared(info: FunctionInfo) -> Mapping[str, str | None]:
    """The types of the names that a function sees; a name with two types has none."""
    found: dict[str, str | None] = {}
    if info.owner is not None:
        found.update((one.name, _short_name(one.type)) for one in info.owner.node.fields)
    outer = info.outer
    if outer is not None and outer is not info:
        found.update(_declared(outer))
    found.update((one.name, _short_name(one.type)) for one in info.node.params)
    local: dict[str, str | None] = {}
    for node in in_body(info.node):
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and node.declares:
            kind = _short_name(node.type)
            name = node.target.id
            local[name] = kind if local.get(name, kind) == kind else None
    return {**found, **local}


def _short_name(kind: ir.Type | None) -> str | None:
    return kind.name.rpartition(".")[2] if kind is not None and kind.name != "var" else None
