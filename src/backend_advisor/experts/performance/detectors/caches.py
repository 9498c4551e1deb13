"""Caches: growing without bound (PERF213), asked key by key (PERF215), filled for ever (PERF217)."""

import re
from collections.abc import Iterator, Mapping

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo, Unit
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import in_body, name_of, names_in, own, within
from backend_advisor.experts.performance.detectors.how_many import ends_when_found, is_part_of_object
from backend_advisor.experts.performance.detectors.known_keys import is_listed
from backend_advisor.experts.performance.detectors.loops import Round, many
from backend_advisor.experts.performance.detectors.names import candidates
from backend_advisor.experts.performance.detectors.serving import Served, served
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand, short
from backend_advisor.experts.performance.detectors.survey import Spot, survey
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_CACHE = re.compile(
    r"(?i)cache|memo|seen|session|lookup|history|recent|visited|pending|inflight|attempts|counts?$|buckets?|results"
)
_MAPS = frozenset(
    {"Map", "dict", "defaultdict", "OrderedDict", "HashMap", "ConcurrentHashMap", "LinkedHashMap", "WeakMap"}
)
_BOUNDED = frozenset({"WeakMap", "WeakKeyDictionary", "WeakValueDictionary"})
_WRITES = frozenset({"set", "put", "putIfAbsent", "computeIfAbsent", "setdefault", "compute", "merge"})
_REMOVES = frozenset(
    {"delete", "pop", "popitem", "clear", "remove", "evict", "removeIf", "invalidate", "removeEldestEntry", "prune"}
)
_COPIES = re.compile(r"(?i)cache|remember|memo|profile|user:|session")
_MADE_ONCE = re.compile(
    r"^(?:Singleton|ApplicationScoped|Startup|Component|Service|Repository|Configuration|(?:Rest)?Controller(?:Advice)?|"
    r"WebServlet|WebFilter|ConfigurationProperties)$"
)
"""Annotations of classes that a container makes one object of; without one, Guice and JAX-RS make one each time."""
_SERVES = re.compile(r"(?:Servlet|Filter)$")
_SPLIT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ONE_OF_MANY = re.compile(
    r"(?i)(?:^|_)(?:id|ids|key|uuid|user|users|token|url|uri|email|mail|ip|addr|address|session|path|query|hash|slug|code|"
    r"phone|number|text|body|payload|request|req|args?|params?|input|message|customer|account|order|item|search|term|"
    r"host|domain|symbol|sql|data|value|title|content|file|filename|digest|device|room|username)\d?$"
)
_ONE_OF_FEW = re.compile(
    r"(?i)^(?:user|tenant|org(?:anization)?|account|member|client|app|project|workspace|cluster|queue|topic|exchange|data_?source|module|class|type|template|schema|config|plugin|package|model|locale|lang)s?_"
)
_CAPITALS = re.compile(r"^[A-Z][A-Z0-9_]+$")
_PIPE = re.compile(r"(?i)^(?:pipe|pipeline|multi|p|batch|tx|transaction)$")


@detects_in_code("PERF213")
def unbounded_cache(context: CodeContext) -> Iterator[Match]:
    """A map that lives as long as the process, filled by callers and never emptied."""
    during = served(context)
    for unit in context.program.units.values():
        held = _maps(unit)
        if not held:
            continue
        emptied = _emptied(unit)
        for info in unit.functions:
            if is_by_hand(unit, info) or not info.node.body:
                continue
            for node, name in _fillings(info, held):
                if name not in emptied and _is_by_caller(node, info, name, during):
                    key = _key_of(node)
                    if key is not None and is_listed(context, info, key):
                        continue
                    yield Match(
                        location=context.location(unit, node),
                        values={"name": name},
                        confidence=Confidence.MEDIUM
                        if _has_many_keys(node, info)
                        and _is_the_only_one(unit, held[name], info)
                        and (unit.language in ("python", "java") or info in during)
                        else Confidence.LOW,
                        steps=(
                            (context.location(unit, held[name]), "step_map"),
                            (context.location(unit, node), "step_fill"),
                        ),
                    )
    yield from _decorated(context)


