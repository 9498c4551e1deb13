"""What each kind of statement does to the state."""

from backend_advisor.code import ir
from backend_advisor.code.assignment import assign
from backend_advisor.code.folding import truth
from backend_advisor.code.guards import came_back, refine
from backend_advisor.code.names import bind_import, defined
from backend_advisor.code.operations import binary, caught, entered
from backend_advisor.code.record_lookups import looks_up, throws_for_none
from backend_advisor.code.run import Env, Loop, Run, executes, join_env, widen
from backend_advisor.code.types import declared, typed
from backend_advisor.code.values import UNKNOWN, Value, constant, element, join, join_all, types_of

_SHORT = 8
"""Items up to which a loop is gone through one by one."""
_PASSES = 3


@executes(ir.Assign)
def _assign(run: Run, node: ir.Assign, env: Env) -> Env | None:
    if node.value is None:
        if isinstance(node.target, ir.Name) and run.language != "python":
            types = declared(run, node.type)
            env[node.target.id] = Value(types=types) if types else Value(consts=(None,))
        return env
    value = run.evaluate(node.value, env)
    if node.op is not None:
        old = run.evaluate(node.target, env)
        value = binary(run, node.op, old, value, node)
    elif node.type is not None:
        value = typed(run, value, node.type)
    given = node.value.value if isinstance(node.value, ir.Await) else node.value
    if isinstance(given, ir.Call) and (getattr(given.func, "name", "") == "relative_to" or throws_for_none(given)):
        came_back(run, given, env)
    awaited = given is not node.value
    if (
        isinstance(given, ir.Binary | ir.Call | ir.Logic | ir.Unary | ir.Attr)
        and not value.refs
        and (not awaited or (isinstance(given, ir.Call) and looks_up(given)))
    ):
        value = value.but(guard=given)
    assign(run, node.target, value, env, declares=node.declares)
    return env


@executes(ir.Do)
def _do(run: Run, node: ir.Do, env: Env) -> Env | None:
    call = node.value.value if isinstance(node.value, ir.Await) else node.value
    run.alone = call
    value = run.evaluate(node.value, env)
    if isinstance(call, ir.Call):
        came_back(run, call, env)
    return None if value.name == "(ends)" else env


@executes(ir.Return)
def _return(run: Run, node: ir.Return, env: Env) -> Env | None:
    run.returns.append(constant(None) if node.value is None else run.evaluate(node.value, env))
    run.return_nodes.append(node)
    run.ends.append(env)
    return None


@executes(ir.Throw)
def _throw(run: Run, node: ir.Throw, env: Env) -> Env | None:
    if node.value is not None:
        run.thrown.append(run.evaluate(node.value, env))
    return None


@executes(ir.Break)
def _break(run: Run, node: ir.Break, env: Env) -> Env | None:
    if run.loops:
        run.loops[-1].breaks.append(dict(env))
    return None


@executes(ir.Continue)
def _continue(run: Run, node: ir.Continue, env: Env) -> Env | None:
    for loop in reversed(run.loops):
        if loop.is_loop:
            loop.continues.append(dict(env))
            break
    return None


@executes(ir.Assert)
def _assert(run: Run, node: ir.Assert, env: Env) -> Env | None:
    run.evaluate(node.test, env)
    # An assertion is no guard: `python -O` and a JVM without -ea leave it out.
    return env


@executes(ir.If)
def _if(run: Run, node: ir.If, env: Env) -> Env | None:
    test = run.evaluate(node.test, env)
    known = truth(test, run.language)
    then = otherwise = None
    if known is not False:
        then = run.execute(node.then, refine(run, node.test, dict(env), True))
    if known is not True:
        state = refine(run, node.test, dict(env), False)
        otherwise = run.execute(node.otherwise, state) if node.otherwise else state
    return join_env(then, otherwise)


