"""Lists, maps and sets element by element: what their methods give, and what is in them afterwards."""

import re
from collections.abc import Callable
from typing import NamedTuple

from backend_advisor.code.taints import NO_TAINTS, Taints, merge_taints
from backend_advisor.code.values import UNKNOWN, Value, all_taints, constant, element, field, join, join_all, with_field

_COLLECTIONS = re.compile(
    r"(?:^|\.)(?:list|dict|set|tuple|frozenset|deque|defaultdict|OrderedDict|Array|Map|Set|WeakMap|"
    r"(?:Array|Linked|CopyOnWriteArray)List|Vector|Stack|ArrayDeque|LinkedHash(?:Map|Set)|Hash(?:Map|Set|table)|Tree(?:Map|Set)|"
    r"ConcurrentHashMap|Properties|LinkedBlockingQueue|PriorityQueue|ConfigParser|RawConfigParser|java\.util\.(?:List|Map|Set)|List|Collection)$"
)


def holds_elements(kind: str) -> bool:
    """Whether a type is a collection that is followed element by element."""
    return _COLLECTIONS.search(kind) is not None


_QUEUES = re.compile(r"(?:Deque|LinkedList|Queue)$")
_OF_STACKS = {"push": "addFirst", "pop": "removeFirst", "remove": "removeFirst"}
"""What a queue of Java does at its beginning, where a list or stack does it at its end."""


class Outcome(NamedTuple):
    """What a method gives, and what its receiver is afterwards (None: as before)."""

    result: Value
    after: Value | None = None


Method = Callable[[Value, list[Value]], "Outcome | None"]
_METHODS: dict[str, Method] = {}
_LIST = frozenset({"list"})


def _on(*names: str) -> Callable[[Method], Method]:
    def register(method: Method) -> Method:
        for name in names:
            _METHODS[name] = method
        return method

    return register


def is_container(value: Value) -> bool:
    """Whether a value is known to be a collection of ours."""
    return value.fields is not None or value.rest is not None


def container_method(name: str, receiver: Value, args: list[Value]) -> Outcome | None:
    """A method of a collection; None when it is not one that is known."""
    if name in _OF_STACKS and (name != "remove" or not args) and any(_QUEUES.search(kind) for kind in receiver.types):
        name = _OF_STACKS[name]
    elif name == "peek" and any(kind.endswith("Stack") for kind in receiver.types):
        name = "getLast"
    method = _METHODS.get(name)
    return None if method is None else method(receiver, args)


def _exact(value: Value) -> list[Value] | None:
    """The elements of a sequence that is known whole."""
    if value.fields is None or value.rest is not None:
        return None
    if not all(isinstance(key, int) for key in value.fields):
        return None
    return [value.fields[number] for number in range(len(value.fields)) if number in value.fields]


def _listed(receiver: Value, items: list[Value]) -> Value:
    return receiver.but(fields=dict(enumerate(items)), rest=None)


def _added(receiver: Value, items: list[Value]) -> Value:
    """A sequence with more elements at places that are not known."""
    whole = receiver
    for item in items:
        whole = with_field(whole, None, item)
    return whole


def _only(value: Value) -> object:
    return value.consts[0] if value.consts and len(value.consts) == 1 else None


@_on("appendleft", "unshift", "addFirst", "offerFirst")
def _prepend(receiver: Value, args: list[Value]) -> Outcome | None:
    items = _exact(receiver)
    if not args or items is None:
        return Outcome(UNKNOWN, _added(receiver, args))
    return Outcome(UNKNOWN, _listed(receiver, [*args, *items]))


@_on("append", "push", "add", "addLast", "offer", "offerLast", "addElement", "insert")
def _append(receiver: Value, args: list[Value]) -> Outcome | None:
    if not args:
        return None
    items = _exact(receiver)
    if "set" in receiver.types or items is None:
        return Outcome(UNKNOWN, _added(receiver, args[-1:]))
    if len(args) == 2:
        at = _only(args[0])
        if not isinstance(at, int) or at < 0:
            return Outcome(UNKNOWN, _added(receiver, args[1:]))
        return Outcome(UNKNOWN, _listed(receiver, [*items[:at], args[1], *items[at:]]))
    return Outcome(UNKNOWN, _listed(receiver, [*items, *args]))