def _maps(unit: Unit) -> dict[str, ir.Node]:
    """The maps at the top level of a file and the static ones of its classes."""
    found: dict[str, ir.Node] = {}
    for statement in unit.module.body:
        if isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name) and _is_map(statement.value):
            found[statement.target.id] = statement
    for owner in _classes(unit.classes):
        for field in owner.node.fields:
            if (
                _is_map(field.value)
                and (unit.language == "java" or not field.decorators)
                and _lives_on(unit, owner, field)
            ):
                found[field.name] = field
    return found


def _classes(classes: Mapping[str, ClassInfo]) -> Iterator[ClassInfo]:
    """Some classes, and those in them of which a container makes one object; others are mostly made anew each time."""
    for owner in classes.values():
        yield owner
        for inner in _classes(owner.classes):
            if any(_MADE_ONCE.search(name_of(getattr(one, "func", one))) for one in inner.node.decorators):
                yield inner


def _lives_on(unit: Unit, owner: ClassInfo, field: ir.Field) -> bool:
    """Whether a field is there as long as the process. In JavaScript that of an object is, when the object is the only
    one of its class: a provider, or one made at the top level of the file."""
    if unit.language in ("python", "java") or "static" in field.modifiers or owner.node.decorators:
        return True
    return any(
        isinstance(node, ir.Call) and node.new and name_of(node.func) == owner.node.name
        for statement in unit.module.body
        if not isinstance(statement, ir.Define)
        for node in own(statement)
    )


def _is_the_only_one(unit: Unit, field: ir.Node, info: FunctionInfo) -> bool:
    """Whether a field of Java is there as long as the process: static, or of an object that is made once."""
    owner = info.owner
    if unit.language != "java" or owner is None or not isinstance(field, ir.Field) or "static" in field.modifiers:
        return True
    notes = {name_of(one.func if isinstance(one, ir.Call) else one) for one in owner.node.decorators}
    bases = {name_of(one) for one in owner.node.bases}
    return any(_MADE_ONCE.search(name) for name in notes) or any(_SERVES.search(name) for name in bases)


def _is_map(value: ir.Expr | None) -> bool:
    if isinstance(value, ir.Mapping):
        return not value.pairs
    if isinstance(value, ir.Call) and name_of(value.func) == "create" and len(value.args) == 1:
        return isinstance(value.args[0], ir.Const) and value.args[0].value is None  # `Object.create(null)`
    return isinstance(value, ir.Call) and name_of(value.func) in _MAPS - _BOUNDED and not _has_content(value)


def _has_content(call: ir.Call) -> bool:
    return any(isinstance(one, ir.Mapping | ir.Sequence) for one in call.args) or call.body is not None


def _emptied(unit: Unit) -> set[str]:
    """The names that something is removed from, or whose size is looked at, anywhere in the file."""
    found: set[str] = set()
    for info in [*unit.functions, None]:
        for node in within(*(info.node.body if info is not None else unit.module.body)):
            if isinstance(node, ir.Call):
                name = name_of(node.func)
                if name in _REMOVES and isinstance(node.func, ir.Attr):
                    found.add(name_of(node.func.value))
                elif name in ("len", "del", "size"):
                    found |= {name_of(one) for one in node.args} | (
                        {name_of(node.func.value)} if isinstance(node.func, ir.Attr) else set()
                    )
            elif isinstance(node, ir.Unary) and node.op == "delete":
                found |= names_in(node.operand)
                found |= {name_of(one.value) for one in within(node.operand) if isinstance(one, ir.Index)}
            elif isinstance(node, ir.Attr) and node.name in ("size", "length"):
                found.add(name_of(node.value))
            elif isinstance(node, ir.Opaque):
                found |= {name_of(child.value) for child in within(node) if isinstance(child, ir.Index)}
            elif (
                isinstance(node, ir.Assign)
                and info is not None
                and isinstance(node.target, ir.Name | ir.Attr)
                and _is_map(node.value)
            ):
                found.add(name_of(node.target))
            elif isinstance(node, ir.Global):
                found |= {name for name in node.names if _reassigned(info, name)}
    return found


def _reassigned(info: FunctionInfo | None, name: str) -> bool:
    body = info.node.body if info is not None else []
    return any(
        isinstance(one, ir.Assign) and isinstance(one.target, ir.Name) and one.target.id == name
        for one in within(*body)
    )


