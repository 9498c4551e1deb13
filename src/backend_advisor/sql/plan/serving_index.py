"""The index that would serve a scan of a plan, from the conditions and sort keys that the plan prints."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_LONGEST = 5_000
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_KEY = re.compile(r"^(?:[\w\"]+\.)*\"?(\w+)\"?((?: ASC| DESC)?(?: NULLS (?:FIRST|LAST))?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServingIndex:
    """Columns compared by equality, then those of the order, or else one that is compared by range."""

    equal: tuple[str, ...] = ()
    ranged: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """As an index lists them; the order is served only behind equalities alone."""
        return tuple(dict.fromkeys([*self.equal, *(self.ranged[:1] or self._new_order)]))

    @property
    def serves_order(self) -> bool:
        """Whether rows come out of the index as the plan sorts them."""
        return bool(self.order) and not self.ranged

    @property
    def _new_order(self) -> tuple[str, ...]:
        return tuple(key for key in self.order if key.split(" ", maxsplit=1)[0] not in self.equal)


def serving_index(
    condition: str, sort_keys: str, names: Collection[str], dialect: str = "postgres"
) -> ServingIndex | None:
    """What an index on the table known by `names` needs; None when the condition holds nothing that one could use."""
    equal, ranged = _compared(condition, names, dialect) if condition else ([], [])
    order = _order(sort_keys, names, dialect)
    found = ServingIndex(tuple(dict.fromkeys(equal)), tuple(dict.fromkeys(ranged)), order)
    return found if equal or ranged or (not condition and order) else None


def parsed(text: str, dialect: str = "postgres") -> exp.Expression | None:
    """A condition or key as the plan prints it, parsed; None when it is beyond the parser."""
    if len(text) > _LONGEST:
        return None
    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except (SqlglotError, RecursionError):
        return None
    return tree if isinstance(tree, exp.Expression) else None


def _compared(condition: str, names: Collection[str], dialect: str) -> tuple[list[str], list[str]]:
    """Columns of the table compared for equality, and those compared by range or with several values."""
    tree = parsed(condition, dialect)
    if tree is None or tree.find(exp.Or) is not None:
        return [], []
    equal: list[str] = []
    ranged: list[str] = []
    for part in _conjuncts(tree):
        sides = [_bare(part.this), _bare(part.expression)] if isinstance(part, exp.Binary) else []
        own = [side for side in sides if isinstance(side, exp.Column) and side.table in ("", *names)]
        if len(own) != 1:
            continue
        if isinstance(part, exp.EQ):
            (ranged if any(isinstance(side, exp.Any) for side in sides) else equal).append(
                _quoted(own[0].name, dialect)
            )
        elif isinstance(part, exp.GT | exp.GTE | exp.LT | exp.LTE):
            ranged.append(_quoted(own[0].name, dialect))
    return equal, ranged


def _order(keys: str, names: Collection[str], dialect: str) -> tuple[str, ...]:
    """Sort keys as an index states them: directions only where they are mixed, or where nulls are placed."""
    found: list[tuple[str, str]] = []
    for key in filter(None, (part.strip() for part in keys.split(","))):
        table, _, _ = key.rpartition(".")
        match = _KEY.match(key)
        if match is None or table.strip('"') not in ("", *names):
            return ()
        found.append((_quoted(match[1], dialect), match[2].upper().removeprefix(" ASC").strip()))
    directions = {direction for _, direction in found}
    mixed = len(directions) > 1 or any("NULLS" in direction for direction in directions)
    return tuple(f"{name} {direction}".strip() if mixed else name for name, direction in found)


def _quoted(name: str, dialect: str) -> str:
    """A name as a statement writes it; only PostgreSQL folds one with capitals."""
    return name if dialect == "mysql" or _PLAIN.fullmatch(name) else f'"{name}"'


def _conjuncts(tree: exp.Expression) -> Iterator[exp.Expression]:
    stack = [tree]
    while stack:
        node = _bare(stack.pop())
        if isinstance(node, exp.And):
            stack.extend([node.expression, node.this])
        else:
            yield node


def _bare(node: exp.Expression) -> exp.Expression:
    """Without parentheses and without the casts that the server adds to a column of type varchar."""
    while isinstance(node, exp.Paren) or (isinstance(node, exp.Cast) and isinstance(node.this, exp.Column | exp.Paren)):
        node = node.this
    return node
