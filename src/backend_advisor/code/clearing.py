"""Noting that data has been checked: what an expression names is safe for some uses from here on."""

from collections.abc import Iterable

from backend_advisor.code import ir
from backend_advisor.code.addresses import ADDRESSES
from backend_advisor.code.assignment import write_back
from backend_advisor.code.run import CHECKED, Env, Run
from backend_advisor.code.taints import ALL
from backend_advisor.code.values import Value, cleaned, with_field

HOSTS = frozenset({"netloc", "hostname", "host", "origin", "getHost", "getAuthority"})
"""Parts of an address that choose the host."""
_SAME_TEXT = frozenset({"lower", "upper", "strip", "trim", "toLowerCase", "toUpperCase", "str", "String", "toString"})
_DEEPEST = 4


def note_checked(run: Run, place: ir.Expr, roles: tuple[str, ...], env: Env) -> None:
    """Remember that what is written so has been checked: `req.query.kind` is read from the request each time."""
    held, text = env.get(CHECKED, Value()), _written(run, place)
    known = (held.fields or {}).get(text)
    before = known.consts or () if known is not None else ()
    env[CHECKED] = with_field(held, text, Value(consts=tuple(dict.fromkeys((*before, *roles)))))


def as_checked(run: Run, place: ir.Expr, value: Value, env: Env) -> Value:
    """What an expression gives, where the same expression was checked before."""
    roles = (env[CHECKED].fields or {}).get(_written(run, place))
    return value if roles is None else cleaned(value, tuple(str(one) for one in roles.consts or ()))


def _written(run: Run, place: ir.Expr) -> str:
    return run.unit.module.source[place.start : place.end].decode("utf-8", "replace")


def clear(run: Run, place: ir.Expr, env: Env, roles: Iterable[str], depth: int = 0, *, itself: bool = True) -> None:
    """Note that what an expression names is safe for these sink roles; not `itself`, where only a part of it was
    tested."""
    wanted = tuple(roles)
    if depth > _DEEPEST or not wanted:
        return
    if isinstance(place, ir.Name):
        _clear_name(run, place, env, wanted, depth)
    elif isinstance(place, ir.Attr) and place.name in HOSTS:
        clear(run, place.value, env, ADDRESSES, depth + 1)
    elif isinstance(place, ir.Attr | ir.Index):
        value = run.evaluate(place, env)
        write_back(run, place, cleaned(value, wanted), env)
        if value.taints and itself:
            note_checked(run, place, wanted, env)
    elif isinstance(place, ir.Call):
        _clear_call(run, place, env, wanted, depth)
    elif isinstance(place, ir.Await | ir.Cast):
        clear(run, place.value, env, wanted, depth + 1)


def _clear_name(run: Run, place: ir.Name, env: Env, wanted: tuple[str, ...], depth: int) -> None:
    value = run.evaluate(place, env)
    write_back(run, place, cleaned(value, wanted), env)
    made_by = value.guard
    if isinstance(made_by, ir.Attr):
        clear(run, made_by, env, wanted, depth + 1)
    if not isinstance(made_by, ir.Call):
        return
    # What was tested was made from something else, which is tested with it for the uses that were asked about.
    asked = tuple(role for role in wanted if role != ALL)
    if isinstance(made_by.func, ir.Attr) and made_by.func.name in HOSTS:
        asked = ADDRESSES
    for part in (*made_by.args, *([made_by.func.value] if isinstance(made_by.func, ir.Attr) else [])):
        if isinstance(part, ir.Name | ir.Call) or (isinstance(part, ir.Attr) and part.name in HOSTS):
            clear(run, part, env, asked, depth + 1)


def _clear_call(run: Run, place: ir.Call, env: Env, wanted: tuple[str, ...], depth: int) -> None:
    name = place.func.name if isinstance(place.func, ir.Attr) else getattr(place.func, "id", "")
    if name in HOSTS:
        wanted = ADDRESSES
    elif name not in _SAME_TEXT:
        wanted = tuple(role for role in wanted if role != ALL)
    if isinstance(place.func, ir.Attr):
        clear(run, place.func.value, env, wanted, depth + 1, itself=name in _SAME_TEXT)
    for argument in place.args:
        if isinstance(argument, ir.Name | ir.Call | ir.Attr):
            clear(run, argument, env, wanted, depth + 1)
