"""What waiting for a value gives: a query that is built is sent when somebody waits for it, and gives its rows."""

from backend_advisor.code import ir
from backend_advisor.code.meaning import apply_role
from backend_advisor.code.run import Env, Run
from backend_advisor.code.site import Site
from backend_advisor.code.values import Value

_WAIT = "__await__"


def waited_for(run: Run, node: ir.Await, value: Value, env: Env) -> Value:
    """The value itself, unless roles say what waiting for one of its type gives (`mongoose.Query.__await__`)."""
    for kind in value.types:
        role = run.machine.method_role(kind, _WAIT)
        if role is not None:
            return apply_role(run, role, Site(node, _WAIT, value, node.value, [], [], env=env))
    return value
