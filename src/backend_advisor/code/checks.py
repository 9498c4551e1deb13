"""Checks that the program writes in functions of its own: what they tell of their arguments.

`if not is_safe(url): ...` tells of `url` what the function's body asks for when it answers yes, and a call of
`check(path)` that comes back tells what it would have thrown for.
"""

import re
from collections.abc import Callable

from backend_advisor.code import ir
from backend_advisor.code.containment import BARE, lacks_separator
from backend_advisor.code.names import FunctionRef, instance
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.run import Env, Run
from backend_advisor.code.taints import ALL, RESTORED, Taint
from backend_advisor.code.values import Value, all_taints

_ADDRESS_CHECK = re.compile(
    r"(?i)(?:allow|safe|permit|trust|local|same)[a-z_]*(?:redirect|url|uri|host|origin)"
    r"|(?:redirect|url|uri|host)_?(?:is_?)?(?:allow|safe|permit|trust)"
    r"|(?:valid(?:ate)?|check|verif(?:y|ied)|is_?valid)_?(?:next|redirect|return|back|callback)_?(?:to_?)?(?:url|uri|path|target)?$"
)
_PATH_CHECK = re.compile(
    r"(?i)(?:allow|safe|within|inside)[a-z_]*(?:path|file_?name)|path_?(?:is_?)?(?:allow|safe|within|inside|contained)"
)
_BEGINS = re.compile(rb"(?i)starts_?with")
_LONGEST = 12
_DEEPEST = 16
_LABEL = "parameter"
_FALSE = (False, None, 0, "")

Refine = Callable[[Run, ir.Expr, Env, bool], Env]
Told = list[tuple[ir.Expr, tuple[str, ...]]]


def told_by(run: Run, call: ir.Call, env: Env, refine: Refine, *, answer: bool) -> Told:
    """The arguments that a call of the program's own function has checked, and for which sink roles.

    `answer`: the call is known to have given something true; otherwise it is only known to have come back.
    """
    if run.depth > _DEEPEST or not any(_is_doubtful(argument, env) for argument in call.args):
        return []
    info = _called(run, call, env)
    if info is None:
        # A check of a library says as much by its name.
        roles = _by_name(getattr(call.func, "id", "") or getattr(call.func, "name", "")) if answer else ()
        return [(argument, roles) for argument in call.args[:1]] if roles else []
    given = _given(info, call)
    bare = _bare_folders(run, info, given, env)
    known = _known(run, info, refine, answer=answer, bare=bare)
    named = () if bare else _by_name(info.node.name) if answer else ()
    told = [(expression, (*known.get(number, ()), *named)) for number, expression in given]
    return [(expression, roles) for expression, roles in told if roles]


def cleared_by_yes(run: Run, info: FunctionInfo, refine: Refine) -> tuple[str, ...]:
    """The sink roles for which a predicate has checked its first parameter when it says yes."""
    if run.depth > _DEEPEST:
        return ()
    return _known(run, info, refine, answer=True).get(0, ())


def _known(
    run: Run, info: FunctionInfo, refine: Refine, *, answer: bool, bare: frozenset[int] = frozenset()
) -> dict[int, tuple[str, ...]]:
    key = (info, answer, bare)
    known: dict[int, tuple[str, ...]] | None = run.machine.checks.get(key)
    if known is None:
        run.machine.checks[key] = {}  # a function that calls itself tells nothing more
        known = run.machine.checks[key] = _checked(run, info, refine, answer=answer, bare=bare)
    return known


def _bare_folders(run: Run, info: FunctionInfo, given: list[tuple[int, ir.Expr]], env: Env) -> frozenset[int]:
    """The parameters of a check that paths begin so, for which a folder is given without a separator at its end."""
    if len(given) < 2 or not _BEGINS.search(info.unit.module.source, info.node.start, info.node.end):
        return frozenset()
    return frozenset(number for number, expression in given if lacks_separator(run, expression, env))


def _by_name(name: str) -> tuple[str, ...]:
    """What a function says by its name when it answers yes: `is_safe_url(url)`. To be valid is not to be safe."""
    if _ADDRESS_CHECK.search(name):
        return ("redirect.url", "url.request")
    return ("path.file", "path.entry") if _PATH_CHECK.search(name) else ()


def _is_doubtful(argument: ir.Expr, env: Env) -> bool:
    if isinstance(argument, ir.Call | ir.Index | ir.Attr):
        return True  # `is_safe_url(request.args.get("next"))`
    held = env.get(argument.id) if isinstance(argument, ir.Name) else None
    return held is not None and bool(held.taints)