@_on("extend", "addAll", "update", "putAll")
def _extend(receiver: Value, args: list[Value]) -> Outcome | None:
    if not args:
        return None
    mine, more = _exact(receiver), _exact(args[0])
    if mine is not None and more is not None and "dict" not in receiver.types:
        return Outcome(UNKNOWN, _listed(receiver, [*mine, *more]))
    after = receiver
    for key, value in (args[0].fields or {}).items():
        after = with_field(after, key, value)
    if args[0].rest is not None or args[0].taints:
        after = with_field(after, None, args[0].rest or Value(args[0].taints))
    return Outcome(UNKNOWN, after)


@_on("pop", "remove", "removeLast", "pollLast", "removeAt", "popitem")
def _remove(receiver: Value, args: list[Value]) -> Outcome | None:
    items = _exact(receiver)
    at = _only(args[0]) if args else None
    if items is None or "dict" in receiver.types or not items:
        if isinstance(at, str | int) and receiver.fields and at in receiver.fields:
            kept = {key: value for key, value in receiver.fields.items() if key != at}
            return Outcome(receiver.fields[at], receiver.but(fields=kept))
        return Outcome(element(receiver))
    if args and not isinstance(at, int):
        found = _first_of(items, at)
        if found is not None:
            return Outcome(UNKNOWN, _listed(receiver, [*items[:found], *items[found + 1 :]]))
        return Outcome(UNKNOWN, _added(receiver.but(fields=None, rest=join_all(items)), []))
    return (
        Outcome(UNKNOWN)
        if isinstance(at, int) and not -len(items) <= at < len(items)
        else _dropped(receiver, items, at)
    )


def _first_of(items: list[Value], wanted: object) -> int | None:
    """Where a constant stands first in a list; None where that is not sure."""
    for number, item in enumerate(items):
        if item.consts is None or wanted is None:
            return None
        if item.consts == (wanted,):
            return number
        if wanted in item.consts:
            return None
    return None


def _dropped(receiver: Value, items: list[Value], at: object) -> Outcome:
    place = at if isinstance(at, int) else -1
    taken = items[place]
    kept = [item for number, item in enumerate(items) if number != place % len(items)]
    return Outcome(taken, _listed(receiver, kept))


@_on("shift", "removeFirst", "poll", "popleft", "pollFirst")
def _first(receiver: Value, args: list[Value]) -> Outcome | None:
    items = _exact(receiver)
    if not items:
        return Outcome(element(receiver))
    return _dropped(receiver, items, 0)


@_on("get", "getOrDefault", "elementAt", "at", "getProperty", "getlist", "getAll", "__getitem__")
def _get(receiver: Value, args: list[Value]) -> Outcome | None:
    if not args:
        return None
    key = _only(args[0])
    default = args[1] if len(args) > 1 else None
    if "configparser.ConfigParser" in receiver.types and len(args) > 1:
        key, default = _two_part(args), args[2] if len(args) > 2 else None
    if isinstance(key, str | int) and not isinstance(key, bool):
        found = field(receiver, key)
        if found is None:
            return Outcome(default if default is not None else constant(None))
        return Outcome(_carrying(found, receiver.taints))
    found = _carrying(element(receiver), receiver.taints)
    return Outcome(found if default is None else join(found, default))


def _two_part(args: list[Value]) -> str | None:
    """The key of a section and an option."""
    section, option = _only(args[0]), _only(args[1])
    return f"{section}\0{option}" if isinstance(section, str) and isinstance(option, str) else None


