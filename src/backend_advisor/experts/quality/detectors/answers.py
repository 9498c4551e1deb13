"""Errors that are answered in different shapes (QUA113)."""

from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.tree import in_body, name_of
from backend_advisor.experts.quality.detectors.outline import outline
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_KEYS = ("error", "detail", "message", "msg", "errors", "title", "reason", "err")
"""What clients show of an error, in the order in which they look for it."""
_TEXT = '"…"'
_LEAST = 6
_MOST_SHARE = 0.8
_LEAST_SHARE = 0.05
_SHOWN = 4
_BUILDERS = frozenset({"badRequest", "notFound", "unprocessableEntity", "internalServerError"})
_RESPONSES = frozenset({"JSONResponse", "JsonResponse", "Response", "make_response"})


@dataclass(frozen=True, slots=True)
class _Answer:
    unit: Unit
    node: ir.Node
    shape: str


@detects_in_code("QUA113", trees_alone=True)
def inconsistent_error_responses(context: CodeContext) -> Iterator[Match]:
    """Error answers of one program whose bodies a client must read in different ways."""
    answers: dict[str, list[_Answer]] = {}
    for written in outline(context):
        for node in in_body(written.node):
            body = _error_body(node)
            shape = _shape(body) if body is not None else None
            if shape is not None:
                answers.setdefault(shape, []).append(_Answer(written.unit, node, shape))
    several = sorted(answers.values(), key=len, reverse=True)
    total = sum(len(one) for one in several)
    if len(several) < 2 or total < _LEAST or len(several[0]) > _MOST_SHARE * total or len(several[1]) < 2:
        return
    first = several[1][0]
    yield Match(
        location=context.location(first.unit, first.node),
        values={
            "shapes": ", ".join(f"{one[0].shape} ({len(one)})" for one in several[:_SHOWN]),
            "count": len(several),
            "total": total,
        },
        # Two kinds of answers are mostly of two kinds of callers: pages and an API, or a framework's and the program's.
        confidence=Confidence.MEDIUM
        if sum(len(one) >= _LEAST_SHARE * total for one in several) > 2
        else Confidence.LOW,
        steps=tuple((context.location(one[0].unit, one[0].node), "step_shape") for one in several[:_SHOWN]),
    )


def _error_body(node: ir.Node) -> ir.Expr | None:
    """The body of an answer with a status of 400 or more that a statement or call makes."""
    if isinstance(node, ir.Return) and isinstance(node.value, ir.Sequence) and len(node.value.items) > 1:
        answered, code = node.value.items[:2]
        return _unwrapped(answered) if _is_error(code) else None
    if not isinstance(node, ir.Call):
        return None
    name = name_of(node.func)
    holder = node.func.value if isinstance(node.func, ir.Attr) else None
    if name in ("json", "send", "body") and isinstance(holder, ir.Call) and node.args:
        given = any(_is_error(one) for one in holder.args)
        built = name == "body" and name_of(holder.func) in _BUILDERS
        return node.args[0] if built or (given and name_of(holder.func) in ("status", "code")) else None
    if name in _RESPONSES:
        keywords = dict(node.keywords)
        status = keywords.get("status_code") or keywords.get("status") or (node.args[1] if len(node.args) > 1 else None)
        body = keywords.get("content") or keywords.get("data") or (node.args[0] if node.args else None)
        return _unwrapped(body) if status is not None and body is not None and _is_error(status) else None
    return None


def _unwrapped(body: ir.Expr) -> ir.Expr:
    """What `jsonify(…)` is given; keywords make an object."""
    if isinstance(body, ir.Call) and name_of(body.func) == "jsonify":
        if body.keywords:
            return ir.Mapping(body.start, body.end, [(ir.Const(0, 0, key), value) for key, value in body.keywords])
        return body.args[0] if body.args else body
    return body


def _is_error(node: ir.Expr) -> bool:
    if isinstance(node, ir.Const):
        return isinstance(node.value, int) and not isinstance(node.value, bool) and 400 <= node.value < 600
    name = name_of(node)
    if name.startswith("HTTP_"):
        return name[5:6] in ("4", "5")
    return name in (
        "BAD_REQUEST", "NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "CONFLICT", "INTERNAL_SERVER_ERROR",
        "UNPROCESSABLE_ENTITY", "TOO_MANY_REQUESTS",
    )  # fmt: skip


def _shape(body: ir.Expr) -> str | None:
    if isinstance(body, ir.Text) or (isinstance(body, ir.Const) and isinstance(body.value, str)):
        return _TEXT
    pairs: list[tuple[object, ir.Expr]] = []
    if isinstance(body, ir.Mapping):
        if any(key is None for key, _ in body.pairs):
            return None
        pairs = [(key.value, value) for key, value in body.pairs if isinstance(key, ir.Const)]
    elif isinstance(body, ir.Call) and name_of(body.func) == "of" and body.args:
        pairs = [(key.value, value) for key, value in zip(body.args[::2], body.args[1::2], strict=False)
                 if isinstance(key, ir.Const)]  # fmt: skip
    elif isinstance(body, ir.Call) and body.new:
        return name_of(body.func)
    for wanted in _KEYS:
        for key, value in pairs:
            if key == wanted:
                inner = "{…}" if isinstance(value, ir.Mapping) else "[…]" if isinstance(value, ir.Sequence) else "…"
                return f"{{{wanted}: {inner}}}"
    return None