def _fillings(info: FunctionInfo, held: dict[str, ir.Node]) -> Iterator[tuple[ir.Node, str]]:
    local = {param.name for param in info.node.params}
    told: set[str] = set()
    for node in in_body(info.node):
        name: str | None = None
        key: ir.Expr | None = None
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Index):
            name, key = name_of(node.target.value), node.target.key
        elif isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) and node.func.name in _WRITES and node.args:
            name, key = name_of(node.func.value), node.args[0]
        if name in held and name not in local | told and key is not None and not _is_fixed(key):
            told.add(name)
            yield node, name


def _is_fixed(key: ir.Expr) -> bool:
    """A literal, or a member of a class such as an enumeration."""
    return isinstance(key, ir.Const) or (
        isinstance(key, ir.Attr) and isinstance(key.value, ir.Name) and key.value.id[:1].isupper()
    )


def _key_of(node: ir.Node) -> ir.Expr | None:
    if isinstance(node, ir.Assign) and isinstance(node.target, ir.Index):
        return node.target.key
    return node.args[0] if isinstance(node, ir.Call) and node.args else None


def _has_many_keys(node: ir.Node, info: FunctionInfo) -> bool:
    """Whether the key names one of ever more things (a user, an address), not one of few (a locale, a type)."""
    key = _key_of(node)
    if key is None:
        return True
    made = [
        one.value
        for one in in_body(info.node)
        if isinstance(one, ir.Assign)
        and one.value is not None
        and isinstance(one.target, ir.Name)
        and one.target.id in names_in(key)
    ]
    called = {id(one.func) for one in within(key, *made) if isinstance(one, ir.Call)}
    names = {
        one.id if isinstance(one, ir.Name) else one.name
        for one in within(*(made or [key]))
        if isinstance(one, ir.Name | ir.Attr) and id(one) not in called
    }
    plain = [_SPLIT.sub("_", name) for name in names]
    return any(_ONE_OF_MANY.search(name) and not _ONE_OF_FEW.search(name) for name in plain)


def _is_by_caller(node: ir.Node, info: FunctionInfo, name: str, during: Served) -> bool:
    """Whether callers choose the keys while the program serves, rather than the program while it is set up."""
    if info in during:
        return True
    return bool(_CACHE.search(name)) and bool(info.node.params) and bool(names_in(node) & _from_params(info))


def _from_params(info: FunctionInfo) -> set[str]:
    found = {param.name for param in info.node.params}
    for node in in_body(info.node):
        if isinstance(node, ir.Assign) and node.value is not None and found & names_in(node.value):
            found |= names_in(node.target)
    return found


def _decorated(context: CodeContext) -> Iterator[Match]:
    """`functools.cache` and `lru_cache(maxsize=None)` on functions whose arguments are not few."""
    for info in context.program.functions():
        for decorator in info.node.decorators if info.node.params else ():
            for name in candidates(info.unit, decorator):
                endless = name == "functools.cache" or (name == "functools.lru_cache" and _without_size(decorator))
                own = [param for param in info.node.params if param.name not in ("self", "cls")]
                per_class = _is_of_class(info) and not own
                if endless and (own or info.owner is not None) and not per_class and not is_by_hand(info.unit, info):
                    yield Match(
                        location=context.location(info.unit, decorator),
                        values={"name": info.node.name},
                        confidence=Confidence.MEDIUM
                        if info.owner is not None and not info.is_static
                        else Confidence.LOW,
                    )


def _is_of_class(info: FunctionInfo) -> bool:
    """Whether a method is called on its class, of which there are few, rather than on ever more objects."""
    return info.is_static or any(name_of(one) == "classmethod" for one in info.node.decorators)


def _without_size(decorator: ir.Expr) -> bool:
    if not isinstance(decorator, ir.Call):
        return False
    given = [*decorator.args[:1], *(value for key, value in decorator.keywords if key == "maxsize")]
    return any(isinstance(one, ir.Const) and one.value is None for one in given)


