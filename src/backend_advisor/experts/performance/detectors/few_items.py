"""Whether a loop goes over a few things: those that a program names itself, or that people set up by hand."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from backend_advisor.code import ir
from backend_advisor.code.tree import names_in, within
from backend_advisor.experts.performance.detectors.survey import Spot

if TYPE_CHECKING:
    from backend_advisor.experts.performance.detectors.loops import Round

_SMALL = 12
_GIVEN = frozenset({"fromIterable", "fromStream", "fromArray"})
_CONFIGURED = re.compile(
    r"(?i)^(?:\w*(?:config|repositories|collections|parents|configs|settings|options|conf|environ|env|flags|features|tables|\w*table_?names?\w*|joins|shards|databases|schemas|"
    r"replicas|environments|locales|languages|currencies|migrations|fixtures|seeds|samples|providers|plugins|modules|dependents|departments?|department_?ids|\w*_map|mappings?|"
    r"roles|role_?names|columns|headers|triggers|actions|workflows|display_?fields|tags|tag_?ids|labels|registry|registries|filter_?rules|rules_?data|webhooks|permissions|"
    r"attributes|authorities|scopes|privileges|genres|keywords|option_?values|"
    r"rates|statuses|types|priorities|severities|due_?dates|custom_?(?:attributes|fields)|schedules?|mentions|mentioned_?\w+|consumer|listener|stream|socket|events|subscription|pubsub|queue))$"
)
_INSTALLED = re.compile(
    r"(?i)^(?:get_?)?(?:all_?|loaded_?|enabled_?|installed_?|registered_?|started_?|supported_?)?"
    r"(?:modules|plugins|extensions|migrations|providers|locales|languages|currencies|models|tables|table_?names|roles|settings|dependents|admins|administrators|moderators|superusers|staff)$"
)
_FORM = re.compile(r"(?i)(?:^|_)form(?:_?data)?$|cleaned_?data$")
_CAPITALS = re.compile(r"^[A-Z][A-Z0-9_]{2,}$")
_CLASS = re.compile(r"^[A-Z]\w*[a-z]\w*$")
_ROWS = frozenset({"objects", "query"})
_UNWRAPS = frozenset(
    ["enumerate", "zip", "sorted", "reversed", "list", "tuple", "set", "iter", "tqdm", "keys", "values", "entries",
     "items", "entrySet", "keySet", "stream", "asList", "of", "from", "copyOf", "filter", "map", "boxed",
     "mapToObj", "all", "order_by", "exclude", "select_related", "prefetch_related"]
)  # fmt: skip


def is_few_by_name(over: ir.Node) -> bool:
    """Whether what a loop goes over is named for things that are set up by hand, of which there are a few."""
    return isinstance(over, ir.Name | ir.Attr) and bool(_CONFIGURED.match(_name(over)))


def is_small(one: "Round", spot: Spot) -> bool:
    """Whether the loop goes over a few things that the program itself names."""
    if (spot.unit.language == "java" and _is_of_document(one)) or _runs_functions(one):
        return True
    if isinstance(one.node, ir.While):
        if _takes_turns(one.node):
            return True
        test = one.node.test
        tests = test.operands if isinstance(test, ir.Logic) and test.op == "and" else [test]
        return any(isinstance(one, ir.Binary) and one.op in ("<", "<=") and is_few(one.right) for one in tests)
    return one.over is not None and _few(one.over, spot, 4)


def _takes_turns(loop: ir.While) -> bool:
    """Whether a loop works off what an object's own queue is given: `const event = this.events.shift()`."""
    return any(
        isinstance(one, ir.Call)
        and isinstance(one.func, ir.Attr)
        and one.func.name in ("shift", "dequeue", "popleft")
        and isinstance(one.func.value, ir.Attr)
        and isinstance(one.func.value.value, ir.Name)
        and one.func.value.value.id in ("this", "self")
        for one in within(*loop.body)
    )


def _is_of_document(one: "Round") -> bool:
    """Whether a loop of Java goes over an array of a JSON document, by its name: `chargesArray`, `i < array.size()`."""
    over = one.over if one.over is not None else one.node.test if isinstance(one.node, ir.While) else None
    return over is not None and any(re.search(r"(?:^a|A)rray$", name) for name in names_in(over))


def _runs_functions(one: "Round") -> bool:
    """`for hook in hooks`: the functions of the program that were entered somewhere."""
    target = one.node.target if isinstance(one.node, ir.For) else None
    return isinstance(target, ir.Name) and bool(
        re.match(r"(?:func|function|fn|callback|handler|hook|listener)$", target.id)
    )


def _few(over: ir.Expr, spot: Spot, depth: int) -> bool:
    if isinstance(over, ir.Sequence):
        return len(over.items) <= _SMALL and not any(isinstance(item, ir.Spread) for item in over.items)
    if isinstance(over, ir.Mapping | ir.Const):
        return True
    if isinstance(over, ir.Conditional):
        return _is_one_or_several(over)
    if isinstance(over, ir.Await | ir.Cast):
        return _few(over.value, spot, depth)
    if isinstance(over, ir.Attr):
        if _is_of_class(over):
            return True
        return bool(_CAPITALS.match(over.name) or _CONFIGURED.match(over.name)) or _is_configured(over.value)
    if isinstance(over, ir.Index):
        named = isinstance(over.key, ir.Const) and isinstance(over.key.value, str) and _CONFIGURED.match(over.key.value)
        return bool(named) or (isinstance(over.key, ir.Slice) and is_few(over.key.high))
    if isinstance(over, ir.Name):
        return _few_name(over, spot, depth)
    if isinstance(over, ir.Call):
        return _few_call(over, spot, depth)
    return False


