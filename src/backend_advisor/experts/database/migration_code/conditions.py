"""Expressions of Django and of query builders as SQL, as far as changes of tables need them."""

from collections.abc import Callable, Mapping

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of
from backend_advisor.experts.database.migration_code.constants import Constants

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "exact": "="}
_JOINED = {"&": "AND", "|": "OR"}
_ARITHMETIC = frozenset("+-*/%")
_LONGEST = 10_000


class Conditions:
    """Words `Q(amount__gt=0)`, `F("a") + F("b")`, `func.now()`; None for what it does not know."""

    def __init__(
        self, constants: Constants, functions: Mapping[str, str], column_of: Callable[[str], str | None]
    ) -> None:
        self._constants = constants
        self._functions = functions
        self._column_of = column_of
        self._known: dict[int, str | None] = {}

    def sql(self, value: ir.Expr) -> str | None:
        """An expression as SQL."""
        value = self._constants.value(value)
        if isinstance(value, ir.Const):
            return _literal(value.value)
        known = id(value)
        if known not in self._known:
            # Known as nothing while it is put together, so that no expression holds itself.
            self._known[known] = None
            text = self._put_together(value)
            self._known[known] = text if text is None or len(text) <= _LONGEST else None
        return self._known[known]

    def _put_together(self, value: ir.Expr) -> str | None:
        if isinstance(value, ir.Binary):
            return self._both(value)
        if isinstance(value, ir.Unary) and value.op in ("~", "-", "not"):
            inside = self.sql(value.operand)
            return None if inside is None else f"-{inside}" if value.op == "-" else f"NOT ({inside})"
        if isinstance(value, ir.Call):
            return self._called(value)
        return None

    def _both(self, value: ir.Binary) -> str | None:
        left, right = self.sql(value.left), self.sql(value.right)
        if left is None or right is None or not (value.op in _JOINED or value.op in _ARITHMETIC):
            return None
        return f"({left} {_JOINED.get(value.op, value.op)} {right})"

    def _called(self, call: ir.Call) -> str | None:
        name = name_of(call.func)
        if name == "Q":
            return self._condition(call)
        if name == "F":
            text = self._constants.text(call.args[0]) if call.args else None
            return _plain(self._column_of(text)) if text is not None else None
        if name == "Value" and call.args:
            return self.sql(call.args[0])
        if isinstance(call.func, ir.Attr) and name_of(call.func.value) in ("func", "fn"):
            return f"{self._functions.get(name, name)}()" if not call.args and name.isidentifier() else None
        if name == "fn" and len(call.args) == 1:
            text = self._constants.text(call.args[0])
            return f"{text}()" if text is not None and text.isidentifier() else None
        if name in self._functions:
            return self._function(self._functions[name], call)
        return None

    def _function(self, name: str, call: ir.Call) -> str | None:
        given = []
        for argument in call.args:
            text = self._constants.text(argument)
            given.append(_plain(self._column_of(text)) if text is not None else self.sql(argument))
        return None if None in given or call.keywords else f"{name}({', '.join(one for one in given if one)})"

    def _condition(self, call: ir.Call) -> str | None:
        """`Q(a=1)`, or `Q(("a", 1), ("b", 2), _connector="OR")`, as Django writes conditions into migrations."""
        given = dict(call.keywords)
        connector, negated = given.pop("_connector", None), given.pop("_negated", None)
        word = self._constants.text(connector) if connector is not None else "AND"
        parts = [self._compared(key, value) for key, value in given.items()]
        for argument in call.args:
            pair = self._constants.value(argument)
            if isinstance(pair, ir.Sequence) and len(pair.items) == 2:
                named = self._constants.text(pair.items[0])
                parts.append(self._compared(named, pair.items[1]) if named is not None else None)
            else:
                parts.append(self.sql(argument))
        if not parts or None in parts or word not in ("AND", "OR"):
            return None
        joined = f"({f' {word} '.join(part for part in parts if part)})"
        return joined if negated is None else f"NOT {joined}"

    def _compared(self, key: str, value: ir.Expr) -> str | None:
        field, _, lookup = key.partition("__")
        column = _plain(self._column_of(field))
        if column is None:
            return None
        given = self._constants.value(value)
        if lookup == "isnull" and isinstance(given, ir.Const):
            return f"{column} IS {'' if given.value else 'NOT '}NULL"
        if lookup == "in" and isinstance(given, ir.Sequence):
            items = [self.sql(item) for item in given.items]
            return None if None in items or not items else f"{column} IN ({', '.join(one for one in items if one)})"
        operator = _COMPARISONS.get(lookup or "exact")
        compared = self.sql(given)
        return None if operator is None or compared is None else f"{column} {operator} {compared}"


def _literal(value: ir.Constant) -> str | None:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'" if "\\" not in value else None
    return None


def _plain(name: str | None) -> str | None:
    return f'"{name}"' if name is not None and name.isidentifier() else None
