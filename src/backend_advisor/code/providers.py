"""MyBatis' providers: methods of the program that make the text of a mapper's statement (`@SelectProvider`)."""

import re
from typing import TYPE_CHECKING

from backend_advisor.code import ir
from backend_advisor.code.names import FunctionRef
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.site import Site
from backend_advisor.code.taints import merge_taints
from backend_advisor.code.tree import name_of
from backend_advisor.code.values import UNKNOWN, Value, all_taints

if TYPE_CHECKING:
    from backend_advisor.code.run import Env, Run

_PROVIDER = re.compile(r"(?:Select|Insert|Update|Delete)Provider$")
_DEFAULT = "provideSql"
_MAPS = frozenset({"Map", "HashMap", "MapperMethod.ParamMap", "Object"})


def provide_text(run: "Run", info: FunctionInfo, env: "Env") -> None:
    """A mapper's method whose statement a provider makes is called with these values."""
    note = next((one for one in info.node.decorators if _PROVIDER.search(name_of(_target(one)))), None)
    provider = _provider(run, info, note) if isinstance(note, ir.Call) else None
    if provider is None or note is None:
        return
    args = _given(info, provider, env)
    this = Value(types=frozenset({provider.owner.name})) if provider.owner is not None else None
    text = run.machine.functions.invoke(run, FunctionRef(provider, {}, this), args, {}, note)
    site = Site(note, provider.node.name, None, None, [text], [], env=env)
    for taint, trail in all_taints(text, 1).items():
        if taint.harms("sql.text"):
            run.machine.functions.hit(run, "sql.text", site, f"@{name_of(_target(note))}", taint, trail, (None,))


def _target(note: ir.Expr) -> ir.Expr:
    return note.func if isinstance(note, ir.Call) else note


def _provider(run: "Run", info: FunctionInfo, note: ir.Call) -> FunctionInfo | None:
    """The method that an annotation names: of its own name, that of the mapper's method, or the usual one."""
    stated = dict(note.keywords)
    kind = stated.get("type") or stated.get("value") or (note.args[0] if note.args else None)
    owner = next((ref for ref in run.evaluate(kind, {}).refs if isinstance(ref, ClassInfo)), None) if kind else None
    if owner is None:
        return None
    word = stated.get("method")
    names = [word.value] if isinstance(word, ir.Const) and isinstance(word.value, str) else [info.node.name, _DEFAULT]
    found = (one for name in names for one in run.machine.program.method(owner, name) if one.node.body)
    return next(found, None)


def _given(info: FunctionInfo, provider: FunctionInfo, env: "Env") -> list[Value]:
    """What the provider's parameters are: by their names, or all of the mapper's as a map."""
    known = {_named(param): env.get(param.name, UNKNOWN) for param in info.node.params}
    values: list[Value] = []
    for number, param in enumerate(provider.node.params):
        name = _named(param)
        if name in known:
            values.append(known[name])
        elif (
            param.type is not None
            and param.type.name.rpartition(".")[2] in _MAPS
            and (len(known) > 1 or any(_is_named(one) for one in info.node.params))
        ):
            taints = merge_taints(*(one.taints for one in known.values()))
            held: dict[str | int, Value] = dict(known.items())
            values.append(Value(taints, types=frozenset({"dict"}), fields=held))
        else:
            values.append([*known.values()][number] if number < len(known) else UNKNOWN)
    return values


def _is_named(param: ir.Param) -> bool:
    return any(name_of(_target(note)) == "Param" for note in param.decorators)


def _named(param: ir.Param) -> str:
    for note in param.decorators:
        if isinstance(note, ir.Call) and name_of(note.func) == "Param":
            for given in (*note.args, *(value for _, value in note.keywords)):
                if isinstance(given, ir.Const) and isinstance(given.value, str):
                    return given.value
    return param.name