def _is_of_class(over: ir.Attr) -> bool:
    """`Search.params`: what a class lists."""
    return isinstance(over.value, ir.Name) and bool(_CLASS.match(over.value.id)) and over.name not in _ROWS


def _is_one_or_several(over: ir.Conditional) -> bool:
    """`Array.isArray(keys) ? keys : [keys]`: callers mostly give one."""
    ways = (over.then, over.otherwise)
    return any(isinstance(one, ir.Sequence) and len(one.items) == 1 for one in ways) and any(
        isinstance(one, ir.Name) for one in ways
    )


def _few_name(over: ir.Name, spot: Spot, depth: int) -> bool:
    # What is written as a class is an enumeration: `for reason in Reason`.
    if _CAPITALS.match(over.id) or _CLASS.match(over.id) or _CONFIGURED.match(over.id) or _is_rest(over.id, spot):
        return True
    given = list(_assigned(over.id, spot)) if depth else []
    return bool(given) and all(_few(value, spot, depth - 1) for value in given)


def _is_rest(name: str, spot: Spot) -> bool:
    """Whether a name is `String... names`: callers write out what they give there."""
    params = spot.info.node.params if spot.info is not None else []
    return any(param.name == name and param.kind == "rest" for param in params)


def _few_call(over: ir.Call, spot: Spot, depth: int) -> bool:
    name = _name(over.func)
    got = name[3:] if re.match(r"get[A-Z]", name) else ""
    if not over.args and (_INSTALLED.match(name) or _CONFIGURED.match(got)):
        return True  # `getLoadedModules()`, `product.getAttributes()`
    if name in ("getlist", "getParameterValues") or (name == "get" and _is_of_form(over)):
        return True  # as many as a person ticks in a form
    if name in ("finditer", "findall", "matchAll"):
        return True  # what a text mentions
    if name in ("aiter_lines", "iter_lines", "aiter_text", "subscribe", "listen"):
        return True  # what comes when it comes
    if name in ("range", "rangeClosed", "xrange"):
        bound = over.args[1] if len(over.args) > 1 else over.args[0] if over.args else None
        return is_few(bound) or (isinstance(bound, ir.Name) and bool(_CAPITALS.match(bound.id)))
    if name in _GIVEN and len(over.args) == 1 and depth:
        return _few(over.args[0], spot, depth - 1)
    if isinstance(over.func, ir.Attr):
        holder = over.func.value
        if name in ("values", "keys", "entries") and isinstance(holder, ir.Name) and holder.id[:1].isupper():
            return not over.args or _few(over.args[0], spot, depth - 1) if depth else False
        if name in ("asList", "of") and over.args:
            # One name alone may be an array; several are what the program lists.
            listed = ir.Const | ir.Attr if len(over.args) == 1 else ir.Const | ir.Attr | ir.Name | ir.Call
            return len(over.args) <= _SMALL and all(isinstance(arg, listed) for arg in over.args)
        if name == "split":  # a text of the program's own, or within a line: `tags.split(",")`
            by = over.args[0] if over.args else None
            return isinstance(holder, ir.Const) or (isinstance(by, ir.Const) and by.value not in ("\n", "\r\n"))
        if name in _UNWRAPS and depth:
            return _few(holder, spot, depth - 1)
    elif name in _UNWRAPS and over.args and depth:
        return any(_few(argument, spot, depth - 1) for argument in over.args)
    return False


def _is_of_form(call: ir.Call) -> bool:
    holder = call.func.value if isinstance(call.func, ir.Attr) else None
    return isinstance(holder, ir.Name | ir.Attr) and _FORM.search(_name(holder)) is not None


def is_few(bound: ir.Expr | None) -> bool:
    return isinstance(bound, ir.Const) and isinstance(bound.value, int) and bound.value <= _SMALL


def _is_configured(value: ir.Expr) -> bool:
    return isinstance(value, ir.Name | ir.Attr) and bool(_CONFIGURED.match(_name(value)))


def _assigned(name: str, spot: Spot) -> Iterator[ir.Expr]:
    """What a name is given in the function, or at the top level of the file."""
    local = _values(name, within(*spot.path[:1]))
    if local:
        yield from local
        return
    if spot.info is not None and any(param.name == name for param in spot.info.node.params):
        return
    yield from _values(name, spot.unit.module.body)


def _values(name: str, nodes: object) -> list[ir.Expr]:
    return [
        node.value
        for node in nodes  # type: ignore[attr-defined]
        if isinstance(node, ir.Assign)
        and node.value is not None
        and isinstance(node.target, ir.Name)
        and node.target.id == name
    ]


def _name(expression: ir.Expr) -> str:
    if isinstance(expression, ir.Name):
        return expression.id
    return expression.name if isinstance(expression, ir.Attr) else ""