@executes(ir.While)
def _while(run: Run, node: ir.While, env: Env) -> Env | None:
    loop = Loop(node)
    entry = env
    left: Env | None = None
    first = node.after
    for _ in range(_PASSES):
        test = run.evaluate(node.test, entry) if not first else UNKNOWN
        known = None if first else truth(test, run.language)
        if known is not True and not first:
            left = join_env(left, refine(run, node.test, dict(entry), False))
        if known is False:
            break
        first = False
        run.loops.append(loop)
        after = run.execute(node.body, refine(run, node.test, dict(entry), True) if not node.after else dict(entry))
        run.loops.pop()
        for state in loop.continues:
            after = join_env(after, state)
        loop.continues.clear()
        if after is not None and node.update:
            after = run.execute(node.update, after)
        if after is None:
            break
        wide, changed = widen(entry, join_env(entry, after) or entry)
        entry = wide
        if node.after:
            left = join_env(left, dict(after))
        if not changed:
            break
    else:
        if truth(run.evaluate(node.test, entry), run.language) is not True:
            left = join_env(left, entry)
    for state in loop.breaks:
        left = join_env(left, state)
    return run.execute(node.otherwise, left) if left is not None and node.otherwise else left


@executes(ir.For)
def _for(run: Run, node: ir.For, env: Env) -> Env | None:
    items = run.evaluate(node.iterable, env)
    one = _key(items) if node.keys else each(run, items)
    if (
        items.fields == {}
        and items.rest is None
        and not items.taints
        and items.types & {"list", "tuple", "dict", "set"}
    ):
        return run.execute(node.otherwise, env) if node.otherwise else env
    loop = Loop(node)
    if (several := _told_apart(items, node)) is not None:
        return _in_turn(run, node, several, loop, env)
    entry = env
    # What is known to hold something is gone through at least once.
    after: Env | None = None if items.fields and items.rest is None and not items.taints else entry
    for _ in range(_PASSES):
        state = _round(run, node, one, loop, dict(entry))
        if state is None:
            break
        after = join_env(after, state)
        entry, changed = widen(entry, join_env(entry, state) or entry)
        if not changed:
            break
    if node.otherwise and after is not None:
        after = run.execute(node.otherwise, dict(after))
    for other in loop.breaks:
        after = join_env(after, other)
    return after


def _round(run: Run, node: ir.For, item: Value, loop: Loop, start: Env) -> Env | None:
    """Once through the body of a loop, and what holds after it, also where it went on early."""
    assign(run, node.target, item, start, declares="let")
    run.loops.append(loop)
    state = run.execute(node.body, start)
    run.loops.pop()
    for other in loop.continues:
        state = join_env(state, other)
    loop.continues.clear()
    return state


def _told_apart(items: Value, node: ir.For) -> list[Value] | None:
    """The items of a short list that are known one by one, so that what belongs together in each stays together:
    `for (name, on) in [("a", True), ("b", False)]`, `for (Feature f : Feature.values())`."""
    known = items.fields
    if node.keys or items.rest is not None or items.taints or not known or not 1 < len(known) <= _SHORT:
        return None
    if not all(isinstance(key, int) for key in known):
        return None
    ones = [known[key] for key in sorted(known)]
    parts = [[*(one.fields or {}).values()] for one in ones]
    return ones if all(held and any(part.consts for part in held) for held in parts) else None


def _in_turn(run: Run, node: ir.For, several: list[Value], loop: Loop, env: Env) -> Env | None:
    """A loop over items that are known, each in a round of its own."""
    state: Env | None = env
    for one in several:
        state = _round(run, node, one, loop, dict(state or env))
        if state is None:
            break
    if node.otherwise and state is not None:
        state = run.execute(node.otherwise, dict(state))
    for other in loop.breaks:
        state = join_env(state, other)
    return state


def each(run: Run, items: Value) -> Value:
    """What a loop over a value gives: a Python dict gives its keys, other collections their elements, an object what
    its role says (`for member in tarfile.open(name)`)."""
    if "dict" in items.types and run.language == "python":
        return _key(items)
    if items.types and items.fields is None and items.rest is None:
        for kind in types_of(items):
            role = run.machine.method_role(kind, "__iter__")
            if role is not None and role.returns is not None and role.returns.type is not None:
                return element(items).but(types=frozenset({role.returns.type}))
    if items.consts is not None and items.consts and all(isinstance(one, str) for one in items.consts):
        return Value(types=frozenset({"str"}))
    return element(items)


def _key(items: Value) -> Value:
    keys = [constant(key) for key in items.fields or {}]
    if items.rest is not None:
        # The keys of a map that client data went into are as unsafe as the data that named them.
        keys.append(Value(items.taints))
    return join_all(keys) if keys else element(items)


