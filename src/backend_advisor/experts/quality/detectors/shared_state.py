"""State that calls share without wanting to: mutable defaults, and variables that requests overwrite (QUA115)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.code.tree import in_body, name_of, names_in
from backend_advisor.experts.quality.detectors.formats import shared_formats
from backend_advisor.experts.quality.detectors.handlers import given_by_client, handlers
from backend_advisor.experts.quality.detectors.outline import outline
from backend_advisor.experts.quality.detectors.shared_collections import shared_collections
from backend_advisor.experts.quality.detectors.tree import function_name
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.registry import CodeContext, detects_in_code

_CHANGES = frozenset(
    ["append", "add", "update", "extend", "insert", "setdefault", "pop", "remove", "clear", "popitem", "discard",
     "sort", "reverse", "appendleft"]
)  # fmt: skip
_MADE = frozenset({"list", "dict", "set", "defaultdict", "OrderedDict", "Counter", "deque"})
_SINGLETONS = frozenset(
    {"Controller", "RestController", "Service", "Component", "Repository", "Injectable", "Resolver"}
)
_COMMANDS = re.compile(r"(?:^|/)(?:cli|commands?)/|(?:^|/)cli\.py$")
"""A command line that waits for one answer of a browser serves nobody else."""
_LOCKS = frozenset({"lock", "tryLock", "lockInterruptibly", "acquire"})
_SCOPED = re.compile(r"(?i)scope|stateful|RequestScoped|prototype")
_SETS_UP = re.compile(r"^(?:set[A-Z_]|init|start|stop|after|on[A-Z]|register|config|refresh|reload|load)")


@detects_in_code("QUA115")
def shared_state(context: CodeContext) -> Iterator[Match]:
    """A default value that calls change, and a variable of the program that a request overwrites."""
    language = context.program.language
    if language == "python":
        yield from _defaults(context)
    if language == "java":
        yield from _fields(context)
        yield from shared_formats(context)
        yield from shared_collections(context)
        return
    for handler in handlers(context):
        if _COMMANDS.search(handler.info.unit.path) is None:
            yield from _overwritten(context, handler.info)


def _defaults(context: CodeContext) -> Iterator[Match]:
    for written in outline(context):
        for param in written.node.params:
            if param.default is None or not _is_mutable(param.default):
                continue
            change = _changed(written.node, param.name)
            if change is not None:
                yield Match(
                    location=context.location(written.unit, param),
                    values={"name": param.name, "function": written.name},
                    severity=Severity.WARNING,
                    # `_known={}` is a memory that nobody is to give.
                    confidence=Confidence.LOW if param.name.startswith("_") else Confidence.HIGH,
                    steps=((context.location(written.unit, change), "step_change"),),
                )


def _is_mutable(value: ir.Expr) -> bool:
    if isinstance(value, ir.Sequence):
        return value.kind != "tuple"
    return isinstance(value, ir.Mapping) or (isinstance(value, ir.Call) and name_of(value.func) in _MADE)


def _changed(function: ir.Function, name: str) -> ir.Node | None:
    """Where the default itself is changed; None also when the name is bound anew."""
    found: ir.Node | None = None
    for node in in_body(function):
        if isinstance(node, ir.Assign):
            if node.op is None and isinstance(node.target, ir.Name) and node.target.id == name:
                return None
            target = node.target.value if isinstance(node.target, ir.Index) else node.target if node.op else None
            if isinstance(target, ir.Name) and target.id == name:
                found = found or node
        elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name in _CHANGES:
            holder = node.func.value
            found = found or (node if isinstance(holder, ir.Name) and holder.id == name else None)
    return found


def _overwritten(context: CodeContext, info: FunctionInfo) -> Iterator[Match]:
    """`let current` at the top of a file, or a `global`, that a handler sets to something of the request."""
    shared = _variables(info)
    if not shared:
        return
    given = given_by_client(info) | ({"request"} if info.unit.language == "python" else set())
    for node in in_body(info.node):
        if not isinstance(node, ir.Assign) or node.declares or node.value is None:
            continue
        if isinstance(node.target, ir.Name) and node.target.id in shared and names_in(node.value) & given:
            yield _match(context, info, info.unit, node, node.target.id, Confidence.HIGH)


def _variables(info: FunctionInfo) -> set[str]:
    nodes = list(in_body(info.node))
    if info.unit.language == "python":
        return {name for node in nodes if isinstance(node, ir.Global) for name in node.names}
    top = {
        name
        for one in info.unit.module.body
        if isinstance(one, ir.Assign) and one.declares in ("let", "var")
        for name in names_in(one.target)
    }
    own = {name for node in nodes if isinstance(node, ir.Assign) and node.declares for name in names_in(node.target)}
    return top - own - {param.name for param in info.node.params}


def _fields(context: CodeContext) -> Iterator[Match]:
    """Fields of a bean, of which there is one for all requests, that a method sets to what it was called with."""
    for owner in context.program.classes.values():
        names = {name_of(one) for one in owner.node.decorators}
        if not names & _SINGLETONS or any(_SCOPED.search(name) for name in names):
            continue
        fields = {
            field.name
            for field in owner.node.fields
            if "final" not in field.modifiers and (field.type is None or field.type.name != "ThreadLocal")
        }
        for several in owner.methods.values():
            for info in several:
                own = info.node.name != owner.node.name and not _SETS_UP.match(info.node.name)
                if own and not _is_locked(info):
                    yield from _set_fields(context, info, fields, names)


def _is_locked(info: FunctionInfo) -> bool:
    """Whether a method lets one thread in at a time where it matters."""
    if "synchronized" in info.node.modifiers:
        return True
    return any(isinstance(one, ir.Call) and name_of(one.func) in _LOCKS for one in in_body(info.node))


def _set_fields(context: CodeContext, info: FunctionInfo, fields: set[str], names: set[str]) -> Iterator[Match]:
    given = {param.name for param in info.node.params}
    if not given or any(name_of(one) in ("Autowired", "Value", "Inject", "Bean") for one in info.node.decorators):
        return
    if "synchronized" in info.node.modifiers:
        return
    nodes = list(in_body(info.node))
    local = {name_of(node.target) for node in nodes if isinstance(node, ir.Assign) and _declares(node)} | given
    if names & {"Controller", "RestController"}:
        made = [node for node in nodes if isinstance(node, ir.Assign) and _declares(node) and node.value is not None]
        given |= {name_of(node.target) for node in made if names_in(node.value) & given}
    for node in nodes:
        if not isinstance(node, ir.Assign) or node.value is None or not names_in(node.value) & given:
            continue
        name = _field_set(node.target, local)
        if name in fields:
            sure = bool(names & {"Controller", "RestController"})
            confidence = Confidence.HIGH if sure else Confidence.MEDIUM
            yield _match(context, info, info.unit, node, name, confidence)


def _declares(node: ir.Assign) -> bool:
    return isinstance(node.target, ir.Name) and (bool(node.declares) or node.type is not None)


def _field_set(target: ir.Expr, local: set[str]) -> str:
    if isinstance(target, ir.Attr) and isinstance(target.value, ir.Name) and target.value.id == "this":
        return target.name
    return target.id if isinstance(target, ir.Name) and target.id not in local else ""


def _match(
    context: CodeContext, info: FunctionInfo, unit: Unit, node: ir.Node, name: str, confidence: Confidence
) -> Match:
    return Match(
        location=context.location(unit, node),
        values={"name": name, "function": function_name(info)},
        severity=Severity.WARNING,
        confidence=confidence,
    )
