"""Code that reaches past the layer below it (QUA112)."""

import re
from collections.abc import Iterator
from dataclasses import replace

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of
from backend_advisor.experts.quality.detectors.acts import DATABASE
from backend_advisor.experts.quality.detectors.handlers import handlers
from backend_advisor.experts.quality.detectors.tree import function_name, is_apart, short
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Location
from backend_advisor.rules.registry import CodeContext, detects_in_code

_LAYER = re.compile(r"(?i)service|repositor|repo\b|dao\b|crud|store|use_?cases?|manager|gateway|queries|domain|mapper")
_SERVICE = re.compile(r"(?i)service|idgnr|idgen")
_HEALTH = re.compile(r"(?i)health|ready|readiness|liveness|ping|status|metrics|version")
_DOMAIN = re.compile(r"(?:^|/)domain/")
_BELOW = re.compile(r"(?:^|/)(?:infrastructure|infra|persistence|adapters?|controllers?|presentation|web|api)/")
_BY_FEATURE = re.compile(r"(?:^|/)domain/(?:.*/)?(?:controllers?|presentation|web)/")
_LEAST = 3
_SHARE = 2
_FIFTH = 5
_HELPERS = re.compile(r"(?:Utils?|Helper|Constants?|Exception|Errors?|Enum|Type|Event)$")
"""What belongs to no layer, wherever it stands."""
_FOLDER = 6
"""Handlers from which on a folder shows what its people do."""


@detects_in_code("QUA112")
def layer_reaching_past(context: CodeContext) -> Iterator[Match]:
    """Handlers on the database although most go through a layer, and a domain that imports what is around it."""
    yield from _handlers(context)
    domain = [unit for unit in context.program.units.values() if _DOMAIN.search(unit.path) and not is_apart(unit)]
    if any(_BY_FEATURE.search(unit.path) for unit in domain):
        return  # `domain/orders/controller`: a folder for each feature with all its layers, and no layer itself
    found = [(unit, several) for unit in domain if (several := list(_domain(context, unit)))]
    # What every fifth file of a domain does is how the program is built, and no slip of one of them.
    built_so = len(found) * _FIFTH > len(domain) and len(found) > _LEAST
    for _, several in found:
        for number, match in enumerate(several):
            yield replace(match, confidence=Confidence.LOW) if built_so or number else match


def _handlers(context: CodeContext) -> Iterator[Match]:
    known = [one.info for one in handlers(context)]
    ids = {id(info) for info in known}
    direct: dict[int, CallSeen] = {}
    for call in context.seen.calls.values():
        owner = _inside(call.info, ids)
        if owner is not None and call.certain and DATABASE.intersection(call.role.does) and not _is_service(call):
            first = direct.get(id(owner))
            if first is None or call.node.start < first.node.start:
                direct[id(owner)] = call
    through: dict[int, FunctionInfo] = {}
    both: set[int] = set()
    for reach in context.seen.reaches.values():
        owner = _inside(reach.info, ids)
        if owner is None or reach.callee.unit is owner.unit:
            continue
        if DATABASE.intersection(reach.acts) and _LAYER.search(_place(reach.callee)):
            if id(owner) in direct:
                both.add(id(owner))  # it gives the layer a query, or takes from it what it then refines
            else:
                through.setdefault(id(owner), reach.callee)
    if len(through) < _LEAST or len(through) < _SHARE * len(direct):
        return
    near = _by_folder(known, direct, through)
    sibling = next(info for info in known if id(info) in through)
    example = through[id(sibling)]
    for info in known:
        found = direct.get(id(info))
        if found is None or _HEALTH.search(info.node.name) or id(info) in both or _is_custom(info, near):
            continue
        yield Match(
            location=context.location(found.unit, found.node),
            values={"where": function_name(info), "target": short(context.text(found.unit, found.node))},
            # In Python a session or a manager of rows is at hand everywhere, and one query more is no slip of a layer.
            confidence=Confidence.LOW if info.unit.language == "python" else Confidence.MEDIUM,
            steps=((_signature(context, example), "step_layer"),),
        )


def _by_folder(
    known: list[FunctionInfo], direct: dict[int, CallSeen], through: dict[int, FunctionInfo]
) -> dict[str, tuple[int, int]]:
    """For each folder: how many handlers in it ask the database themselves, and how many go through a layer."""
    found: dict[str, tuple[int, int]] = {}
    for info in known:
        asks, goes = int(id(info) in direct), int(id(info) in through)
        folder = info.unit.path.rpartition("/")[0]
        while asks or goes:
            before = found.get(folder, (0, 0))
            found[folder] = (before[0] + asks, before[1] + goes)
            if not folder:
                break
            folder = folder.rpartition("/")[0]
    return found


def _is_custom(info: FunctionInfo, near: dict[str, tuple[int, int]]) -> bool:
    """Whether it is how things are done where the handler stands, as in a back office that has no layer."""
    folder = info.unit.path.rpartition("/")[0]
    while folder and sum(near[folder]) < _FOLDER:
        folder = folder.rpartition("/")[0]
    asks, goes = near[folder]
    return goes < _SHARE * asks


def _is_service(call: CallSeen) -> bool:
    """Whether the database is behind a service of the framework (generators of identifiers and the like)."""
    func = call.node.func if isinstance(call.node, ir.Call) else None
    return isinstance(func, ir.Attr) and _SERVICE.search(name_of(func.value)) is not None


def _inside(info: FunctionInfo | None, ids: set[int]) -> FunctionInfo | None:
    while info is not None:
        if id(info) in ids:
            return info
        info = info.outer
    return None


def _place(info: FunctionInfo) -> str:
    return f"{info.unit.path} {info.owner.node.name if info.owner is not None else ''}"


def _signature(context: CodeContext, info: FunctionInfo) -> Location:
    end = max(info.node.header_end, info.node.start)
    return context.places.location(info.unit.path, info.node.start, end)


def _domain(context: CodeContext, unit: Unit) -> Iterator[Match]:
    for statement in (*unit.imports.values(), *unit.stars):
        target = context.program.locate(statement, unit)
        if target is None or statement.type_only or _DOMAIN.search(target.path) or not _BELOW.search(target.path):
            continue
        if _HELPERS.search((statement.name or statement.module).rpartition(".")[2]):
            continue
        yield Match(
            location=context.location(unit, statement),
            values={"where": "/".join(unit.path.split("/")[-2:]), "target": _target(statement)},
            confidence=Confidence.HIGH,
        )


def _target(statement: ir.Import) -> str:
    return f"{statement.module}.{statement.name}" if statement.name not in (None, "*", "default") else statement.module
