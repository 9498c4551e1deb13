"""Whether a client waits for a loop of Python, and whether its rounds write as well: what tells how a loop of queries
that is worth mending from one that is not."""

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Unit
from backend_advisor.experts.performance.detectors.serving import served
from backend_advisor.experts.performance.detectors.survey import Survey
from backend_advisor.rules.registry import CodeContext

_WRITES = frozenset(
    ["db.write", "db.write_many", "db.commit", "db.transaction", "orm.save", "http.request", "mail.send",
     "queue.publish", "file.write", "process.run"]
)  # fmt: skip


def is_waited_for(context: CodeContext, info: FunctionInfo | None) -> bool:
    """Whether a function of Python runs in the course of a request, in a program that serves any; of the other
    languages too little is seen of who calls whom."""
    if context.program.language != "python":
        return True
    during = served(context)
    return not during or info in during


def writes_each(seen: Survey, info: FunctionInfo | None, around: ir.Node) -> bool:
    """Whether something is written or asked far away within a stretch of a function: reading is the smaller part."""
    return any(
        around.start <= spot.node.start
        and spot.node.end <= around.end
        and (
            (spot.call is not None and not _WRITES.isdisjoint(spot.call.role.does))
            or (spot.reach is not None and not _WRITES.isdisjoint(spot.reach.acts))
        )
        for spot in seen.inside.get(id(info), ())
    )


def function_around(unit: Unit, node: ir.Node) -> FunctionInfo | None:
    """The innermost function of a file that a place stands in."""
    around = [one for one in unit.functions if one.node.start <= node.start and node.end <= one.node.end]
    return min(around, key=lambda one: one.node.end - one.node.start, default=None)
