"""Relations of Python's ORMs that are loaded row by row where the query or the reading stands in another function, and
relations asked with a condition of their own, which loading them before does not help (part of PERF201)."""

from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.tree import in_body, name_of, within
from backend_advisor.experts.performance.detectors.entities import EntityTouch
from backend_advisor.experts.performance.detectors.names import function_named
from backend_advisor.experts.performance.detectors.python_rows import RowSources, params_given
from backend_advisor.experts.performance.detectors.relations import Relations, eager_relations
from backend_advisor.experts.performance.detectors.surroundings import is_by_hand
from backend_advisor.experts.performance.detectors.survey import Survey
from backend_advisor.experts.performance.detectors.unseen_relations import rounds_over
from backend_advisor.experts.performance.detectors.waiting import is_waited_for, writes_each
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext

_ASKS = frozenset(
    ["filter", "exclude", "order_by", "aggregate", "annotate", "values", "values_list", "distinct", "latest",
     "earliest", "get", "filter_by", "aaggregate", "alatest", "aearliest"]
)  # fmt: skip
"""What a manager of related rows asks the database for even when they are loaded."""
_CHANGES = frozenset(
    ["add", "create", "remove", "set", "clear", "update", "delete", "bulk_create", "get_or_create", "update_or_create",
     "append", "extend", "acreate", "aadd", "aset", "model"]
)  # fmt: skip
"""What writes related rows."""
_SAVING = frozenset({"save", "asave", "delete", "adelete", "clean", "full_clean"})
"""Methods beside whose own statement what they read is the smaller part."""
_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property"})
_FOLLOWED = 2


@dataclass(frozen=True, slots=True)
class Read:
    """Where a row is read: in the loop, and where its relation is loaded, which may be another function."""

    node: ir.Node
    loads: ir.Node
    loads_in: FunctionInfo


class PassedRelations:
    """Follows the rows of a query into the functions that they are given to."""

    def __init__(self, context: CodeContext, seen: Survey, relations: Relations) -> None:
        self._context = context
        self._program = context.program
        self.seen = seen
        self.relations = relations
        self.sources = RowSources(context.program)

    def touches(self, told: set[int]) -> Iterator[EntityTouch]:
        """Every relation that is loaded for each row, those left out that are told."""
        if self._program.language != "python" or not any(map(self.relations.of, self._program.classes.values())):
            return
        for info in self._program.functions():
            if is_by_hand(info.unit, info):
                continue
            for item, over, body in rounds_over(list(in_body(info.node))):
                rows = self.sources.of(info, over)
                if rows is None:
                    continue
                loaded, everything = eager_relations(ir.Sequence(over.start, over.end, "tuple", rows.calls), self.seen)
                wanted = self.relations.of(rows.model)
                last = [one for one in within(*body) if isinstance(one, ir.Throw | ir.Return)]
                # What a round that ends the loop touches is loaded once.
                passed = told | {id(part) for one in last for part in within(one)}
                for read in self.reads(
                    info, body, item, rows.model, wanted if everything else loaded, wanted, _FOLLOWED
                ):
                    if id(read.node) not in passed:
                        yield EntityTouch(
                            info, over, read.node, read.loads, read.loads_in, self._sureness(info, over, body)
                        )
                        break

    def _sureness(self, info: FunctionInfo, over: ir.Expr, body: list[ir.Node]) -> Confidence:
        around = ir.Node(min(over.start, *(one.start for one in body)), max(over.end, *(one.end for one in body)))
        beside = not is_waited_for(self._context, info) or writes_each(self.seen, info, around)
        return Confidence.LOW if beside else Confidence.MEDIUM

    def reads(
        self,
        info: FunctionInfo,
        body: list[ir.Node],
        item: str,
        model: ClassInfo,
        loaded: set[str],
        wanted: set[str],
        depth: int,
    ) -> Iterator[Read]:
        """The relations of a row that code reads: directly, in functions that are given the row, in its own methods."""
        nodes = list(within(*body))
        written = {id(one.target) for one in nodes if isinstance(one, ir.Assign)}
        asked = {id(one.value): one.name for one in nodes if isinstance(one, ir.Attr)}
        called = {id(one.func) for one in nodes if isinstance(one, ir.Call)}
        for node in nodes:
            if isinstance(node, ir.Attr) and isinstance(node.value, ir.Name) and node.value.id == item:
                then = asked.get(id(node), "")
                if node.name in wanted:
                    if then in _ASKS or (node.name not in loaded and then not in _CHANGES and id(node) not in written):
                        yield Read(node, node, info)
                elif depth:
                    yield from self._in_model(node, model, loaded, wanted, depth, called=id(node) in called)
            elif isinstance(node, ir.Call) and depth:
                callee = function_named(self._program, info.unit, node.func, info)
                if callee is None or callee is info:
                    continue
                params = [one.name for one in callee.node.params]
                params = params[1:] if callee.owner is not None and not callee.is_static else params
                for name in params_given(node, item, params).values():
                    for read in self.reads(callee, list(callee.node.body), name, model, loaded, wanted, depth - 1):
                        yield Read(node, read.loads, read.loads_in)

    def _in_model(
        self, node: ir.Attr, model: ClassInfo, loaded: set[str], wanted: set[str], depth: int, *, called: bool
    ) -> Iterator[Read]:
        """What a method or property of the model loads: `order.summary()` that counts `self.lines`."""
        for method in self._program.method(model, node.name)[:1] if node.name not in _SAVING else ():
            computed = any(name_of(one) in _PROPERTIES for one in method.node.decorators)
            if called == computed or not method.node.params:
                continue
            me = method.node.params[0].name
            for read in self.reads(method, list(method.node.body), me, model, loaded, wanted, depth - 1):
                yield Read(node, read.loads, read.loads_in)
