"""Relations of Python's ORMs that are loaded row by row where the query or the reading stands in another function, and
relations asked with a condition of their own, which loading them before does not help (part of PERF201)."""

from collections.abc import Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.callees import arguments, callee_of, fields_holding
from backend_advisor.code.program import ClassInfo, FunctionInfo
from backend_advisor.code.tree import in_body, name_of, within
from backend_advisor.experts.performance.detectors.entities import EntityTouch
from backend_advisor.experts.performance.detectors.python_rows import RowSources
from backend_advisor.experts.performance.detectors.python_view_models import (
    VALIDATES,
    answered_rows,
    shown_relations,
    view_named,
)
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
_AWAITED = "awaitable_attrs"
"""By which SQLAlchemy's `AsyncAttrs` loads a relation: still a statement for each row."""
_FOLLOWED = 3
_ITEM = "<item>"


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
            yield from self._answered(info)
            for item, over, body in _rounds(list(in_body(info.node))):
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

    def _answered(self, info: FunctionInfo) -> Iterator[EntityTouch]:
        """Rows that a route hands to its framework, which fills view models from them."""
        for over, view in answered_rows(self._program, info):
            rows = self.sources.of(info, over)
            if rows is None:
                continue
            loaded, everything = eager_relations(ir.Sequence(over.start, over.end, "tuple", rows.calls), self.seen)
            wanted = set() if everything else self.relations.of(rows.model) - loaded
            if next(shown_relations(self._program, view, wanted), None) is not None:
                yield EntityTouch(info, over, over, over, info)

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
        """The relations of a row that code reads: directly, in functions that are given the row, in its own methods,
        and in objects made of it. `item` names the row: a variable, or `self.order` in an object that keeps it."""
        nodes = list(within(*body))
        written = {id(one.target) for one in nodes if isinstance(one, ir.Assign)}
        asked = {id(one.value): one.name for one in nodes if isinstance(one, ir.Attr)}
        called = {id(one.func): one for one in nodes if isinstance(one, ir.Call)}
        for node in nodes:
            if isinstance(node, ir.Attr) and is_item(node.value, item):
                then = asked.get(id(node), "")
                if node.name in wanted:
                    if then in _ASKS or (node.name not in loaded and then not in _CHANGES and id(node) not in written):
                        yield Read(node, node, info)
                elif node.name == _AWAITED and then in wanted - loaded:
                    yield Read(node, node, info)
                elif depth:
                    yield from self._in_model(node, model, loaded, wanted, depth, called=id(node) in called)
            elif isinstance(node, ir.Call) and depth:
                yield from self._validated(info, node, item, wanted - loaded)
            if depth:
                for callee, name in self._followed(info, node, item, called=id(node) in called):
                    for read in self.reads(callee, list(callee.node.body), name, model, loaded, wanted, depth - 1):
                        yield Read(node, read.loads, read.loads_in)

    def _validated(self, info: FunctionInfo, call: ir.Call, item: str, missing: set[str]) -> Iterator[Read]:
        """`OrderView.model_validate(order)` reads every relation that the view has a field for."""
        if not isinstance(call.func, ir.Attr) or call.func.name not in VALIDATES:
            return
        if call.args and is_item(call.args[0], item):
            view = view_named(self._program, info, call.func.value)
            if view is not None and next(shown_relations(self._program, view, missing), None) is not None:
                yield Read(call, call, info)

    def _followed(
        self, info: FunctionInfo, node: ir.Node, item: str, *, called: bool
    ) -> Iterator[tuple[FunctionInfo, str]]:
        """The functions that go on with the row at a node, and what it is called there."""
        if isinstance(node, ir.Call):
            yield from self._given_on(info, node, item)
        elif isinstance(node, ir.Attr) and not is_item(node.value, item):
            yield from self._kept_by(info, node, called=called, item=item)

    def _given_on(self, info: FunctionInfo, call: ir.Call, item: str) -> Iterator[tuple[FunctionInfo, str]]:
        """The functions that a call gives the row to, and what it is called there."""
        given = [*call.args, *(value for _, value in call.keywords)]
        if not any(is_item(one, item) for one in given):
            return
        callee = callee_of(self._program, info, call.func)
        if callee is not None and callee is not info:
            for name, value in arguments(call, callee):
                if is_item(value, item):
                    yield callee, name

    def _kept_by(
        self, info: FunctionInfo, node: ir.Attr, *, called: bool, item: str
    ) -> Iterator[tuple[FunctionInfo, str]]:
        """The methods of an object that keeps the row, and what the row is called there: `OrderRow(order).as_dict()`,
        `self.ship_to` of such an object."""
        holder = node.value
        keeper, kept = None, [item]
        if isinstance(holder, ir.Call):
            made = callee_of(self._program, info, holder.func)
            if made is not None and made.node.name == "__init__":
                keeper = made.owner
                names = [name for name, value in arguments(holder, made) if is_item(value, item)]
                kept = [f"self.{field}" for name in names for field in fields_holding(made, name)]
        elif item.startswith("self.") and isinstance(holder, ir.Name) and holder.id == "self":
            keeper = info.owner
        for method in self._program.method(keeper, node.name)[:1] if keeper is not None else ():
            computed = any(name_of(one) in _PROPERTIES for one in method.node.decorators)
            if called != computed and method is not info:
                yield from ((method, name) for name in kept)

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


def is_item(node: ir.Expr, item: str) -> bool:
    """Whether an expression is the row: `order`, or `self.order`."""
    holder, _, name = item.rpartition(".")
    if holder:
        return isinstance(node, ir.Attr) and node.name == name and name_of(node.value) == holder
    return isinstance(node, ir.Name) and node.id == name


def _rounds(nodes: list[ir.Node]) -> Iterator[tuple[str, ir.Expr, list[ir.Node]]]:
    """Loops, comprehensions, and `map(row_of, orders)`, which calls a function with each item."""
    yield from rounds_over(nodes)
    for node in nodes:
        if (
            isinstance(node, ir.Call)
            and isinstance(node.func, ir.Name)
            and node.func.id == "map"
            and len(node.args) > 1
        ):
            made, over = node.args[0], node.args[1]
            if isinstance(made, ir.Lambda):
                if len(made.function.params) == 1:
                    yield made.function.params[0].name, over, list(made.function.body)
            else:
                item = ir.Name(over.start, over.end, _ITEM)
                yield _ITEM, over, [ir.Call(made.start, made.end, made, [item])]
