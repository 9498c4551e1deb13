"""Classes that do too much (QUA105)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.code.tree import name_of
from backend_advisor.experts.quality.detectors.outline import Written, outline
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Location
from backend_advisor.rules.registry import CodeContext, detects_in_code

_METHODS = 25
_STATEMENTS = 350
_SHARE = 0.7
_HUGE_METHODS = 45
_HUGE_STATEMENTS = 500
_PARTS = 4
"""Groups from which on a very large class shows where it can be cut."""
_SHOWN = 4
_OWN = re.compile(rb"\b(?:self|this|cls)\s*\.\s*(\w+)")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_LOGGERS = re.compile(r"(?i)^(?:_*log(?:ger)?|tracer|metrics|config(?:uration)?|settings|logging)$")
_OTHER = re.compile(r"(?:Test|Tests|Mixin|ViewSet|Visitor|Listener|Parser|Lexer|Grammar|Criteria|Example)$|^Generated")
_CONTROLS = re.compile(r"(?:Controller|Resolver)$")
_REQUESTS = frozenset({"req", "request", "ctx", "res"})
_RESOLVER = re.compile(r"^(?:resolve|get|set)_?[A-Z_a-z]")


@detects_in_code("QUA105")
def god_class(context: CodeContext) -> Iterator[Match]:
    """A large class whose methods fall into groups that share nothing, or one that is very large."""
    by_class: dict[int, list[Written]] = {}
    for written in outline(context):
        if written.owner is not None and written.outer is None:
            by_class.setdefault(id(written.owner), []).append(written)
    for several in by_class.values():
        owner = several[0].owner
        if owner is None or not owner.name or _OTHER.search(owner.name):
            continue
        working = [one for one in several if _total(one) > 1]
        if sum(_RESOLVER.match(one.node.name) is not None for one in working) > len(working) / 2:
            continue  # a schema's fields
        total = sum(_total(one) for one in several)
        if len(working) <= _METHODS or total <= _STATEMENTS:
            continue
        groups = _groups(owner, working)
        largest = sum(_total(one) for one in groups[0])
        parts = len(groups) >= _PARTS or total > 2 * _HUGE_STATEMENTS
        huge = len(working) > _HUGE_METHODS and total > _HUGE_STATEMENTS and parts
        if not huge and (len(groups) < 2 or largest > _SHARE * total):
            continue
        unit = several[0].unit
        shown = [group[0] for group in groups[:_SHOWN]]
        yield Match(
            location=_head(context, unit, owner),
            values={"class": owner.name, "methods": len(working), "statements": total, "groups": len(groups)},
            confidence=Confidence.LOW if _is_controller(owner, working) or _is_a_shelf(working) else None,
            steps=tuple(
                (context.places.location(unit.path, one.node.start, one.node.header_end), "step_group") for one in shown
            ),
        )


def _is_controller(owner: ir.Class, methods: list[Written]) -> bool:
    """Whether a class is the list of a resource's routes, whose methods need nothing in common."""
    if any(_CONTROLS.match(name_of(one)) for one in owner.decorators):
        return True
    answering = [one for one in methods if _REQUESTS & {param.name for param in one.node.params}]
    return len(answering) * 2 > len(methods)


def _is_a_shelf(methods: list[Written]) -> bool:
    """Whether a class of Java only collects functions, which have nothing in common by their nature."""
    own = [one for one in methods if one.unit.language == "java" and "static" in one.node.modifiers]
    return len(own) * 4 > len(methods) * 3


def _head(context: CodeContext, unit: Unit, owner: ir.Class) -> Location:
    """The line that names a class, below its decorators."""
    source = unit.module.source
    start = max((one.end for one in owner.decorators), default=owner.start)
    start += len(source[start : owner.end]) - len(source[start : owner.end].lstrip())
    end = source.find(b"\n", start)
    return context.places.location(unit.path, start, min(end if end > 0 else owner.end, owner.end))


def _total(written: Written) -> int:
    return written.statements + sum(_total(one) for one in written.inner)


def _groups(owner: ir.Class, methods: list[Written]) -> list[list[Written]]:
    """The methods in groups that share a field or call each other, the largest first."""
    names = {one.name.encode() for one in owner.fields if not _LOGGERS.match(one.name)}
    names |= {method.name.encode() for method in owner.methods}
    leader: dict[bytes | int, bytes | int] = {}

    def find(key: bytes | int) -> bytes | int:
        while leader.setdefault(key, key) != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for written in methods:
        source = written.unit.module.source[written.node.start : written.node.end]
        used = set(_OWN.findall(source))
        if written.unit.language == "java":
            used |= set(_WORD.findall(source)) & names
        for name in [written.node.name.encode(), *used]:
            if not _LOGGERS.match(name.decode("utf-8", "replace")):
                leader[find(name)] = find(id(written))
    groups: dict[bytes | int, list[Written]] = {}
    for written in methods:
        groups.setdefault(find(id(written)), []).append(written)
    return sorted(groups.values(), key=lambda group: -sum(_total(one) for one in group))
