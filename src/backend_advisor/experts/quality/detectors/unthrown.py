"""Exceptions that are made and thrown away instead of being thrown (QUA141)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, Program, Unit
from backend_advisor.code.tree import name_of
from backend_advisor.experts.quality.detectors.outline import Written, outline
from backend_advisor.experts.quality.detectors.tree import is_apart, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Edit
from backend_advisor.rules.edits import replaced, source_of
from backend_advisor.rules.registry import CodeContext, detects_in_code

_NAMED = re.compile(r"^(?:[A-Z]\w*(?:Error|Exception)|Http404|PermissionDenied|Exception|Error|Throwable)$")
_BASES = re.compile(r"(?:^|\.)(?:\w*(?:Error|Exception)|Http404|Throwable)$")
_BUILT_IN = frozenset(
    ["NotImplementedError", "ValueError", "TypeError", "KeyError", "RuntimeError", "PermissionError", "StopIteration",
     "LookupError", "AttributeError", "Exception"]
)  # fmt: skip
_DOES_MORE = 3
"""Statements of a constructor from which on it is called for what it does."""


@detects_in_code("QUA141")
def exception_not_thrown(context: CodeContext) -> Iterator[Match]:
    """`except Exception as e: ApiError(str(e), 500)`, `new NotFoundException();`."""
    for written in outline(context):
        if is_apart(written.unit):
            continue
        for node in written.notable:
            if isinstance(node, ir.Do) and _is_exception(context.program, written.unit, node.value):
                yield Match(
                    location=context.location(written.unit, node.value),
                    values={"exception": short(context.text(written.unit, node.value)), "function": written.name},
                    edits=_edits(context, written, node),
                    applicability="unsafe",
                )


def _is_exception(program: Program, unit: Unit, value: ir.Expr) -> bool:
    if unit.language == "python" and isinstance(value, ir.Name):
        return value.id in _BUILT_IN and value.id not in unit.imports
    if not isinstance(value, ir.Call) or value.new is (unit.language == "python"):
        return False
    name = name_of(value.func)
    if not name[:1].isupper():
        return False
    several = program.by_short_name.get(name, ()) if isinstance(value.func, ir.Name) else ()
    if len(several) == 1:
        return _extends_exception(program, several[0])
    return not several and _NAMED.match(name) is not None


def _extends_exception(program: Program, owner: ClassInfo) -> bool:
    """Whether a class of the program is an exception whose constructor only keeps what it is given."""
    made = [*owner.methods.get("__init__", ()), *owner.methods.get("constructor", ())]
    if any(len(one.node.body) > _DOES_MORE for one in made):
        return False
    return any(_BASES.search(base) for base in program.foreign_bases(owner))


def _edits(context: CodeContext, written: Written, node: ir.Do) -> tuple[Edit, ...]:
    word = "raise" if written.unit.language == "python" else "throw"
    return (replaced(written.unit, node.value, f"{word} {source_of(written.unit, node.value)}", context.places),)