def _checked(
    run: Run, info: FunctionInfo, refine: Refine, *, answer: bool, bare: frozenset[int]
) -> dict[int, tuple[str, ...]]:
    """The sink roles for which a function has checked each of its parameters."""
    if len(info.node.body) > _LONGEST or info.node.is_generator:
        return {}
    found: dict[int, tuple[str, ...]] = {}
    for number, param in enumerate(info.node.params):
        if param.kind == "normal" and param.pattern is None:
            found[number] = _checked_one(run, info, number, refine, answer=answer, bare=bare)
    return found


def _checked_one(
    run: Run, info: FunctionInfo, number: int, refine: Refine, *, answer: bool, bare: frozenset[int]
) -> tuple[str, ...]:
    closure = run.machine.closure_of(info)
    params = enumerate(info.node.params)
    inner_env: Env = {**closure, **{param.name: BARE if place in bare else Value() for place, param in params}}
    if info.unit.language == "java" and info.owner is not None:
        inner_env.setdefault("this", instance(info.owner))  # whose constants it asks: `CODE.matcher(code)`
    name = info.node.params[number].name
    inner_env[name] = Value({Taint(_LABEL, number): None})  # type: ignore[dict-item]
    inner = Run(run.machine, info.unit, info, closure, run.depth + 1)
    after = _after(inner, info.node.body, inner_env, refine, answer=answer)
    # Of a parameter that was given another value it is not known that what the caller gave was checked.
    return () if after is None or name in inner.reassigned else _cleared(after.get(name), number)


def _called(run: Run, call: ir.Call, env: Env) -> FunctionInfo | None:
    if not isinstance(call.func, ir.Name | ir.Attr) or not call.args:
        return None
    found = [ref.info for ref in run.evaluate(call.func, env).refs if isinstance(ref, FunctionRef)]
    if len(found) > 1:
        found = [info for info in found if not _hands_on(info)]
    return found[0] if len(found) == 1 and found[0] is not run.info else None


def is_own_function(run: Run, call: ir.Call, env: Env) -> bool:
    """Whether a call is of a function of the program, which says itself what it checks."""
    return _called(run, call, env) is not None


def _hands_on(info: FunctionInfo) -> bool:
    """Whether an overload only calls another of its name."""
    only = info.node.body[0] if len(info.node.body) == 1 else None
    call = only.value if isinstance(only, ir.Do | ir.Return) else None
    func = call.func if isinstance(call, ir.Call) else None
    return getattr(func, "id", None) == info.node.name or getattr(func, "name", None) == info.node.name


def _given(info: FunctionInfo, call: ir.Call) -> list[tuple[int, ir.Expr]]:
    """The numbers of parameters and the expressions given for them, as far as they can be told."""
    bound = info.unit.language == "python" and info.owner is not None and not info.is_static
    base = 1 if bound and isinstance(call.func, ir.Attr) else 0
    found: list[tuple[int, ir.Expr]] = []
    for number, argument in enumerate(call.args, start=base):
        if number >= len(info.node.params) or isinstance(argument, ir.Spread):
            break
        found.append((number, argument))
    return found


def _after(run: Run, body: list[ir.Stmt], env: Env, refine: Refine, *, answer: bool) -> Env | None:
    """The state when the function gives a true answer, or comes back; None where that is too much to tell."""
    for statement in body:
        if isinstance(statement, ir.If):
            if not answer and _comes_back(statement.then) and isinstance(body[-1], ir.Throw):
                return refine(run, statement.test, env, True)
            if statement.otherwise or not _leaves(statement.then, answer=answer):
                return None
            env = refine(run, statement.test, env, False)
        elif isinstance(statement, ir.Return):
            if not answer or statement.value is None:
                return None if answer else env
            return refine(run, statement.value, env, True)
        elif isinstance(statement, ir.Assign | ir.Do | ir.Import):
            state = run.execute([statement], env)
            if state is None:
                return None
            env = state
        else:
            return None
    return None if answer else env


def _comes_back(body: list[ir.Stmt]) -> bool:
    return len(body) == 1 and isinstance(body[0], ir.Return) and body[0].value is None


def _leaves(body: list[ir.Stmt], *, answer: bool) -> bool:
    """Whether a branch ends in what did not happen: an exception, or the answer no."""
    last = body[-1] if body else None
    if isinstance(last, ir.Throw):
        return True
    return answer and isinstance(last, ir.Return) and isinstance(last.value, ir.Const) and last.value.value in _FALSE


def _cleared(value: Value | None, number: int) -> tuple[str, ...]:
    if value is None:
        return ()
    own = [taint for taint in all_taints(value, 1) if taint.role == _LABEL and taint.index == number and not taint.path]
    if not own:
        return (ALL,)  # it has become one of some constants, or is harmless for every use
    return tuple(frozenset.intersection(*(taint.cleared for taint in own)) - {RESTORED})
