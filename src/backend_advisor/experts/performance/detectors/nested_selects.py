"""Results of MyBatis whose rows each run another statement (part of PERF201)."""

from collections.abc import Iterator

from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Confidence
from backend_advisor.rules.registry import CodeContext, detects_in_code

_SEVERAL = frozenset({"List", "Set", "Collection", "Iterable", "Page", "IPage", "Cursor", "ArrayList"})


@detects_in_code("PERF201")
def nested_selects(context: CodeContext) -> Iterator[Match]:
    """`<collection property="items" column="id" select="findItems"/>` in the result of a method that gives a list."""
    mappers = context.program.mappers
    if not mappers.has_nested:
        return
    told: set[tuple[str, int]] = set()
    for info in context.program.functions():
        kind = info.node.returns
        if kind is None or kind.name.rpartition(".")[2] not in _SEVERAL:
            continue
        for nested in mappers.asked_for_each_row(info):
            if (nested.path, nested.start) not in told:
                told.add((nested.path, nested.start))
                yield Match(
                    location=context.places.location(nested.path, nested.start, nested.end),
                    values={"call": nested.asks, "items": info.node.name},
                    confidence=Confidence.MEDIUM,
                    steps=((context.location(info.unit, info.node), "step_loop"),),
                )
