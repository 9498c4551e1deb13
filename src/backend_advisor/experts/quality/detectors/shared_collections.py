"""Collections that are not made for threads, in fields of beans that serve all requests (part of QUA115)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.tree import name_of, names_in, within
from backend_advisor.experts.quality.detectors.tree import function_name, is_apart
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence, Severity
from backend_advisor.rules.registry import CodeContext

_BEANS = frozenset({"Controller", "RestController", "Service", "Component", "Repository"})
_PLAIN = frozenset(
    {"HashMap", "LinkedHashMap", "TreeMap", "ArrayList", "LinkedList", "HashSet", "LinkedHashSet", "TreeSet"}
)
_CHANGES = frozenset(
    {
        "put",
        "add",
        "remove",
        "putIfAbsent",
        "computeIfAbsent",
        "compute",
        "merge",
        "addAll",
        "putAll",
        "removeIf",
        "poll",
    }
)
_SETS_UP = re.compile(
    r"^(?:set[A-Z]|init|start|stop|after|on[A-Z]|register|config|refresh|reload|load|add\w*(?:Listener|Handler))"
)
_ONCE = frozenset(
    {"PostConstruct", "PreDestroy", "Autowired", "Inject", "Bean", "EventListener", "Scheduled", "Value", "Override"}
)
_SCOPED = re.compile(r"(?i)scope|stateful|prototype")
_LOCKS = frozenset({"lock", "tryLock", "lockInterruptibly", "acquire"})


def shared_collections(context: CodeContext) -> Iterator[Match]:
    """A `HashMap` field of a bean that a method changes with what it was called with, without a lock."""
    for owner in context.program.classes.values():
        names = {name_of(one) for one in owner.node.decorators}
        if not names & _BEANS or any(_SCOPED.search(name) for name in names) or is_apart(owner.unit):
            continue
        told = False
        for field in owner.node.fields:
            if not _is_plain(field):
                continue
            found = _change(owner, field.name)
            if found is not None:
                info, call = found
                again, told = told, True  # a bean that keeps the state of one run keeps it in several fields
                sure = bool(names & {"Controller", "RestController"}) or id(info) in context.seen.handlers
                yield Match(
                    location=context.location(info.unit, call),
                    values={"name": field.name, "function": function_name(info)},
                    severity=Severity.WARNING,
                    confidence=Confidence.LOW if again else Confidence.HIGH if sure else Confidence.MEDIUM,
                    steps=((context.location(owner.unit, field), "step_change"),),
                )


def _is_plain(field: ir.Field) -> bool:
    """Whether a field holds a collection that threads must not change together."""
    made = field.value
    return isinstance(made, ir.Call) and made.new and name_of(made.func) in _PLAIN


def _change(owner: ClassInfo, name: str) -> tuple[FunctionInfo, ir.Call] | None:
    """The first change of a field with a method's own arguments, outside of a lock."""
    for several in owner.methods.values():
        for info in several:
            notes = {name_of(one) for one in info.node.decorators}
            if info.node.name == owner.node.name or _SETS_UP.match(info.node.name) or notes & _ONCE:
                continue
            if "synchronized" in info.node.modifiers or "public" not in info.node.modifiers:
                continue
            call = _changing(info, name)
            if call is not None:
                return info, call
    return None


def _changing(info: FunctionInfo, name: str) -> ir.Call | None:
    nodes = list(within(*info.node.body))
    calls = [one for one in nodes if isinstance(one, ir.Call)]
    if any(name_of(one.func) in _LOCKS for one in calls):
        return None
    given = {param.name for param in info.node.params}
    local = {
        one.target.id
        for one in nodes
        if isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.declares
    }
    locks = [one for one in nodes if isinstance(one, ir.With)]
    if name in given | local:
        return None
    for call in calls:
        if not isinstance(call.func, ir.Attr) or call.func.name not in _CHANGES or not _is_field(call.func.value, name):
            continue
        if not names_in(*call.args) & (given | local) or any(one.start <= call.start < one.end for one in locks):
            continue
        return call
    return None


def _is_field(holder: ir.Expr, name: str) -> bool:
    if isinstance(holder, ir.Attr):
        return holder.name == name and isinstance(holder.value, ir.Name) and holder.value.id == "this"
    return isinstance(holder, ir.Name) and holder.id == name
