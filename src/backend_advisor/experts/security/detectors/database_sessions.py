"""Sessions with a database, which tell nothing of who calls although they are named like those of a person."""

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program, Unit
from backend_advisor.code.tree import in_whole
from backend_advisor.experts.security.detectors.words import dotted

_PACKAGES = frozenset({"sqlalchemy", "sqlmodel", "flask_sqlalchemy"})
_MAKERS = (
    "Session",
    "SessionLocal",
    "SessionFactory",
    "sessionmaker",
    "session_scope",
    "session_factory",
    "get_session",
)


def named_type(stated: ir.Type | None, unit: Unit, program: Program) -> tuple[str, Unit, list[ir.Expr]]:
    """The name of a parameter's type, the file that it is a name of, and what is said of it beside; also of one
    that has a name of its own: `User = Annotated[Principal, Depends(current_user)]`."""
    if stated is None:
        return "", unit, []
    kind = stated.name.rsplit(".", 1)[-1]
    if unit.language != "python" or stated.metadata:
        inner = stated.args[0].name.rsplit(".", 1)[-1] if kind == "Annotated" and stated.args else kind
        return inner, unit, list(stated.metadata)
    statement = unit.imports.get(kind)
    there = program.locate(statement, unit) if statement is not None else unit
    meant = (statement.name or kind) if statement is not None else kind
    for one in there.module.body if there is not None else ():
        if isinstance(one, ir.Assign) and getattr(one.target, "id", "") == meant and isinstance(one.value, ir.Index):
            said = one.value.key if dotted(one.value.value).rpartition(".")[2] == "Annotated" else None
            if isinstance(said, ir.Sequence) and said.items and there is not None:
                return dotted(said.items[0]).rpartition(".")[2], there, said.items[1:]
    return kind, unit, []


def is_of_database(kind: str, unit: Unit) -> bool:
    """Whether a type is a session with a database, which is nobody's."""
    statement = unit.imports.get(kind)
    return statement is not None and statement.module.partition(".")[0] in _PACKAGES


def database_params(info: FunctionInfo, program: Program) -> list[ir.Param]:
    """The parameters of a function that are given a session with a database: `session: SessionDep`."""
    found: list[ir.Param] = []
    for param in info.node.params:
        if param.type is not None:
            kind, there, _ = named_type(param.type, info.unit, program)
            if is_of_database(kind, there):
                found.append(param)
    return found


def database_words(info: FunctionInfo, program: Program) -> set[str]:
    """The names in a function that mean sessions with a database, or what makes them: `db.session`, `Session()`."""
    found = {param.name for param in database_params(info, program)}
    own: set[str] = set()
    persons = False
    for node in in_whole(info.node):
        if isinstance(node, ir.With):
            for expression, target in node.items:
                if isinstance(target, ir.Name) and _makes(expression):
                    found |= {target.id, dotted(expression).rpartition(".")[2]}
        elif isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and _makes(node.value):
            found |= {node.target.id, dotted(node.value).rpartition(".")[2]}
        elif isinstance(node, ir.Attr) and node.name == "session":
            if isinstance(node.value, ir.Name) and node.value.id in ("db", "database"):
                own.add("session")
            else:
                persons = True
        elif isinstance(node, ir.Name) and node.id == "session":
            persons = True
    return found | (own if not persons else set())


def _makes(expression: ir.Expr | None) -> bool:
    return isinstance(expression, ir.Call) and dotted(expression.func).endswith(_MAKERS)
