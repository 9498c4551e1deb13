"""Whether a call to the database reads or writes."""

import re
from typing import Literal

from backend_advisor.code import ir
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import name_of, within
from backend_advisor.code.values import known_text

Kind = Literal["read", "insert", "write", "other"]
_FIRST = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*|\(\s*)*([A-Za-z]+)", re.DOTALL)
_READS = frozenset({"SELECT", "WITH", "VALUES", "TABLE"})
_WRITES = frozenset({"UPDATE", "DELETE", "MERGE", "REPLACE", "UPSERT"})
_BUILDERS = frozenset({"insert", "update", "delete"})
_CREATES = re.compile(r"(?i)^(?:a?create|insert|insert_one|insertone|create_user|get_or_create|add)$")


def kind_of(seen: CallSeen) -> Kind:
    """What a call that performs `db.query` does, by its role, its text and the builders in its arguments."""
    text = _text(seen)
    # A word alone is no statement: `findAll(Operation.UPDATE, …)`.
    first = _FIRST.match(text) if " " in text.strip() or "\n" in text.strip() else None
    if first is not None:
        word = first[1].upper()
        return "read" if word in _READS else "insert" if word == "INSERT" else "write" if word in _WRITES else "other"
    does = seen.role.does
    if "db.write_many" in does:
        return "other"
    if "db.write" in does:
        return "insert" if _CREATES.match(seen.role.name.rpartition(".")[2]) else "write"
    built = _built(seen.node)
    if built is not None:
        return built
    return "read"


def statement_text(seen: CallSeen) -> str:
    """The SQL of a call as far as it is known."""
    return _text(seen)


def _text(seen: CallSeen) -> str:
    value = seen.properties.get("text") or seen.properties.get("sql") or (seen.args[0] if seen.args else None)
    if value is None:
        return ""
    if value.consts:
        return str(value.consts[0])
    return " ? ".join(part or "" for part in known_text(value))


def _built(node: ir.Node) -> Kind | None:
    """`execute(insert(table).values(…))`: the statement is built in the argument."""
    for argument in node.args if isinstance(node, ir.Call) else ():
        for part in within(argument):
            if isinstance(part, ir.Call) and (name := name_of(part.func)) in _BUILDERS:
                if name == "insert":
                    given = node.args[1:] if isinstance(node, ir.Call) else []
                    return "other" if given and not isinstance(given[0], ir.Mapping) else "insert"
                return (
                    "write"
                    if "where" in {name_of(p.func) for p in within(argument) if isinstance(p, ir.Call)}
                    else "other"
                )
    return None