@detects_in_code("PERF215")
def cache_key_by_key(context: CodeContext) -> Iterator[Match]:
    """A round trip to the cache for each item of a loop."""
    seen = survey(context)
    for spot in seen.of("cache.get"):
        node = spot.node
        if spot.call is None or "cache.get_many" in spot.call.role.does or is_by_hand(spot.unit, spot.info):
            continue
        if "key" not in spot.call.role.named or not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr):
            continue
        if _PIPE.match(name_of(node.func.value)):
            continue
        loop = many(spot)
        if loop is not None:
            over = loop.place
            yield Match(
                location=context.location(spot.unit, node),
                values={"call": short(context.text(spot.unit, node)), "items": short(context.text(spot.unit, over))},
                # Clients of Node.js send what is asked in a row without waiting, and what is looped over is mostly few.
                confidence=Confidence.LOW
                if _is_short(loop, spot) or spot.unit.language in ("javascript", "typescript")
                else _sureness_of_get(spot.call),
                steps=(
                    (context.location(spot.unit, over), "step_loop"),
                    (context.location(spot.unit, node), "step_call"),
                ),
            )


def _is_short(loop: Round, spot: Spot) -> bool:
    return ends_when_found(loop, spot) or is_part_of_object(loop, spot)


def _sureness_of_get(call: CallSeen) -> Confidence:
    if call.role.name.startswith("org.springframework.cache."):
        return Confidence.LOW  # it is mostly in the same memory, and has no way to ask for several
    return Confidence.HIGH if call.certain else Confidence.MEDIUM


@detects_in_code("PERF217")
def cache_without_expiry(context: CodeContext) -> Iterator[Match]:
    """An entry that stays until the cache is full or someone remembers to delete it."""
    seen = survey(context)
    expiring = {id(spot.info) for spot in seen.of("cache.expire")}
    by_default = {
        call.role.framework
        for call in context.seen.calls.values()
        if "cache.client" in call.role.does
        and ("ttl" in call.properties or "expires" in call.properties or _is_set_up_elsewhere(call))
    }
    removing = [spot.info for spot in seen.of("cache.delete") if spot.info is not None]
    for spot in seen.of("cache.set"):
        call = spot.call
        if call is None or is_by_hand(spot.unit, spot.info) or id(spot.info) in expiring or _expires(call, spot.node):
            continue
        if call.role.framework in by_default or not {"ttl", "expires"} & set(call.role.named):
            continue
        if call.role.name.startswith("django."):
            continue  # its entries end after 300 seconds when nothing else is said
        if _is_one_entry(spot) or spot.info in removing:
            continue
        yield Match(
            location=context.location(spot.unit, spot.node),
            values={"call": short(context.text(spot.unit, spot.node))},
            confidence=Confidence.MEDIUM if call.certain and _is_cache(context, spot) else Confidence.LOW,
        )


def _is_set_up_elsewhere(call: CallSeen) -> bool:
    """`caching({ ...options, store })`: the end of entries may stand among what is not written out."""
    node = call.node
    if not isinstance(node, ir.Call) or call.unit.language in ("python", "java"):
        return False
    return any(
        isinstance(one, ir.Name) or (isinstance(one, ir.Mapping) and any(key is None for key, _ in one.pairs))
        for one in node.args
    )


def _is_one_entry(spot: Spot) -> bool:
    """Whether the key is a constant: `cache.set(LAST_IMPORT_KEY, now)` is replaced, and never becomes many."""
    key = spot.node.args[0] if isinstance(spot.node, ir.Call) and spot.node.args else None
    return isinstance(key, ir.Const) or bool(names_in(key) and all(_CAPITALS.match(one) for one in names_in(key)))


def _is_cache(context: CodeContext, spot: Spot) -> bool:
    """Whether names say that what is stored is a copy: a store of keys also holds state that is meant to stay."""
    function = spot.info.name if spot.info is not None else ""
    return bool(_COPIES.search(f"{spot.unit.path} {function} {context.text(spot.unit, spot.node)}"))


def _expires(call: CallSeen, node: ir.Node) -> bool:
    if {"ttl", "ttl_ms", "expiry", "seconds", "expires", "structure", "ttl_seconds"} & set(call.properties):
        return True
    names = {key for key, _ in node.keywords} if isinstance(node, ir.Call) else set()
    if names & {"ex", "px", "exat", "pxat", "keepttl", "timeout", "ttl", "expire", "**"}:
        return True
    given = node.args[2:] if isinstance(node, ir.Call) else []
    options = [key for one in given if isinstance(one, ir.Mapping) for key, _ in one.pairs]
    keys = {str(key.value).upper() for key in options if isinstance(key, ir.Const)}
    return bool(keys & {"EX", "PX", "EXAT", "PXAT", "KEEPTTL", "TTL", "EXPIRATION"}) or None in options
