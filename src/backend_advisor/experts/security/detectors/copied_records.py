"""Records of Java that are the body of a request and are copied, property by property, onto the stored one (part of
SEC217)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.callees import class_named
from backend_advisor.code.files import is_test
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.tree import in_body, name_of
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_BODY = frozenset({"RequestBody", "ModelAttribute"})
_STORED = frozenset({"Entity", "Document", "MappedSuperclass"})
_COPIERS = frozenset({"BeanUtils", "BeanUtil", "PropertyUtils", "BeanUtilsBean"})
_LEAST = 2


@detects_in_code("SEC217")
def copied_records(context: CodeContext) -> Iterator[Match]:
    """`BeanUtils.copyProperties(changes, account)` where `changes` is a record that a client sent."""
    program = context.program
    if program.language != "java" or not any(b"copyProperties" in source for source in program.sources()):
        return
    sent = _sent_by_clients(context)
    if not sent:
        return
    for unit in program.units.values():
        if b"copyProperties" not in unit.module.source or is_test(unit.path):
            continue
        for info in unit.functions:
            given = {param.name for param in info.node.params if _record(context, info, param) in sent}
            for call in in_body(info.node) if given else ():
                source = _copied(call, given)
                if source is not None:
                    yield Match(
                        location=context.location(unit, call),
                        values={"call": context.text(unit, call).partition("(")[0], "source": source},
                        confidence=Confidence.MEDIUM,
                    )


def _copied(call: ir.Node, given: set[str]) -> str | None:
    """The record of a client that a call copies onto another object that is there already."""
    if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attr) or len(call.args) < _LEAST:
        return None
    if call.func.name != "copyProperties" or name_of(call.func.value) not in _COPIERS:
        return None
    names = [one.id for one in call.args[:_LEAST] if isinstance(one, ir.Name)]
    # Spring and hutool copy from the first to the second, commons-beanutils from the second to the first.
    copied = [name for name in names if name in given]
    return copied[0] if len(names) == _LEAST and len(copied) == 1 else None


def _sent_by_clients(context: CodeContext) -> set[ClassInfo]:
    """The classes of stored records that a handler takes as the body of a request."""
    found: set[ClassInfo] = set()
    for unit in context.program.units.values():
        if not any(word.encode() in unit.module.source for word in _BODY):
            continue
        for info in unit.functions:
            for param in info.node.params:
                if any(name_of(note) in _BODY for note in param.decorators):
                    record = _record(context, info, param)
                    if record is not None:
                        found.add(record)
    return found


def _record(context: CodeContext, info: FunctionInfo, param: ir.Param) -> ClassInfo | None:
    """The class of a parameter, if its objects are stored."""
    kind = class_named(context.program, info.unit, param.type.name) if param.type is not None else None
    return kind if kind is not None and any(name_of(one) in _STORED for one in kind.node.decorators) else None
