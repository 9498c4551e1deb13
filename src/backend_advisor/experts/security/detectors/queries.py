"""What a call of the database is about: its text, its model and the expressions of its arguments."""

import re
from collections.abc import Iterable

from backend_advisor.code import ir
from backend_advisor.code.roles import Argument
from backend_advisor.code.tree import everything
from backend_advisor.experts.security.detectors.words import dotted

SQL = re.compile(r"\b(?:from|update|into|join)\s+[\"`\[]?(?:\w+\.)?[\"`\[]?(\w+)", re.IGNORECASE)


def is_plain(expression: ir.Expr) -> bool:
    """A constant, or a test that only asks whether something is there."""
    if isinstance(expression, ir.Const):
        return True
    return isinstance(expression, ir.Unary) or (
        isinstance(expression, ir.Name) and expression.id in ("undefined", "None", "null")
    )


def is_mapping(expression: ir.Expr) -> bool:
    return isinstance(expression, ir.Mapping)


def literal(expression: ir.Expr) -> str:
    if isinstance(expression, ir.Const):
        return expression.value if isinstance(expression.value, str) else ""
    if isinstance(expression, ir.Text):
        return "".join(literal(part) if isinstance(part, ir.Const) else "?" for part in expression.parts)
    if isinstance(expression, ir.Binary):
        return f"{literal(expression.left) or '?'}{literal(expression.right) or '?'}"
    return ""


def argument_of(node: ir.Call, wanted: Argument) -> ir.Expr | None:
    at: ir.Expr | None = None
    if wanted.keyword == "this":
        at = node.func.value if isinstance(node.func, ir.Attr) else None
    elif wanted.keyword is not None:
        at = next((value for key, value in node.keywords if key == wanted.keyword), None)
    if at is None and wanted.position is not None and wanted.position < len(node.args):
        at = node.args[wanted.position]
    for key in wanted.path:
        if not isinstance(at, ir.Mapping):
            return None
        at = next(
            (
                value
                for name, value in at.pairs
                if (name.value if isinstance(name, ir.Const) else getattr(name, "id", None)) == key
            ),
            None,
        )
    return at


def model_of(node: ir.Call, text: str) -> str:
    """The kind of record that a query is about."""
    table = SQL.search(text)
    if table is not None:
        return table[1]
    names = names_in_order(node)
    for name in names:
        if (
            name[:1].isupper()
            and not name.isupper()
            and name
            not in (
                "ObjectId",
                "ObjectID",
                "Number",
                "String",
                "Types",
                "Long",
                "Integer",
                "Optional",
                "UUID",
                "Op",
                "Boolean",
                "Q",
                "F",
                "HTTPException",
            )
        ):
            return re.sub(r"(?:Model|Entity|Repository|Repo|Service|Dao|DAO|Mapper|Schema)$", "", name) or name
    built = next((one for one in everything(node.func) if isinstance(one, ir.Call) and _is_of_table(one)), None)
    if built is not None:
        return str(built.args[0].value).partition(" ")[0]  # type: ignore[attr-defined]
    called = dotted(node.func).split(".")
    holder = called[-2] if len(called) > 1 else ""
    return re.sub(
        r"_?(?:model|entity|repository|repo|service|dao|mapper|collection|coll?|objects|query)$",
        "",
        holder,
        flags=re.IGNORECASE,
    )


def _is_of_table(call: ir.Call) -> bool:
    """`knex("board")`, `db.selectFrom("board")`, `.from("board")`."""
    if len(call.args) != 1 or not isinstance(call.args[0], ir.Const) or not isinstance(call.args[0].value, str):
        return False
    last = dotted(call.func).rpartition(".")[2]
    return isinstance(call.func, ir.Name) or last in (
        "from",
        "into",
        "table",
        "selectFrom",
        "updateTable",
        "deleteFrom",
    )


def names_in_order(node: ir.Call) -> Iterable[str]:
    found = [
        (part.start, part.end, part.id if isinstance(part, ir.Name) else part.name)
        for part in everything(node.func, node.args)
        if isinstance(part, ir.Name | ir.Attr)
    ]
    return [name for _, _, name in sorted(found)]
