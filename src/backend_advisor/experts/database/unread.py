"""What of a case's SQL was not reviewed, in as few lines as tell where to look."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlglot import exp

from backend_advisor.experts.database.workload import Workload
from backend_advisor.model import Language, Unread
from backend_advisor.phrases import phrase
from backend_advisor.sql.statement import DIALECTS, Statement

_PACKAGE = __package__ or ""
_MOST = 3
"""Up to this many statements of one file are told one by one."""
_BODIES = frozenset(["FUNCTION", "PROCEDURE", "PACKAGE", "EVENT"])


def unread_statements(work: Workload, language: Language) -> Iterator[Unread]:
    """A line for each statement that could not be parsed; one for many of a file, of another product, of bodies."""
    broken = [one for one in work.broken if one.problem is not None]
    yield from _of_other_products([one for one in broken if one.problem and one.problem.kind == "product"], language)
    own = [one for one in broken if one.problem and one.problem.kind != "product"]
    for name, group in groupby(own, lambda one: one.artifact.name):
        statements = list(group)
        if len(statements) <= _MOST:
            yield from (Unread(name=name, reason=_reason(one, language)) for one in statements)
        else:
            first = _reason(statements[0], language)
            yield Unread(name=name, reason=_say(language, "unread_many", count=len(statements), first=first))
    yield from _bodies(work, language)


def _of_other_products(statements: Sequence[Statement], language: Language) -> Iterator[Unread]:
    def product(one: Statement) -> str:
        return one.problem.detail if one.problem else ""

    for name, group in groupby(sorted(statements, key=product), product):
        found = list(group)
        files = len({one.artifact.name for one in found})
        reason = _say(language, "unread_product", count=len(found), files=files, product=name)
        yield Unread(name=found[0].artifact.name, reason=reason)


def _bodies(work: Workload, language: Language) -> Iterator[Unread]:
    """Code stored in the database: what stands in its body is not looked into."""
    found = [one for one in (*work.definitions, *work.queries) if _holds_body(one)]
    if found:
        span = found[0].location().span
        reason = _say(language, "unread_bodies", count=len(found), line=span.line if span else 0)
        yield Unread(name=found[0].artifact.name, reason=reason)


def _holds_body(statement: Statement) -> bool:
    tree = statement.tree
    if isinstance(tree, exp.Create):
        return str(tree.args.get("kind")).upper() in _BODIES
    return isinstance(tree, exp.Command) and (
        tree.name.upper() == "DO" or (tree.name.upper() == "CREATE" and ";" in statement.text)
    )


def _reason(statement: Statement, language: Language) -> str:
    problem = statement.problem
    if problem is None:
        return ""
    span = statement.location_at(problem.offset, problem.offset).span
    return _say(
        language,
        f"unread_{problem.kind}",
        line=span.line if span else 0,
        dialect=DIALECTS[statement.dialect],
        detail=problem.detail,
    )


def _say(language: Language, key: str, **values: object) -> str:
    return phrase(_PACKAGE, language, key, **values)
