"""The statements that a change in code makes, put together from its constant arguments."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from backend_advisor.code import ir
from backend_advisor.code.tree import name_of
from backend_advisor.experts.database.migration_code.conditions import Conditions
from backend_advisor.experts.database.migration_code.constants import Constants
from backend_advisor.experts.database.migration_code.frameworks import Framework, Make
from backend_advisor.experts.database.migration_code.models import Models
from backend_advisor.experts.database.migration_code.walking import Change

_PLACE = re.compile(r"\{([\w.]+)([?!^*~$:%&@=]?)([^{}]*)\}")
_NAME = re.compile(r"[^\x00-\x1f\"`\\;]{1,63}")
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_TYPE = re.compile(r"[a-z][a-z0-9_ ]*(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])?", re.IGNORECASE)
_RESERVED = frozenset(
    "all analyse analyze and any array as asc authorization between binary both case cast check collate column "
    "constraint create cross current_date default desc distinct do else end except false fetch for foreign freeze "
    "from full grant group having ilike in initially inner intersect into is join lateral leading left like limit "
    "natural not null offset on only or order outer over placing primary references returning right select "
    "session_user similar some table tablesample then to trailing true union unique user using variadic verbose when "
    "where window with".split()
)
_SIZED = frozenset(["varchar", "numeric", "char", "bit"])


@dataclass(frozen=True, slots=True)
class Made:
    """A statement that a change makes; `literal` is the text in the code that is the statement itself."""

    sql: str
    start: int
    end: int
    literal: ir.Const | None = None


class _UnknownError(Exception):
    """An argument is not a constant."""


class Wording:
    """Words the changes of one migration; quotes names as its database does."""

    def __init__(self, framework: Framework, constants: Constants, models: Models | None, quote: str) -> None:
        self._framework = framework
        self._constants = constants
        self._models = models
        self._quote = quote
        self._conditions = Conditions(constants, framework.functions, self._column_of)
        self._words: Mapping[str, Callable[[ir.Expr | None, str], str]] = {
            "": lambda value, _: self._identifier(value),
            "?": lambda value, words: words if self._is(value, "true") else "",
            "!": lambda value, words: words if self._is(value, "false") else "",
            "^": lambda value, words: "" if self._is(value, "true") else words,
            "*": lambda value, _: self._columns(value),
            "~": self._optional_name,
            "$": lambda value, _: self._sql(value),
            ":": lambda value, _: self._type(value),
            "%": self._default,
            "&": lambda value, _: self._target(value),
            "@": lambda value, _: self._table_of(value),
            "=": lambda value, _: _known(self._conditions.sql(_given(value))),
        }

    def statements(self, change: Change) -> Iterator[Made]:
        """What a change makes, as far as it is known."""
        for make in change.form.makes:
            for one in self._each(change, make):
                try:
                    if self._is_made(one, make):
                        sql = _PLACE.sub(lambda match: self._worded(one, match), make.sql)  # noqa: B023 (used at once)
                        yield Made(sql, one.start, one.end, self._literal(one, make))
                except _UnknownError:
                    continue

    def _each(self, change: Change, make: Make) -> Iterator[Change]:
        several = self._constants.value(change.arguments[make.each]) if make.each in change.arguments else None
        if not isinstance(several, ir.Sequence):
            yield change
            return
        for item in several.items:
            if not isinstance(item, ir.Spread):
                yield replace(change, arguments={**change.arguments, make.each: item})

    def _is_made(self, change: Change, make: Make) -> bool:
        if not all(self._is(self._at(change, path), wanted) for path, wanted in make.when.items()):
            return False
        if any(self._is(self._at(change, path), shunned) for path, shunned in make.unless.items()):
            return False
        if make.differs:
            return not self._are_alike(*(self._at(change, path) for path in make.differs))
        return True

    def _worded(self, change: Change, match: re.Match[str]) -> str:
        path, kind, words = match.groups()
        try:
            value = self._at(change, path)
        except _UnknownError:
            if kind == "~":
                return ""
            raise
        return self._words[kind](value, words)

    def _at(self, change: Change, path: str) -> ir.Expr | None:
        """The argument, or a part of it, that a path names; None when it is not given."""
        first, *rest = path.split(".")
        value: ir.Expr | None = change.arguments.get(first)
        if value is None and not change.complete:
            raise _UnknownError
        for step in rest:
            value = self._part(value, step) if value is not None else None
        return self._constants.value(value) if value is not None else None

    def _part(self, value: ir.Expr, name: str) -> ir.Expr | None:
        value = self._constants.value(value)
        if isinstance(value, ir.Call):
            return self._argument(value, name)
        if isinstance(value, ir.Mapping):
            for key, given in value.pairs:
                if key is None:
                    raise _UnknownError
                if isinstance(key, ir.Const) and key.value == name:
                    return given
            return None
        if isinstance(value, (ir.Const, ir.Sequence)):
            return None
        raise _UnknownError

    def _argument(self, call: ir.Call, name: str) -> ir.Expr | None:
        """An argument of a nested call by its name; one that is a call itself goes by the name of what is called."""
        if any(isinstance(one, ir.Spread) for one in call.args) or any(key == "**" for key, _ in call.keywords):
            raise _UnknownError
        if call.new and len(call.args) == 1 and not call.keywords:
            return self._part(call.args[0], name)
        named = dict(zip(self._framework.objects.get(name_of(call.func), ()), call.args, strict=False))
        named.update({name_of(one.func): one for one in call.args if isinstance(one, ir.Call)})
        return {**named, **dict(call.keywords)}.get(name)

    def _is(self, value: ir.Expr | None, wanted: str) -> bool:
        """Whether a value is given ("present"), is a constant, or is made by a call of a name."""
        if value is None or (isinstance(value, ir.Const) and value.value is None):
            return False
        if wanted == "present":
            return True
        if isinstance(value, ir.Const):
            return str(value.value).lower() == wanted.lower()
        if isinstance(value, ir.Call):
            return name_of(value.func) == wanted
        raise _UnknownError

    def _are_alike(self, one: ir.Expr | None, other: ir.Expr | None) -> bool:
        return one is not None and other is not None and self._spelt(one) == self._spelt(other)

    def _spelt(self, value: ir.Expr) -> str:
        text = self._constants.text(value)
        return text if text is not None else self._type(value)

    def _name(self, name: str | None) -> str:
        if name is None or not _NAME.fullmatch(name):
            raise _UnknownError
        if _PLAIN.fullmatch(name) and name not in _RESERVED:
            return name
        return f"{self._quote}{name}{self._quote}"

    def _identifier(self, value: ir.Expr | None) -> str:
        """A name, with the schema before it where it is written `schema.table`."""
        text = self._constants.text(_given(value))
        if text is None:
            raise _UnknownError
        return ".".join(self._name(part.strip(self._quote)) for part in text.split("."))

    def _optional_name(self, value: ir.Expr | None, words: str) -> str:
        text = self._constants.text(value) if value is not None else None
        if not text or not _NAME.fullmatch(text):
            return ""
        return f"{words}{self._name(text)} "

    def _columns(self, value: ir.Expr | None) -> str:
        value = self._constants.value(_given(value))
        items: Sequence[ir.Expr] = value.items if isinstance(value, ir.Sequence) else [value]
        if not items:
            raise _UnknownError
        return ", ".join(self._column(item) for item in items)

    def _column(self, item: ir.Expr) -> str:
        value = self._constants.value(item)
        if isinstance(value, ir.Mapping):
            return self._identifier(self._part(value, "name") or self._part(value, "attribute"))
        text = self._constants.text(value)
        if text is None:
            raise _UnknownError
        if self._constants.is_raw(value) and not _PLAIN.fullmatch(text):
            return _one_statement(text)
        return self._name(self._column_of(text.removeprefix("-"))) + (" DESC" if text.startswith("-") else "")

    def _column_of(self, field: str) -> str | None:
        return self._models.column(field) if self._models is not None else field

    def _table_of(self, value: ir.Expr | None) -> str:
        model = self._constants.text(_given(value))
        if model is None or self._models is None:
            raise _UnknownError
        return self._name(self._models.table(model))

    def _target(self, value: ir.Expr | None) -> str:
        """`users.id` as what a reference names."""
        table, _, column = (self._constants.text(_given(value)) or "").rpartition(".")
        return f"{'.'.join(self._name(part) for part in table.split('.'))} ({self._name(column)})"

    def _sql(self, value: ir.Expr | None) -> str:
        value = self._constants.value(_given(value))
        if isinstance(value, ir.Sequence):
            return ";\n".join(self._sql(_statement_of(item)) for item in value.items)
        return _known(self._constants.text(value))

    def _literal(self, change: Change, make: Make) -> ir.Const | None:
        """The text in the code that a statement is, when it is nothing else."""
        match = _PLACE.fullmatch(make.sql)
        value = change.arguments.get(match[1]) if match is not None else None
        if isinstance(value, ir.Call) and self._constants.is_raw(value):
            value = value.args[0]
        if isinstance(value, ir.Text) and len(value.parts) == 1:
            value = value.parts[0]
        return value if isinstance(value, ir.Const) else None

    def _type(self, value: ir.Expr | None) -> str:
        value = self._constants.value(_given(value))
        text = self._constants.text(value)
        if text is not None:
            if not _TYPE.fullmatch(text) or text.lower() in ("enum", "simple-enum"):
                raise _UnknownError
            return text
        if isinstance(value, ir.Mapping):
            return self._type(self._part(value, "type"))
        known = self._framework.types.get(name_of(value))
        if known is None:
            raise _UnknownError
        return self._sized(known, value)

    def _sized(self, known: str, value: ir.Expr) -> str:
        if not isinstance(value, ir.Call):
            return known
        if known == "timestamp" and any(key == "timezone" and self._is(given, "true") for key, given in value.keywords):
            return "timestamptz"
        sizes = [one.value for one in value.args if isinstance(one, ir.Const) and type(one.value) is int]
        return f"{known}({', '.join(map(str, sizes[:2]))})" if sizes and known in _SIZED else known

    def _default(self, value: ir.Expr | None, words: str) -> str:
        if value is None or (isinstance(value, ir.Const) and value.value is None):
            return ""
        text = self._constants.text(value)
        if text is None:
            return words + _one_statement(_known(self._conditions.sql(value)))
        if self._constants.is_raw(value) or self._framework.default_texts == "raw":
            return words + _one_statement(text)
        return words + "'" + text.replace("'", "''") + "'"


def _statement_of(item: ir.Expr) -> ir.Expr:
    """A statement in a list may stand with its parameters: `("UPDATE …", [1])`."""
    return item.items[0] if isinstance(item, ir.Sequence) and item.items else item


def _given(value: ir.Expr | None) -> ir.Expr:
    if value is None:
        raise _UnknownError
    return value


def _known(text: str | None) -> str:
    if text is None:
        raise _UnknownError
    return text


def _one_statement(text: str) -> str:
    """A piece of SQL that ends nothing and hides nothing."""
    if ";" in text or "--" in text or "/*" in text or not text.strip():
        raise _UnknownError
    return text
