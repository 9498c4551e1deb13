"""Date formats that threads share although formatting changes them (part of QUA115)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.tree import name_of, within
from backend_advisor.experts.quality.detectors.tree import function_name, is_apart
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.registry import CodeContext

_FORMATS = frozenset({"SimpleDateFormat", "DateFormat"})
_BEANS = frozenset({"Controller", "RestController", "Service", "Component", "Repository"})
_USES = frozenset({"format", "parse"})


def shared_formats(context: CodeContext) -> Iterator[Match]:
    """`static final SimpleDateFormat`, and one in a field of a bean, used without a lock."""
    for owner in context.program.classes.values():
        fields = [one for one in owner.node.fields if one.type is not None and one.type.name in _FORMATS]
        if not fields or is_apart(owner.unit):
            continue
        is_bean = any(name_of(one) in _BEANS for one in owner.node.decorators)
        for field in fields:
            used = _use(owner, field.name) if is_bean or "static" in field.modifiers else None
            if used is None:
                continue
            info, call = used
            yield Match(
                location=context.location(owner.unit, field),
                values={"name": field.name, "function": function_name(info)},
                severity=Severity.WARNING,
                confidence=Confidence.HIGH,
                steps=((context.location(info.unit, call), "step_change"),),
            )


def _use(owner: ClassInfo, name: str) -> tuple[FunctionInfo, ir.Call] | None:
    """The first use of a format outside of a lock."""
    for several in owner.methods.values():
        for info in several:
            if "synchronized" in info.node.modifiers:
                continue
            nodes = list(within(*info.node.body))
            locks = [one for one in nodes if isinstance(one, ir.With)]
            for one in nodes:
                if not isinstance(one, ir.Call) or not _is_use(one, name):
                    continue
                if not any(lock.start <= one.start < lock.end for lock in locks):
                    return info, one
    return None


def _is_use(node: ir.Call, name: str) -> bool:
    if not isinstance(node.func, ir.Attr) or node.func.name not in _USES:
        return False
    return name_of(node.func.value) == name and not isinstance(node.func.value, ir.Call)
