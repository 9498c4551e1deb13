"""Functions given to functions of the language: `map`, `forEach`, `then` and their like."""

from backend_advisor.code.names import FunctionRef
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.taints import merge_taints
from backend_advisor.code.values import UNKNOWN, Value, element, join_all

_OVER_ITEMS = frozenset(
    [
        "map",
        "forEach",
        "filter",
        "some",
        "every",
        "find",
        "findIndex",
        "flatMap",
        "sort",
        "anyMatch",
        "allMatch",
        "noneMatch",
        "mapToObj",
        "peek",
        "removeIf",
        "computeIfAbsent",
        "takeWhile",
        "dropWhile",
        "mapToInt",
        "mapToLong",
        "findLast",
    ]
)
_AFTER = frozenset(["then", "catch", "finally", "thenApply", "thenCompose", "thenAccept", "tap"])
_SAME = frozenset(["filter", "sort", "peek", "takeWhile", "dropWhile", "find", "findLast"])
_COMBINED = frozenset(["andThen", "compose", "negate", "and", "or", "reversed", "thenComparing"])
_CALLING = frozenset(["call", "apply", "bind"])


def higher_order(run: Run, site: Site) -> Value | None:
    """What a method gives that runs a function of the program on its receiver's items; None for other calls."""
    receiver = site.receiver
    if receiver is None:
        return None
    if run.language == "java" and any(isinstance(ref, FunctionRef) for ref in receiver.refs):
        # Whatever the one method of a functional interface is called, it runs the lambda.
        return receiver if site.name in _COMBINED else _called(run, receiver, site.args)
    if site.name in _CALLING and any(isinstance(ref, FunctionRef) for ref in receiver.refs):
        return receiver if site.name == "bind" else _called(run, receiver, site.args[1:])
    if not site.args:
        return None
    function = site.args[0]
    if not any(isinstance(ref, FunctionRef) for ref in function.refs):
        return None
    if site.name in _AFTER:
        given = [] if site.name == "finally" else [receiver if site.name != "catch" else UNKNOWN]
        result = _called(run, function, given)
        for other in site.args[1:2]:
            result = join_all((result, _called(run, other, [UNKNOWN])))
        return receiver if site.name in ("catch", "finally", "tap") else result
    if site.name == "reduce":
        start = site.args[1] if len(site.args) > 1 else element(receiver)
        run.enter_loop(site.node)
        result = _called(run, function, [start, element(receiver), UNKNOWN])
        run.leave_loop()
        return join_all((start, result))
    if site.name not in _OVER_ITEMS:
        return None
    item = element(receiver)
    run.enter_loop(site.node)
    result = _called(run, function, [item, UNKNOWN, receiver])
    run.leave_loop()
    if site.name in _SAME:
        return item if site.name.startswith("find") else receiver.but(consts=None)
    if site.name in ("map", "flatMap", "mapToObj"):
        return Value(merge_taints(receiver.taints), types=frozenset({"list"}), rest=result)
    return UNKNOWN


def _called(run: Run, function: Value, args: list[Value]) -> Value:
    refs = [ref for ref in function.refs if isinstance(ref, FunctionRef)]
    return join_all(run.machine.functions.invoke(run, ref, args, {}, None) for ref in refs[:4])
