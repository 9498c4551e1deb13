"""Checks that the program writes in functions of its own: what they tell of their arguments.

`if not is_safe(url): ...` tells of `url` what the function's body asks for when it answers yes, and a call of
`check(path)` that comes back tells what it would have thrown for.
"""

from collections.abc import Callable

from backend_advisor.code import ir
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.program import FunctionInfo
from backend_advisor.code.run import Env, Run
from backend_advisor.code.taints import ALL, Taint
from backend_advisor.code.values import Value, all_taints

_LONGEST = 12
_DEEPEST = 4
_LABEL = "parameter"
_FALSE = (False, None, 0, "")

Refine = Callable[[Run, ir.Expr, Env, bool], Env]
Told = list[tuple[ir.Expr, tuple[str, ...]]]


def told_by(run: Run, call: ir.Call, env: Env, refine: Refine, *, answer: bool) -> Told:
    """The arguments that a call of the program's own function has checked, and for which sink roles.

    `answer`: the call is known to have given something true; otherwise it is only known to have come back.
    """
    info = _called(run, call, env)
    if info is None or len(info.node.body) > _LONGEST or run.depth > _DEEPEST or info.node.is_generator:
        return []
    given = _given(info, call)
    labels = {number: Taint(_LABEL, number) for number, _ in given}
    inner_env: Env = {**run.machine.closure_of(info)}
    for number, _ in given:
        inner_env[info.node.params[number].name] = Value({labels[number]: None})  # type: ignore[dict-item]
    inner = Run(run.machine, info.unit, info, run.machine.closure_of(info), run.depth + 1)
    after = _after(inner, info.node.body, inner_env, refine, answer=answer)
    if after is None:
        return []
    found: Told = []
    for number, expression in given:
        name = info.node.params[number].name
        if name not in inner.reassigned:  # else what was checked is not what was given
            found.append((expression, _cleared(after.get(name), number)))
    return [(expression, roles) for expression, roles in found if roles]


def _called(run: Run, call: ir.Call, env: Env) -> FunctionInfo | None:
    if not isinstance(call.func, ir.Name | ir.Attr) or not call.args:
        return None
    refs = [ref for ref in run.evaluate(call.func, env).refs if isinstance(ref, FunctionRef)]
    return refs[0].info if len(refs) == 1 and refs[0].info is not run.info else None


def _given(info: FunctionInfo, call: ir.Call) -> list[tuple[int, ir.Expr]]:
    """The numbers of parameters and the expressions given for them, as far as they can be told."""
    bound = info.unit.language == "python" and info.owner is not None and not info.is_static
    base = 1 if bound and isinstance(call.func, ir.Attr) else 0
    found: list[tuple[int, ir.Expr]] = []
    for number, argument in enumerate(call.args, start=base):
        if number >= len(info.node.params) or isinstance(argument, ir.Spread):
            break
        if info.node.params[number].kind == "normal" and info.node.params[number].pattern is None:
            found.append((number, argument))
    return found


def _after(run: Run, body: list[ir.Stmt], env: Env, refine: Refine, *, answer: bool) -> Env | None:
    """The state when the function gives a true answer, or comes back; None where that is too much to tell."""
    for statement in body:
        if isinstance(statement, ir.If):
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
    return tuple(frozenset.intersection(*(taint.cleared for taint in own)))
