"""Try the rewrites of a query on its bench: first that the rows are the same, then whether it is faster."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.experts.database.bench import Bench
from backend_advisor.experts.database.remedies.candidates import candidates
from backend_advisor.experts.database.remedies.rewrites import Rewrite, rewrites
from backend_advisor.experts.database.remedies.search import Found, pays
from backend_advisor.experts.database.remedies.shelf import Shelf
from backend_advisor.lab.equivalence import TRIALS, Checker, EquivalenceResult, checking, compare, keys_before_page
from backend_advisor.lab.errors import LabError
from backend_advisor.model import Measurement
from backend_advisor.sql.schema import Schema, qualified
from backend_advisor.sql.statement import Problem, Statement, parse

EXTRA_INDEX_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a rewrite: its text as offered, its comparison, and its measurements if it gives the same rows.

    `alone` is without any new index; `best` with the indexes named in `indexes`, those recommended for the original
    among them.
    """

    rewrite: Rewrite
    shown: str
    equality: EquivalenceResult
    alone: Measurement | None = None
    best: Measurement | None = None
    indexes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether its rows were the same on every database."""
        return self.equality.holds


def try_rewrites(made: Bench, statement: Statement, schema: Schema, shelf: Shelf, found: Found) -> list[Outcome]:
    """Every rewrite that the query admits, compared and measured."""
    runnable = Statement(made.sql, statement.artifact, statement.offset, statement.dialect)
    offered = rewrites(runnable, schema)
    as_written = {one.name: one.sql for one in rewrites(statement, schema)}
    if not offered:
        return []
    with checking(made.server, schema) as checker:
        return [_try(made, checker, one, as_written.get(one.name, one.sql), schema, shelf, found) for one in offered]


def same_answer(
    checker: Checker, original: str, rewrite: Rewrite, *, trials: int = TRIALS, seed: int = 0
) -> EquivalenceResult:
    """Compare a rewrite with the original on random databases; with its ties broken, where it leaves some."""
    if rewrite.same_rows:
        return checker.equivalent(rewrite.tie_broken or original, rewrite.sql, trials=trials, seed=seed)
    if rewrite.tie_broken is not None:
        allowed = checker.equivalent(original, rewrite.tie_broken, trials=trials, seed=seed)
        if not allowed.holds:
            return allowed
    return checker.same_page(rewrite.tie_broken or original, rewrite.sql, trials=trials, seed=seed)


def _try(
    made: Bench, checker: Checker, rewrite: Rewrite, shown: str, schema: Schema, shelf: Shelf, found: Found
) -> Outcome:
    try:
        equality = same_answer(checker, made.sql, rewrite)
    except LabError:
        return Outcome(rewrite, shown, EquivalenceResult(False, 0, 0))
    if not equality.holds:
        return Outcome(rewrite, shown, equality)
    chosen = [built.index.name for built in found.chosen]
    runnable = rewrite.sql if rewrite.same_rows else _with_values(made, rewrite)
    if runnable is None or (rewrite.same_rows and not _same_on_bench(made, shelf, chosen, rewrite)):
        return Outcome(rewrite, shown, EquivalenceResult(False, equality.trials, equality.eventful, notes=("bench",)))
    return _measured(rewrite, shown, equality, runnable, schema, shelf, found)


def _measured(
    rewrite: Rewrite,
    shown: str,
    equality: EquivalenceResult,
    runnable: str,
    schema: Schema,
    shelf: Shelf,
    found: Found,
) -> Outcome:
    chosen = [built.index.name for built in found.chosen]
    hopeless = (found.before.median_ms or 0.0) * 2 + 100
    alone = shelf.measure(runnable, (), runs=3, hopeless_ms=hopeless)
    best, indexes = shelf.measure(runnable, chosen), tuple(chosen)
    for names, seen in _with_more_indexes(runnable, schema, shelf, chosen):
        if best is None or (seen is not None and pays(best, seen)):
            best, indexes = seen, names
    return Outcome(rewrite, shown, equality, alone, best, indexes)


def _with_more_indexes(
    sql: str, schema: Schema, shelf: Shelf, chosen: Iterable[str]
) -> Iterator[tuple[tuple[str, ...], Measurement | None]]:
    """The rewritten query with the candidates that only its new form can use."""
    tree = _resolved(sql, schema)
    if tree is None:
        return
    shelf.build(candidates([tree], schema), EXTRA_INDEX_SECONDS)
    seen = shelf.measure(sql, shelf.built, runs=3)
    used = shelf.used(seen.plan) if seen is not None else frozenset()
    names = tuple(sorted(used))
    if names and set(names) != set(chosen):
        yield names, shelf.measure(sql, names)


def _same_on_bench(made: Bench, shelf: Shelf, chosen: Iterable[str], rewrite: Rewrite) -> bool:
    shelf.show(chosen)
    try:
        with made.database.session() as session:
            session.run("BEGIN")
            verdict = compare(session, rewrite.tie_broken or made.sql, rewrite.sql)
    except LabError:
        return False
    return verdict.same


def _with_values(made: Bench, rewrite: Rewrite) -> str | None:
    """The keyset query with the values of the last row of the page before, as literals."""
    try:
        with made.database.session() as session:
            session.run("BEGIN")
            values = keys_before_page(session, rewrite.tie_broken or made.sql)
    except LabError:
        return None
    tree = parse(rewrite.sql, "postgres")
    if values is None or isinstance(tree, Problem):
        return None
    for parameter in list(tree.find_all(exp.Parameter)):
        value = values[int(parameter.this.name) - 1]
        literal = exp.Literal.number(value) if isinstance(value, int | float) else exp.Literal.string(str(value))
        parameter.replace(literal)
    return str(tree.sql(dialect="postgres"))


def _resolved(sql: str, schema: Schema) -> exp.Expr | None:
    from backend_advisor.model import Artifact, ArtifactKind

    return qualified(Statement(sql, Artifact(name="", kind=ArtifactKind.SQL, text=sql), 0, "postgres"), schema)
