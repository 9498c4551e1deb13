"""Functions given to functions of the language: `map`, `forEach`, `then` and their like."""

from backend_advisor.code.assignment import write_back
from backend_advisor.code.checks import cleared_by_yes
from backend_advisor.code.guards import refine
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.run import Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import UNKNOWN, Value, cleaned, element, field, join_all, types_of, with_field

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
        "takeWhile",
        "dropWhile",
        "mapToInt",
        "mapToLong",
        "findLast",
    ]
)
_AFTER = frozenset(["then", "catch", "finally", "thenApply", "thenCompose", "thenAccept", "tap"])
_SAME = frozenset(["filter", "sort", "peek", "takeWhile", "dropWhile", "find", "findLast"])
_INTO_MAPS = frozenset(["computeIfAbsent", "computeIfPresent", "compute", "merge"])
_KEEPS = frozenset(["filter", "takeWhile", "find", "findLast"])
_COMBINED = frozenset(["andThen", "compose", "negate", "and", "or", "reversed", "thenComparing"])
_WITH_ITEMS = 2
_CALLING = frozenset(["call", "apply", "bind"])


def higher_order(run: Run, site: Site) -> Value | None:
    """What a method gives that runs a function of the program on its receiver's items; None for other calls."""
    receiver = site.receiver
    if receiver is None:
        return None
    if any(isinstance(ref, FunctionRef) for ref in receiver.refs):
        if run.language == "java":
            return _of_lambda(run, site, receiver)
        if site.name in _CALLING:
            return receiver if site.name == "bind" else _called(run, receiver, site.args[1:])
    if not site.args:
        return None
    if site.name in _INTO_MAPS and len(site.args) > 1:
        return _into_map(run, site, receiver)
    if site.name == "from" and receiver.name == "Array" and len(site.args) > 1:
        return _made_list(run, site)
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
    return _over_items(run, site, receiver, function) if site.name in _OVER_ITEMS else None


def over_given(run: Run, site: Site) -> Value | None:
    """`filter(wanted, items)` and `map(made, items)` of Python."""
    if run.language != "python" or site.name not in ("filter", "map") or len(site.args) < _WITH_ITEMS:
        return None
    function, items = site.args[:2]
    known = any(isinstance(ref, FunctionRef) for ref in function.refs)
    if site.name == "filter":
        kept = _kept(run, items, function) if known else items
        if known:
            run.enter_loop(site.node)
            _called(run, function, [element(kept)])
            run.leave_loop()
        return kept.but(consts=None)
    if not known:
        return None
    run.enter_loop(site.node)
    result = _called(run, function, [element(one) for one in site.args[1:]])
    run.leave_loop()
    return Value(types=frozenset({"list"}), rest=result)


def _of_lambda(run: Run, site: Site, receiver: Value) -> Value | None:
    """Whatever the one method of a functional interface of Java is called, it runs the lambda."""
    if _has_body(run, receiver, site.name):
        return None
    return receiver if site.name in _COMBINED else _called(run, receiver, site.args)


def _over_items(run: Run, site: Site, receiver: Value, function: Value) -> Value:
    if site.name in _KEEPS:
        receiver = _kept(run, receiver, function)
    item = element(receiver)
    run.enter_loop(site.node)
    result = _called(run, function, [item, UNKNOWN, receiver])
    run.leave_loop()
    if site.name in _SAME:
        return item if site.name.startswith("find") else receiver.but(consts=None)
    if site.name in ("map", "flatMap", "mapToObj"):
        return Value(types=frozenset({"list"}), rest=result)
    return UNKNOWN


def _made_list(run: Run, site: Site) -> Value | None:
    """`Array.from({ length: 20 }, () => …)`: a list of what the function gives."""
    source, function = site.args[:2]
    if not any(isinstance(ref, FunctionRef) for ref in function.refs):
        return None
    run.enter_loop(site.node)
    result = _called(run, function, [element(source), UNKNOWN])
    run.leave_loop()
    return Value(types=frozenset({"list"}), rest=result)


def _has_body(run: Run, receiver: Value, name: str) -> bool:
    """Whether a method is a default one of the program's interface that a lambda stands for."""
    program = run.machine.program
    known = [program.classes[kind] for kind in types_of(receiver) if kind in program.classes]
    return any(method.node.body for info in known for method in program.method(info, name))


def _into_map(run: Run, site: Site, receiver: Value) -> Value | None:
    """`map.computeIfAbsent(key, k -> …)`: what the function gives stands under the key."""
    if not any(isinstance(ref, FunctionRef) for ref in site.args[-1].refs):
        return None
    key = site.args[0].consts[0] if site.args[0].consts and len(site.args[0].consts) == 1 else None
    known = key if isinstance(key, str) else None
    before = field(receiver, known) if known is not None else element(receiver)
    given = [site.args[0], before or UNKNOWN] if site.name != "merge" else [before or UNKNOWN, site.args[1]]
    made = _called(run, site.args[-1], given)
    made = made if before is None else join_all((before, made))
    if site.name == "merge":
        made = join_all((made, site.args[1]))
    if site.receiver_expr is not None:
        write_back(run, site.receiver_expr, with_field(receiver, known, made), site.env)
    return made


def _kept(run: Run, receiver: Value, predicate: Value) -> Value:
    """What is left of some items after each was asked for something."""
    checks = [frozenset(cleared_by_yes(run, r.info, refine)) for r in predicate.refs if isinstance(r, FunctionRef)]
    return cleaned(receiver, frozenset.intersection(*checks)) if checks else receiver


def _called(run: Run, function: Value, args: list[Value]) -> Value:
    refs = [ref for ref in function.refs if isinstance(ref, FunctionRef)]
    return join_all(run.machine.functions.invoke(run, ref, args, {}, None) for ref in refs[:4])
