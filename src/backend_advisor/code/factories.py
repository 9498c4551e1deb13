"""Collections that a call makes of its arguments: `List.of(a, b)`, `Map.of(key, value)`."""

from backend_advisor.code.site import Site
from backend_advisor.code.values import UNKNOWN, Value, join_all, with_field, with_spread

_LIST = frozenset({"list"})
_DICT = frozenset({"dict"})
_ARRAYS = frozenset({"list", "tuple", "Array"})


def collection(kind: str, site: Site) -> Value:
    """The collection that a role says a call makes: `list`, `map`, `entry` (of a map), `entries` (a map of such)
    or `merged` (the first object with the fields of all)."""
    args = site.args
    if kind == "list":
        return _list(args, site.unpacked)
    if kind == "entry":
        key, value = args[0] if args else UNKNOWN, args[1] if len(args) > 1 else UNKNOWN
        return Value(types=frozenset({"tuple"}), fields={0: key, 1: value, "key": key, "value": value})
    if kind == "merged":
        return _merged(args, site.unpacked)
    if kind == "map":
        return _map(list(zip(args[::2], args[1::2], strict=False)))
    pairs = [((one.fields or {}).get("key", UNKNOWN), (one.fields or {}).get("value", UNKNOWN)) for one in args]
    return _map(pairs)


def _list(args: list[Value], unpacked: Value | None) -> Value:
    # One array given is its elements.
    if len(args) == 1 and args[0].types & _ARRAYS and (args[0].fields is not None or args[0].rest is not None):
        return args[0].but(types=_LIST)
    return Value(types=_LIST, fields=dict(enumerate(args)), rest=unpacked)


def _merged(args: list[Value], unpacked: Value | None) -> Value:
    """The first object with the fields of the others, which stand over its own."""
    made = args[0] if args else UNKNOWN
    for more in (*args[1:], *((unpacked,) if unpacked is not None else ())):
        known = more.fields is not None and (made.fields is not None or not made.taints)
        made = with_spread(made, more)
        if not known and made.rest is None:
            made = made.but(rest=UNKNOWN)
    return made


def _map(pairs: list[tuple[Value, Value]]) -> Value:
    made = Value(types=_DICT, fields={})
    for key, value in pairs:
        only = key.consts[0] if key.consts and len(key.consts) == 1 else None
        made = with_field(made, only if isinstance(only, str | int) else None, value)
    taints = join_all(key for key, _ in pairs).taints
    return made if not taints else made.but(taints=taints)
