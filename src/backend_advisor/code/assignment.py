"""Putting a value where an assignment says: names, fields, elements and destructuring."""

from backend_advisor.code import ir
from backend_advisor.code.addresses import ADDRESSES
from backend_advisor.code.members import field_written, member
from backend_advisor.code.names import is_own_field, write_outer
from backend_advisor.code.operations import stored
from backend_advisor.code.run import CHECKED, Env, Run
from backend_advisor.code.taints import NO_TAINTS, merge_taints, station
from backend_advisor.code.values import UNKNOWN, Value, cleaned, element, field, join, single, with_field

_DEEPEST = 5
UNNAMED = ("model.fields", "object.merge")
"""What is harmed by fields that the client names; those that the program's own lists name are not."""
_BEHIND_HOST = frozenset({"pathname", "search", "hash"})
"""Parts of an address that do not choose the host."""


def assign(run: Run, target: ir.Expr, value: Value, env: Env, declares: str = "") -> None:
    """Give a target its value."""
    if CHECKED in env:
        _forget_checks(run, target, env)
    if isinstance(target, ir.Name):
        _name(run, target, value, env, declares)
    elif isinstance(target, ir.Attr):
        _store(run, target.value, target.name, value, env)
    elif isinstance(target, ir.Index):
        _element(run, target, value, env)
    elif isinstance(target, ir.Sequence):
        _unpack(run, target, value, env, declares)
    elif isinstance(target, ir.Mapping):
        _destructure(run, target, value, env, declares)
    elif isinstance(target, ir.AssignExpr):
        default = run.evaluate(target.value, env)
        assign(run, target.target, value if value.consts == () else join(value, default), env, declares)
    elif isinstance(target, ir.Spread | ir.Cast):
        assign(run, target.value, value, env, declares)
    else:
        run.evaluate(target, env)


def _element(run: Run, target: ir.Index, value: Value, env: Env) -> None:
    key = run.evaluate(target.key, env)
    if key.taints:
        run.machine.element_set(run, target, key, value, env)
    stored(run, target, key, value, env)
    try:
        known = single(key)
    except LookupError:
        known = None
    several = key.consts or ()
    if len(several) > 1 and all(isinstance(one, str) for one in several):
        for one in several:
            before = field(_held(run, target.value, env), one)  # type: ignore[arg-type]
            _store(run, target.value, one, value if before is None else join(before, value), env)  # type: ignore[arg-type]
        return
    if known is None and not key.taints:
        value = cleaned(value, UNNAMED, 0)
    _store(run, target.value, known if isinstance(known, str | int) else None, value, env, taints=key.taints)


def _forget_checks(run: Run, target: ir.Expr, env: Env) -> None:
    """What is given another value is no longer what was checked, and so is what stands in it."""
    text = run.unit.module.source[target.start : target.end].decode("utf-8", "replace")
    known = env[CHECKED].fields or {}
    kept = {key: one for key, one in known.items() if key != text and not str(key).startswith((f"{text}.", f"{text}["))}
    if len(kept) < len(known):
        env[CHECKED] = env[CHECKED].but(fields=kept)


def _name(run: Run, target: ir.Name, value: Value, env: Env, declares: str) -> None:
    if value.taints:
        path = run.unit.path
        value = value.but(
            taints={t: station("assign", path, target.start, target.end, trail) for t, trail in value.taints.items()}
        )
    name = target.id
    outer = name in run.written if run.language == "python" else (not declares and name not in env)
    if outer and write_outer(run, name, value):
        return
    if outer and is_own_field(run, name, env):
        _store(run, _this(target), name, value, env)
        return
    run.reassigned.add(name)
    env[name] = value


def _this(place: ir.Name) -> ir.Name:
    """The object whose field a bare name is in Java."""
    return ir.Name(place.start, place.start, "this")


def _unpack(run: Run, target: ir.Sequence, value: Value, env: Env, declares: str) -> None:
    for number, item in enumerate(target.items):
        if isinstance(item, ir.Spread):
            assign(run, item.value, Value(value.taints, rest=element(value), types=frozenset({"list"})), env, declares)
            continue
        found = field(value, number)
        if found is None:
            found = element(value)
        assign(run, item, found, env, declares)


def _destructure(run: Run, target: ir.Mapping, value: Value, env: Env, declares: str) -> None:
    for key, part in target.pairs:
        if key is None:
            assign(run, part, value, env, declares)
            continue
        if isinstance(key, ir.Const) and isinstance(key.value, str):
            found = member(run, value, key.value, part)
            if isinstance(value.guard, ir.Call) and not found.refs:
                found = found.but(guard=ir.Attr(part.start, part.end, value.guard, key.value))
        else:
            found = element(value)
        assign(run, part, found, env, declares)


def _store(
    run: Run, holder: ir.Expr, key: str | int | None, value: Value, env: Env, *, taints: object = NO_TAINTS
) -> None:
    """Write a field of what an expression names, and the holder back where it stands."""
    before = _held(run, holder, env)
    if key in _BEHIND_HOST and "URL" in before.types:
        value = cleaned(value, ADDRESSES)
    if isinstance(key, int) and key < 0:
        key = None
    if isinstance(key, str):
        run.machine.attribute_set(run, holder, before, key, value, env)
        before = _held(run, holder, env)  # setting it may have told more of the object
    field_written(run, before, key, value)
    after = with_field(before, key, value)
    if taints:
        after = after.but(taints=merge_taints(after.taints, taints))  # type: ignore[arg-type]
    write_back(run, holder, after, env)


def _held(run: Run, holder: ir.Expr, env: Env) -> Value:
    if isinstance(holder, ir.Name | ir.Attr | ir.Index | ir.Conditional):
        return run.evaluate(holder, env)
    return UNKNOWN


def write_back(run: Run, place: ir.Expr, value: Value, env: Env, depth: int = 0) -> None:
    """Put a changed collection or object back where it is kept."""
    if isinstance(place, ir.Await | ir.Cast):
        write_back(run, place.value, value, env, depth)
    elif isinstance(place, ir.Conditional) and depth < _DEEPEST:
        for one in (place.then, place.otherwise):  # `(odd if … else even).append(item)` fills either
            held = _held(run, one, env)
            write_back(run, one, join(held, value), env, depth + 1)
    elif isinstance(place, ir.Name):
        if place.id in env:
            env[place.id] = value
            if run.this is not None and place.id in ("self", "this"):
                run.this = value
        elif place.id == "this" and run.this is not None:
            run.this = value
        elif not write_outer(run, place.id, value) and is_own_field(run, place.id, env):
            write_back(run, ir.Attr(place.start, place.end, _this(place), place.id), value, env, depth)
    elif isinstance(place, ir.Attr) and depth < _DEEPEST:
        before = _held(run, place.value, env)
        field_written(run, before, place.name, value, changed=True)
        write_back(run, place.value, with_field(before, place.name, value), env, depth + 1)
    elif isinstance(place, ir.Index) and depth < _DEEPEST:
        before = _held(run, place.value, env)
        key = run.evaluate(place.key, env)
        known = key.consts[0] if key.consts and len(key.consts) == 1 else None
        known = known if isinstance(known, str | int) else None
        write_back(run, place.value, with_field(before, known, value), env, depth + 1)
