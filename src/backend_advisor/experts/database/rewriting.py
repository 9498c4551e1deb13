"""Try the rewrites of a query on its bench: first that the rows are the same, then whether it is faster."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from backend_advisor.experts.database.bench import Bench
from backend_advisor.experts.database.remedies.candidates import candidates
from backend_advisor.experts.database.remedies.rewrites import Rewrite, rewrites
from backend_advisor.experts.database.remedies.search import Found, pays
from backend_advisor.experts.database.remedies.shelf import Shelf
from backend_advisor.lab.equivalence import (
    TRIALS,
    Checker,
    EquivalenceResult,
    checking,
    compare,
    compare_page,
    keys_before_page,
)
from backend_advisor.lab.errors import LabError
from backend_advisor.model import Measurement
from backend_advisor.sql.schema import Schema, qualified
from backend_advisor.sql.statement import Problem, Statement, parse

EXTRA_INDEX_SECONDS = 8.0
SMALL_LIMIT, SMALL_OFFSET = 3, 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a rewrite: its text as offered, its comparison, and its measurements if it gives the same rows.

    `small_page` tells that the random databases were asked for a smaller page, which they can reach.

    `alone` is without any new index; `best` with the indexes named in `indexes`, those recommended for the original
    among them.
    """

    rewrite: Rewrite
    shown: str
    equality: EquivalenceResult
    alone: Measurement | None = None
    best: Measurement | None = None
    indexes: tuple[str, ...] = ()
    small_page: bool = False

    @property
    def equal(self) -> bool:
        """Whether its rows were the same on every database."""
        return self.equality.holds

    @property
    def differs(self) -> bool:
        """Whether its rows were seen to differ; neither this nor `equal` when nothing could be compared."""
        return self.equality.counterexample is not None or bool({"bench", "order_lost"} & set(self.equality.notes))


@dataclass(frozen=True, slots=True)
class _Form:
    """A rewrite as it runs, as it is shown, and as it is compared on small databases."""

    rewrite: Rewrite
    shown: str
    checked: Rewrite


def try_rewrites(made: Bench, statement: Statement, schema: Schema, shelf: Shelf, found: Found) -> list[Outcome]:
    """Every rewrite that the query admits, compared and measured."""
    offered = _forms(made.sql, statement, schema)
    if not offered:
        return []
    shown = {one.name: one.sql for one in rewrites(statement, schema)}
    small = small_page(made.sql)
    checked = {one.name: one for one in _forms(small, statement, schema)} if small != made.sql else {}
    with checking(made.server, schema) as checker:
        return [
            _try(
                made,
                _Form(one, shown.get(one.name, one.sql), checked.get(one.name, one)),
                same_answer(checker, small if one.name in checked else made.sql, checked.get(one.name, one)),
                schema,
                shelf,
                found,
            )
            for one in offered
        ]


def _forms(sql: str, statement: Statement, schema: Schema) -> list[Rewrite]:
    return rewrites(Statement(sql, statement.artifact, statement.offset, statement.dialect), schema)


def small_page(sql: str) -> str:
    """The query with a LIMIT and OFFSET that a database of a few rows reaches; a deep page would compare nothing."""
    tree = parse(sql, "postgres")
    if isinstance(tree, Problem):
        return sql
    changed = False
    for part, most in (("limit", SMALL_LIMIT), ("offset", SMALL_OFFSET)):
        value = tree.args[part].args.get("expression") if tree.args.get(part) is not None else None
        if isinstance(value, exp.Literal) and value.is_int and int(value.name) > most:
            value.replace(exp.Literal.number(most))
            changed = True
    return str(tree.sql("postgres")) if changed else sql


def same_answer(
    checker: Checker, original: str, rewrite: Rewrite, *, trials: int = TRIALS, seed: int = 0
) -> EquivalenceResult:
    """Compare a rewrite with the original on random databases; with its ties broken, where it leaves some."""
    try:
        return _compared(checker, original, rewrite, trials, seed)
    except LabError:
        return EquivalenceResult(False, 0, 0)


def _compared(checker: Checker, original: str, rewrite: Rewrite, trials: int, seed: int) -> EquivalenceResult:
    if rewrite.same_rows:
        return checker.equivalent(rewrite.tie_broken or original, rewrite.sql, trials=trials, seed=seed)
    if rewrite.tie_broken is not None:
        allowed = checker.equivalent(original, rewrite.tie_broken, trials=trials, seed=seed)
        if not allowed.holds:
            return allowed
    return checker.same_page(rewrite.tie_broken or original, rewrite.sql, trials=trials, seed=seed)


def _try(made: Bench, form: _Form, equality: EquivalenceResult, schema: Schema, shelf: Shelf, found: Found) -> Outcome:
    rewrite = form.rewrite
    small = form.checked is not rewrite
    if not equality.holds:
        return Outcome(rewrite, form.shown, equality, small_page=small)
    chosen = [built.index.name for built in found.chosen]
    runnable = rewrite.sql if rewrite.same_rows else _with_values(made, rewrite)
    same = _same_on_bench(made, shelf, chosen, rewrite)
    if runnable is None or not same:
        refused = EquivalenceResult(False, equality.trials, equality.eventful, notes=() if same is None else ("bench",))
        return Outcome(rewrite, form.shown, refused, small_page=small)
    return replace(
        _measured(rewrite, form.shown, equality, runnable, schema, shelf, found),
        small_page=small,
    )


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
    used = shelf.used(best.plan) if best is not None else frozenset()
    if best is not None and not used.issuperset(indexes):
        fewer = shelf.measure(runnable, used)
        if fewer is not None and not pays(fewer, best):
            best, indexes = fewer, tuple(sorted(used))
    return Outcome(rewrite, shown, equality, alone, best, indexes)


def _with_more_indexes(
    sql: str, schema: Schema, shelf: Shelf, chosen: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], Measurement | None]]:
    """The rewritten query with the candidates that only its new form can use."""
    tree = _resolved(sql, schema)
    if tree is None:
        return
    shelf.build(candidates([tree], schema), EXTRA_INDEX_SECONDS)
    seen = shelf.measure(sql, shelf.built, runs=3)
    names = shelf.used(seen.plan) if seen is not None else frozenset()
    if not names or names == set(chosen):
        return
    best = shelf.measure(sql, names)
    for name in sorted(names - set(chosen)):
        without = shelf.measure(sql, names - {name}, runs=3)
        if without is not None and not (best is not None and pays(without, best)):
            names, best = names - {name}, without
    yield tuple(sorted(names)), best


def _same_on_bench(made: Bench, shelf: Shelf, chosen: Iterable[str], rewrite: Rewrite) -> bool | None:
    """Whether both agree on the bench's rows; None when that could not be found out in time."""
    original = rewrite.tie_broken or made.sql
    shelf.show(chosen)
    try:
        with made.database.session() as session:
            session.run("BEGIN")
            verdict = (compare if rewrite.same_rows else compare_page)(session, original, rewrite.sql)
    except LabError:
        return None
    return None if verdict.skipped else verdict.same


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
