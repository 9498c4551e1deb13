"""Options that let TypeORM change the tables at each start (QUA134)."""

from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.tree import everything
from backend_advisor.experts.quality.detectors.tree import is_apart
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.registry import CodeContext, detects_in_code

_OPTION = "synchronize"
_BESIDE = frozenset({"type", "entities", "host", "url", "migrations", "database", "autoLoadEntities"})
"""Other options of a data source, of which one stands beside it."""


@detects_in_code("QUA134")
def synchronised_at_start(context: CodeContext) -> Iterator[Match]:
    """`synchronize: true` among the options of a data source, wherever they are written."""
    for unit in context.program.units.values():
        source = unit.module.source
        if b"synchronize" not in source or b"typeorm" not in source.lower() or is_apart(unit):
            continue
        for node in everything(unit.module.body):
            if not isinstance(node, ir.Mapping):
                continue
            pairs = {getattr(key, "value", None): (key, value) for key, value in node.pairs}
            key, value = pairs.get(_OPTION, (None, None))
            if key is None or not isinstance(value, ir.Const) or value.value is not True or not _BESIDE & pairs.keys():
                continue
            yield Match(
                location=context.places.location(unit.path, key.start, value.end),
                values={"call": context.places.text(unit.path, key.start, value.end)},
            )
