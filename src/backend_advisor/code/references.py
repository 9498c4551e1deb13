"""Java's method references: functions of the program, or made of what the named method does (`String::trim`)."""

from backend_advisor.code import ir
from backend_advisor.code.interface_queries import note_query
from backend_advisor.code.members import member
from backend_advisor.code.names import FunctionRef, around
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.run import Env, Run, evaluates
from backend_advisor.code.values import Value

_ITEM = "(item)"


@evaluates(ir.Reference)
def _reference(run: Run, node: ir.Reference, env: Env) -> Value:
    holder = run.evaluate(node.value, env)
    found = member(run, holder, node.name, node)
    named = [ref for ref in found.refs if isinstance(ref, FunctionRef)]
    if named:
        for ref in named:
            if not ref.info.node.body:
                note_query(run, ref.info, node)
        return found
    return Value(refs=(FunctionRef(_made(run, node, holder), around(run, env), env.get("this")),), name=found.name)


def _made(run: Run, node: ir.Reference, holder: Value) -> FunctionInfo:
    """A function of one parameter that does what the reference names."""
    known = run.machine.references.get(id(node))
    if known is None:
        call = _call(run, node, holder)
        body: list[ir.Stmt] = [ir.Return(node.start, node.end, call)]
        function = ir.Function(node.start, node.end, "", [ir.Param(node.start, node.end, _ITEM)], body)
        owner = run.info.owner if run.info is not None else None
        known = run.machine.references[id(node)] = FunctionInfo(function, run.unit, owner, run.info)
    return known


def _call(run: Run, node: ir.Reference, holder: Value) -> ir.Call:
    item = ir.Name(node.start, node.end, _ITEM)
    if node.name == "new":
        return ir.Call(node.start, node.end, node.value, [item], new=True)
    if _is_type(holder) and not _is_static(run, holder, node.name):
        return ir.Call(node.start, node.end, ir.Attr(node.start, node.end, item, node.name), [])
    return ir.Call(node.start, node.end, ir.Attr(node.start, node.end, node.value, node.name), [item])


def _is_type(holder: Value) -> bool:
    return any(isinstance(ref, ClassInfo) for ref in holder.refs) or (
        holder.name is not None and holder.name.rpartition(".")[2][:1].isupper() and not holder.types
    )


def _is_static(run: Run, holder: Value, name: str) -> bool:
    """Whether a method of a foreign class works on its argument, by what its role says of it."""
    role = run.machine.roles.calls.get(f"{holder.name}.{name}")
    if role is None:
        return False
    told = (*(role.passes or ()), *(argument for argument, _ in role.sinks))
    if any(argument.keyword == "this" for argument in told):
        return False
    return any(argument.position is not None for argument in told) or bool(role.cleans)