@executes(ir.Try)
def _try(run: Run, node: ir.Try, env: Env) -> Env | None:
    thrown: Env | None = dict(env)
    state: Env | None = env
    earlier = len(run.thrown)
    for statement in node.body:
        if state is None:
            break
        before = dict(state)
        after_one = run.execute([statement], state)
        thrown = dict(join_env(thrown, after_one if after_one is not None else before) or {})
        state = dict(after_one) if after_one is not None else None
    if state is not None and node.otherwise:
        state = run.execute(node.otherwise, state)
    ways = [state]
    carried = run.thrown[earlier:]
    del run.thrown[earlier:]
    for handler in node.handlers:
        way = dict(thrown or env)
        if handler.name:
            way[handler.name] = caught(run, handler, way, carried)
        ways.append(run.execute(handler.body, way))
    after: Env | None = None
    for one in ways:
        after = join_env(after, one)
    if node.final:
        if after is None:
            run.execute(node.final, dict(thrown or env))
            return None
        return run.execute(node.final, after)
    return after


@executes(ir.With)
def _with(run: Run, node: ir.With, env: Env) -> Env | None:
    for expression, target in node.items:
        value = entered(run, run.evaluate(expression, env))
        if target is not None:
            assign(run, target, value, env)
    run.withs.append(node)
    after = run.execute(node.body, env)
    run.withs.pop()
    return after


@executes(ir.Switch)
def _switch(run: Run, node: ir.Switch, env: Env) -> Env | None:
    subject = run.evaluate(node.subject, env)
    loop = Loop(node, is_loop=False)
    run.loops.append(loop)
    after: Env | None = None
    falling: Env | None = None
    decided = False
    default = next((case for case in node.cases if not case.values), None)
    for case in node.cases:
        chosen = _matches(run, subject, case, env)
        if case is default:
            chosen = None if not decided else False
            if not decided and _any_certain(run, subject, node, env):
                chosen = False
        enter: Env | None = None
        if chosen is not False and not decided:
            enter = dict(env)
            if case.values and isinstance(node.subject, ir.Name) and all(isinstance(v, ir.Const) for v in case.values):
                only = join_all(constant(v.value) for v in case.values if isinstance(v, ir.Const))
                enter[node.subject.id] = only
            if case.guard is not None:
                known = truth(run.evaluate(case.guard, enter), run.language)
                enter = None if known is False else refine(run, case.guard, enter, True)
                chosen = chosen if known is True else None
        enter = join_env(enter, falling)
        falling = None
        if enter is not None:
            out = run.execute(case.body, enter)
            if node.falls:
                falling = out
            else:
                after = join_env(after, out)
        decided = decided or chosen is True
    run.loops.pop()
    after = join_env(after, falling)
    if default is None and not decided:
        after = join_env(after, env)
    for state in loop.breaks:
        after = join_env(after, state)
    return after


def _any_certain(run: Run, subject: Value, node: ir.Switch, env: Env) -> bool:
    return any(_matches(run, subject, case, env) is True for case in node.cases if case.values)


def _matches(run: Run, subject: Value, case: ir.SwitchCase, env: Env) -> bool | None:
    """Whether a case is taken: None when that is not known. The default is not asked here."""
    if not case.values:
        return None
    found: set[bool | None] = set()
    for expression in case.values:
        value = run.evaluate(expression, env) if not isinstance(expression, ir.Opaque) else UNKNOWN
        if value.consts is None or subject.consts is None:
            found.add(None)
        elif not set(value.consts) & set(subject.consts):
            found.add(False)
        else:
            found.add(True if len(value.consts) == 1 and len(subject.consts) == 1 else None)
    if True in found:
        return True
    return None if None in found else False


@executes(ir.Define)
def _define(run: Run, node: ir.Define, env: Env) -> Env | None:
    definition = node.definition
    env[definition.name] = defined(run, definition, env)
    return env


@executes(ir.Import)
def _import(run: Run, node: ir.Import, env: Env) -> Env | None:
    bind_import(run, node, env)
    return env


@executes(ir.Export)
def _export(run: Run, node: ir.Export, env: Env) -> Env | None:
    value = run.evaluate(node.value, env)
    exports = run.unit.exports
    if node.name == "*":
        for ref in value.refs:
            for name, one in getattr(ref, "exports", {}).items():
                exports.setdefault(name, one)
        return env
    exports[node.name] = value if node.name not in exports else join(exports[node.name], value)
    return env


@executes(ir.Global)
def _global(run: Run, node: ir.Global, env: Env) -> Env | None:
    run.written.update(node.names)
    return env