@_on("read", "load", "read_file", "readfp", "loadFromXML", "read_string", "read_dict")
def _loaded(receiver: Value, args: list[Value]) -> Outcome | None:
    """Anything may be in it after it was read from elsewhere."""
    return Outcome(UNKNOWN, receiver.but(rest=UNKNOWN))


def _carrying(value: Value, taints: Taints) -> Value:
    return value if not taints else value.but(taints=merge_taints(value.taints, taints))


@_on("put", "set", "setdefault", "putIfAbsent", "setProperty", "setElementAt", "setAttribute", "__setitem__")
def _put(receiver: Value, args: list[Value]) -> Outcome | None:
    if len(args) < 2:
        return None
    key = _only(args[0]) if len(args) < 3 else _two_part(args)
    known = key if isinstance(key, str | int) and not isinstance(key, bool) else None
    after = with_field(receiver, known, args[-1])
    if args[0].taints:
        after = after.but(taints=merge_taints(after.taints, args[0].taints))
    return Outcome(args[1], after)


@_on("clear", "removeAll")
def _clear(receiver: Value, args: list[Value]) -> Outcome | None:
    return Outcome(UNKNOWN, receiver.but(fields={}, rest=None, taints=NO_TAINTS))


@_on("values", "elements", "toArray", "toList", "copy", "iterator", "stream", "listIterator", "of", "asList")
def _values(receiver: Value, args: list[Value]) -> Outcome | None:
    return Outcome(receiver if _exact(receiver) is not None else Value(rest=element(receiver), types=_LIST))


@_on("keys", "keySet")
def _keys(receiver: Value, args: list[Value]) -> Outcome | None:
    known = [constant(key) for key in receiver.fields or {}]
    if receiver.rest is not None or receiver.taints:
        return Outcome(Value(types=_LIST, rest=join_all([*known, Value(receiver.taints)])))
    return Outcome(Value(types=_LIST, fields=dict(enumerate(known))))


@_on("items", "entries", "entrySet")
def _items(receiver: Value, args: list[Value]) -> Outcome | None:
    pairs = [
        Value(types=frozenset({"tuple"}), fields={0: constant(key), 1: value, "key": constant(key), "value": value})
        for key, value in (receiver.fields or {}).items()
    ]
    if receiver.rest is not None:
        name = Value(receiver.taints)
        pairs.append(Value(fields={0: name, 1: receiver.rest, "key": name, "value": receiver.rest}))
    return Outcome(Value(types=_LIST, rest=join_all(pairs)) if pairs else Value(types=_LIST, fields={}))


@_on("next", "nextElement", "iterator_next")
def _next(receiver: Value, args: list[Value]) -> Outcome | None:
    items = _exact(receiver)
    return Outcome(items[0] if items and len(items) == 1 else element(receiver))


@_on("first", "getFirst", "firstElement", "peekFirst", "peek", "element")
def _head(receiver: Value, args: list[Value]) -> Outcome | None:
    items = _exact(receiver)
    return Outcome(items[0] if items else element(receiver))


@_on("getLast", "lastElement", "peekLast", "last")
def _tail(receiver: Value, args: list[Value]) -> Outcome | None:
    items = _exact(receiver)
    return Outcome(items[-1] if items else element(receiver))


@_on("size", "length", "isEmpty", "indexOf", "contains", "containsKey", "includes", "hasNext", "count", "index", "has")
def _question(receiver: Value, args: list[Value]) -> Outcome | None:
    return Outcome(UNKNOWN)


@_on("join")
def _join(receiver: Value, args: list[Value]) -> Outcome | None:
    return Outcome(Value(all_taints(receiver), types=frozenset({"str"})))


@_on("reverse", "sort", "flat", "slice", "filter", "concat", "reversed", "subList", "splice")
def _reordered(receiver: Value, args: list[Value]) -> Outcome | None:
    parts = [element(receiver), *(element(arg) if is_container(arg) else arg for arg in args if not arg.refs)]
    return Outcome(Value(receiver.taints, types=_LIST, rest=join_all(parts)))
