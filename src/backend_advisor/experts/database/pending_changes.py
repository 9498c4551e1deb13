"""Changes of tables that a migration makes while the service runs: what the rules on their locks and steps share."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.intake.dialects import dialect_in
from backend_advisor.model import Artifact, ArtifactKind, Confidence
from backend_advisor.sql.migrations import NEWEST, folder_and_order, runs_once, undoes
from backend_advisor.sql.statement import Problem, Statement, parse

_SCANNED = 20_000
_OPAQUE = re.compile(r"\s*alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:[\w\"]+\.)?\"?(\w+)\"?\s", re.IGNORECASE)
_BESIDE_CHANGES = (exp.Transaction, exp.Commit, exp.Set, exp.Update, exp.Insert, exp.Delete)
"""What a migration holds besides its changes: its transaction, its time-outs, and rows that it fills."""
_ABOUT_RUNNING = re.compile(
    r"(?i)\bmigrat|\bdeploy|\brun(?:ning)?\b|\bproduction\b|\blocks?\b|\block(?:ed|ing)\b|\bdowntime\b|\bsafe(?:ly)?\b|"
    r"마이그레이션|배포|운영|무중단|실행|돌려|돌리|락|잠금|잠기|안전"
)
"""Words that ask whether a change can be made now; others ask of a schema, or whether an index would help."""
_UNNAMED_CHECK = re.compile(
    r"(?P<adding>\s*alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:[\w\"]+\.)?\"?(?P<table>\w+)\"?\s+add)\s+check\b",
    re.IGNORECASE,
)
_TABLE = re.compile(
    r"create\s+(?:temp(?:orary)?\s+|unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?[\w.\"]*?\"?(\w+)\"?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A statement that changes a table with rows.

    `for_postgres` is how sure it is that PostgreSQL runs it, None where another product does.
    """

    statement: Statement
    table: str
    for_postgres: Confidence | None


def pending_changes(statements: Sequence[Statement], question: str = "") -> list[Pending]:
    """The ALTER TABLE and CREATE INDEX statements that are still to run, on tables that they did not make.

    These are the newest migrations of each folder, and what a question asks about.
    """
    folders: dict[str, dict[str, list[Statement]]] = defaultdict(lambda: defaultdict(list))
    asked = _asked_about(statements, question)
    for statement in statements:
        name = statement.artifact.name
        if is_read_apart(statement):
            continue
        if is_change_in_code(statement.artifact) or runs_once(statement):
            folders[folder_and_order(statement.artifact)[0]][name].append(statement)
        elif name in asked:
            # A batch of its own: its neighbours in the folder need not be migrations.
            folders[name][name].append(statement)
    runs = _ABOUT_RUNNING.search(question) is not None
    return [one for files in folders.values() for one in _pending_of(files, runs=runs)]


def is_change_in_code(artifact: Artifact) -> bool:
    """Whether it is what a call in a migration in code makes (`migration_code`)."""
    return artifact.origin == "code" and artifact.kind is ArtifactKind.DDL


def is_read_apart(statement: Statement) -> bool:
    """Whether it is SQL found in a migration whose changes are read by themselves, their way up told from the other."""
    artifact = statement.artifact
    is_found = artifact.origin == "code" and artifact.kind is ArtifactKind.SQL
    return is_found and not artifact.name.endswith(".java") and runs_once(statement)


def _pending_of(files: Mapping[str, Sequence[Statement]], *, runs: bool) -> Iterator[Pending]:
    """Changes of tables that an earlier file makes are told as well, with less confidence: nobody says that it has run
    before, unless the question is about running the change."""
    newest = sorted(files, key=lambda name: folder_and_order(files[name][0].artifact)[1])[-NEWEST:]
    texts = "\n".join(statement.text for name in files for statement in files[name])[:_SCANNED]
    stated = any(files[name][0].artifact.dialect == "postgres" for name in files)
    sure = Confidence.MEDIUM if stated or dialect_in(texts) == "postgres" else Confidence.LOW
    before: set[str] = set()
    for name in newest:
        made = {table for one in files[name] for table in _made(one)}
        for statement in sorted(files[name], key=lambda one: one.offset):
            table = _changed(statement)
            if table and table not in made and not undoes(statement):
                confidence = sure if runs or table not in before else Confidence.LOW
                yield Pending(statement, table, confidence if statement.dialect == "postgres" else None)
        before |= made


def _asked_about(statements: Sequence[Statement], question: str) -> frozenset[str]:
    """The pieces of a question, and files beside one, that only change tables: a schema would make them, and a query
    would ask them."""
    about_running = _ABOUT_RUNNING.search(question) is not None
    pieces: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.artifact.origin == "question" or (about_running and statement.artifact.origin == "file"):
            pieces[statement.artifact.name].append(statement)
    return frozenset(name for name, own in pieces.items() if _only_changes(own, indexes_alone=about_running))


def _only_changes(own: Sequence[Statement], *, indexes_alone: bool) -> bool:
    if not all(_changed(one) or isinstance(one.tree, _BESIDE_CHANGES) for one in own):
        return False
    changes = [one for one in own if _changed(one)]
    return any(indexes_alone or isinstance(one.tree, exp.Alter) for one in changes)


def change_tree(statement: Statement) -> exp.Expression | None:
    """The tree of a change; a CHECK without a name, which the parser keeps as it is, is given PostgreSQL's own."""
    found = _UNNAMED_CHECK.match(statement.text) if isinstance(statement.tree, exp.Command) else None
    if found is None:
        return statement.tree
    named = f"{found['adding']} CONSTRAINT {found['table']}_check CHECK{statement.text[found.end() :]}"
    tree = parse(named, "postgres")
    return None if isinstance(tree, Problem) else tree


def actions_of(statement: Statement) -> list[exp.Expression]:
    """What an ALTER TABLE does, one by one."""
    tree = change_tree(statement)
    return list(tree.args.get("actions") or ()) if isinstance(tree, exp.Alter) else []


def _made(statement: Statement) -> Iterator[str]:
    if isinstance(statement.tree, exp.Create) and str(statement.tree.args.get("kind")).upper() == "TABLE":
        yield statement.tree.find(exp.Table).name  # type: ignore[union-attr]
    elif match := _TABLE.match(statement.text):
        yield match[1]


def _changed(statement: Statement) -> str:
    tree = statement.tree
    if isinstance(tree, exp.Command):
        # The parser keeps some forms of ALTER TABLE as they are: a CHECK without a name, VALIDATE CONSTRAINT.
        opaque = _OPAQUE.match(statement.text)
        return opaque[1] if opaque is not None else ""
    if isinstance(tree, exp.Alter) and isinstance(tree.this, exp.Table):
        return tree.this.name
    if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Index):
        table = tree.this.args.get("table")
        return table.name if isinstance(table, exp.Table) else ""
    return ""
