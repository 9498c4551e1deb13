"""By which value of the client a call finds its record."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from backend_advisor.code import ir
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import everything
from backend_advisor.experts.security.detectors.origins import CLIENT, RECORD, Origin
from backend_advisor.experts.security.detectors.queries import argument_of, is_mapping
from backend_advisor.experts.security.detectors.telling import BY_KEY, SQL_BY_ID, WHOLE
from backend_advisor.experts.security.detectors.words import IDENTIFIER, NAMED_BY, OWNER_FIELD, dotted

_LONGEST = 60
_NARROWS = frozenset({"where", "andWhere"})
_DERIVED = re.compile(r"(?:find|get|read|query|delete|remove)(?:One|First)?By([A-Z]\w*)$")
_AND = re.compile(r"(?:And|Or)(?=[A-Z])|OrderBy")
_ID = re.compile(r"(?:^|[a-z])(?:Id|Uuid|UUID|Number|No)$|^(?:Id|Uuid|UUID)$")


@dataclass(frozen=True, slots=True)
class Lookup:
    """A call that asks the database, its statement when it is written out, and where its values come from."""

    node: ir.Call
    calls: list[CallSeen]
    text: str
    meant: list[object]
    origin: Callable[[ir.Expr], Origin]
    source: bytes

    def key(self) -> str:
        """The name of the client's value by which a record is found; empty when there is none."""
        for expression in self._wanted():
            if self._is_given(expression):
                return self.source[expression.start : expression.end].decode("utf-8", "replace")[:_LONGEST]
        if self.text:
            named = SQL_BY_ID.search(self.text)
            return named[1] if named is not None and any(self._is_given(one) for one in self.node.args) else ""
        return next(self._named(), "")

    def _wanted(self) -> Iterator[ir.Expr]:
        """The arguments that a role takes for the key of a record."""
        for call in self.calls:
            for wanted, kinds in call.role.sinks:
                expression = argument_of(self.node, wanted) if "record.id" in kinds else None
                if expression is None or is_mapping(expression) or WHOLE.search(dotted(expression)):
                    continue
                is_plain = isinstance(expression, ir.Name) and not BY_KEY.search(call.role.name.rpartition(".")[2])
                if not is_plain or _is_key(dotted(expression)):
                    yield expression

    def _named(self) -> Iterator[str]:
        """The keys that are named: by keyword, in a mapping, in a comparison."""
        for name, value in self.node.keywords:
            if _is_key(name) and self._is_given(value):
                yield name
        yield from self._in_name()
        conditions = list(_conditions(self.node))
        for condition in conditions:
            yield from self._positional(condition)
        given = [one.args for one in conditions]
        for part in everything(self.node.args, [value for _, value in self.node.keywords], self.meant, given):
            if isinstance(part, ir.Mapping):
                yield from self._mapped(part)
            elif isinstance(part, ir.Binary) and part.op in ("==", "==="):
                yield from self._compared(((part.left, part.right), (part.right, part.left)))

    def _positional(self, condition: ir.Call) -> Iterator[str]:
        """`.where("id", id)`, `.where("invoice.id", "=", id)`, `.where(eq(invoices.id, id))`."""
        first, last = (condition.args[0], condition.args[-1]) if condition.args else (None, None)
        if isinstance(first, ir.Call) and dotted(first.func).rpartition(".")[2] == "eq" and len(first.args) > 1:
            first, last = first.args[:2]
        if first is None or last is None or first is last or (len(condition.args) > 2 and not _is_equal(condition)):
            return
        word = first.value if isinstance(first, ir.Const) else first.name if isinstance(first, ir.Attr) else ""
        word = word.rpartition(".")[2] if isinstance(word, str) else ""
        if word and _is_key(word) and self._is_given(last):
            yield word

    def _in_name(self) -> Iterator[str]:
        """`orders.findByIdAndCustomerId(id, customer)`: Spring Data takes the columns from the name."""
        named = _DERIVED.match(dotted(self.node.func).rpartition(".")[2])
        if named is None or not any("db.query" in call.role.does for call in self.calls):
            return
        for part, value in zip(_AND.split(named[1]), self.node.args, strict=False):
            word = part[:1].lower() + part[1:]
            if _ID.search(part) and _is_key(word) and self._is_given(value):
                yield word

    def _mapped(self, mapping: ir.Mapping) -> Iterator[str]:
        for key, value in mapping.pairs:
            word = key.value if isinstance(key, ir.Const) else getattr(key, "id", None)
            if isinstance(word, str) and _is_key(word) and self._is_given(value):
                yield word

    def _compared(self, sides: Iterable[tuple[ir.Expr, ir.Expr]]) -> Iterator[str]:
        for one, other in sides:
            if (
                isinstance(one, ir.Attr)
                and _is_key(one.name)
                and self._is_given(other)
                and not self.origin(one) & CLIENT
            ):
                yield one.name

    def _is_given(self, expression: ir.Expr) -> bool:
        """Whether a value is the client's, and not read off a record first."""
        origin = self.origin(expression)
        return bool(origin & CLIENT) and not origin & RECORD


def _conditions(node: ir.Call) -> Iterator[ir.Call]:
    """The conditions of a query that is built by a chain: `knex("board").where({ id }).update({ name })`."""
    at: ir.Expr = node
    while isinstance(at, ir.Call) and isinstance(at.func, ir.Attr):
        if at is not node and at.func.name in _NARROWS:
            yield at
        at = at.func.value


def _is_equal(condition: ir.Call) -> bool:
    sign = condition.args[1]
    return isinstance(sign, ir.Const) and sign.value in ("=", "==", "===", "eq")


def _is_key(word: str) -> bool:
    plain = word.rpartition("__")[0] if word.endswith(("__exact", "__iexact", "__in")) else word
    return bool(IDENTIFIER.match(plain) or NAMED_BY.match(plain) or OWNER_FIELD.match(plain))
