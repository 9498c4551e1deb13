"""A plan node while it is being read, and its change into the model's node with totals and own time."""

from dataclasses import dataclass, field, replace

from backend_advisor.model import PlanNode
from backend_advisor.sql.plan.timing import own_times, wall_times

_BLOCKS = {
    "hit": ("Shared Hit Blocks", "Local Hit Blocks"),
    "read": ("Shared Read Blocks", "Local Read Blocks"),
    "temp": ("Temp Read Blocks", "Temp Written Blocks"),
}
_REMOVED = ("Rows Removed by Filter", "Rows Removed by Join Filter")


@dataclass(eq=False)
class RawNode:
    """A node as printed: figures are averages for one loop. Compared by identity."""

    operation: str = ""
    relation: str | None = None
    alias: str | None = None
    index: str | None = None
    subplan: str | None = None
    estimated_rows: float | None = None
    startup_cost: float | None = None
    total_cost: float | None = None
    actual_rows: float | None = None
    ms_per_loop: float | None = None
    loops: float = 1.0
    properties: dict[str, str] = field(default_factory=dict)
    line: int | None = None
    children: list["RawNode"] = field(default_factory=list)

    @property
    def executed(self) -> bool:
        """Whether it ran at least once."""
        return self.actual_rows is not None and self.loops > 0


def in_order(root: RawNode) -> list[RawNode]:
    """Every node, parents before children."""
    found, stack = [], [root]
    while stack:
        node = stack.pop()
        found.append(node)
        stack.extend(reversed(node.children))
    return found


def finished(root: RawNode) -> PlanNode:
    """The model's tree, built from the leaves up so that depth costs no recursion."""
    wall = wall_times(root)
    own = own_times(root, wall)
    done: dict[int, PlanNode] = {}
    for raw in reversed(in_order(root)):
        children = tuple(done.pop(id(child)) for child in raw.children)
        node = replace(_node(raw), children=children)
        done[id(raw)] = replace(node, ms=_rounded(wall.get(raw)), self_ms=_rounded(own.get(raw)))
    return done[id(root)]


def _node(raw: RawNode) -> PlanNode:
    loops = raw.loops if raw.actual_rows is not None else 1.0
    properties = dict(raw.properties)
    if raw.subplan:
        properties["Subplan Name"] = raw.subplan
    removed = [float(properties[name]) for name in _REMOVED if _is_number(properties.get(name))]
    return PlanNode(
        operation=raw.operation,
        relation=raw.relation,
        alias=raw.alias,
        index=raw.index,
        # A node that never ran keeps its estimate for one loop: there is nothing else to say of it.
        estimated_rows=None if raw.estimated_rows is None else raw.estimated_rows * max(loops, 1.0),
        actual_rows=None if raw.actual_rows is None else raw.actual_rows * loops,
        loops=loops,
        startup_cost=raw.startup_cost,
        total_cost=raw.total_cost,
        rows_removed=sum(removed) * loops if removed else None,
        hit_blocks=_blocks(properties, "hit"),
        read_blocks=_blocks(properties, "read"),
        temp_blocks=_blocks(properties, "temp"),
        properties=properties,
        line=raw.line,
    )


def _blocks(properties: dict[str, str], kind: str) -> int | None:
    values = [int(float(properties[name])) for name in _BLOCKS[kind] if _is_number(properties.get(name))]
    if values:
        return sum(values)
    # The text format leaves zeros out, so one counter of a node's buffers stands for all of them.
    return 0 if any(name in properties for names in _BLOCKS.values() for name in names) else None


def _is_number(text: str | None) -> bool:
    if text is None:
        return False
    try:
        return abs(float(text)) < 1e18
    except ValueError:
        return False


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
