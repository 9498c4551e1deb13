"""Put a case's changes of tables to the test: run on filled tables, as written and in steps, their locks watched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from backend_advisor.experts import Terms
from backend_advisor.experts.database.bench import ASSUMED_ROWS
from backend_advisor.experts.database.pending_changes import Pending, actions_of, change_tree
from backend_advisor.experts.database.remedies.staged import BATCH, Staged, Step, staged
from backend_advisor.experts.database.workload import Workload, counted, stated_rows
from backend_advisor.lab.errors import LabError, ServerUnavailable
from backend_advisor.lab.postgres.build import build
from backend_advisor.lab.postgres.database import Database
from backend_advisor.lab.postgres.fill import Filling, fill
from backend_advisor.lab.postgres.locking import Observed, observe, observe_concurrent
from backend_advisor.lab.postgres.server import Server, running
from backend_advisor.lab.postgres.wire import quoted
from backend_advisor.model import Case, Change, Measurement, Proof, ProofStatus, Trial
from backend_advisor.phrases import phrase
from backend_advisor.quantities import duration
from backend_advisor.sql.changed_tables import BEFORE, before_changes
from backend_advisor.sql.ddl import read_ddl
from backend_advisor.sql.migrations import undoes
from backend_advisor.sql.schema import Schema

MAX_CHANGES = 8
MAX_TABLE_ROWS = 500_000
"""Rows of a table at most: enough to tell what reads all of them from what does not."""
_ALL_ROWS = 0.5
"""A statement that read this share of a table's rows read them because it had to read each."""
_POINTS_IN_TIME = {exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ}
_PACKAGE = __package__ or ""


@dataclass(frozen=True, slots=True)
class _Setting:
    """What the proofs of one case's changes share. `stated` are row counts as they are, `rows` as they were made."""

    case: Case
    changes: tuple[Pending, ...]
    schema: Schema
    rows: Mapping[str, int]
    stated: Mapping[str, int]
    assumed: tuple[str, ...]
    guessed: tuple[str, ...]
    scale: float
    in_transaction: frozenset[str]

    def say(self, key: str, /, **values: object) -> str:
        return phrase(_PACKAGE, self.case.language, key, **values)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A change as it ran as written, and in steps where there are any."""

    change: Pending
    staged: Staged
    written: Observed
    steps: tuple[Observed, ...] = ()
    refused: tuple[Trial, ...] = ()


def prove_changes(case: Case, work: Workload, terms: Terms) -> tuple[Proof, ...]:
    """Prove what the first few changes of tables lock, and that their steps lock less."""
    changes = [one for one in work.pending(case.question) if one.for_postgres is not None][:MAX_CHANGES]
    if not changes:
        return ()
    setting = _setting(case, work, changes, terms)
    terms.progress(changes[0].statement.location().excerpt or "")
    try:
        with running() as server:
            return tuple(_proved(server, setting))
    except ServerUnavailable as error:
        return (_untested(setting, setting.say("untested_server", message=str(error))),)
    except LabError as error:
        return (_untested(setting, setting.say("untested_failed", message=str(error))),)


def _setting(case: Case, work: Workload, changes: Sequence[Pending], terms: Terms) -> _Setting:
    pending = {change.statement for change in changes}
    standing = [one for one in work.definitions if one not in pending and not undoes(one)]
    given = read_ddl(standing)
    given = replace(given, tables={name: table for name, table in given.tables.items() if table.columns})
    trees = [tree for change in changes if (tree := change_tree(change.statement)) is not None]
    schema = before_changes(trees, given)
    tables = [name for name in dict.fromkeys(_tables(changes)) if name in schema.tables]
    stated = stated_rows(case, terms.rows, tables)
    rows = dict.fromkeys(tables, ASSUMED_ROWS) | stated
    scale = min(1.0, MAX_TABLE_ROWS / max(rows.values(), default=1))
    wanted = {name: max(int(count * scale), min(count, 100)) for name, count in rows.items()}
    guessed = tuple(name for name in tables if schema.tables[name].inferred)
    assumed = tuple(name for name in tables if name not in stated)
    return _Setting(case, tuple(changes), schema, wanted, rows, assumed, guessed, scale, _in_transaction(work))


def _in_transaction(work: Workload) -> frozenset[str]:
    """The files that open a transaction themselves."""
    return frozenset(one.artifact.name for one in work.queries if isinstance(one.tree, exp.Transaction))


def _tables(changes: Iterable[Pending]) -> Iterator[str]:
    """The tables that are changed, and those that new references name."""
    for change in changes:
        yield change.table
        tree = change_tree(change.statement)
        for table in tree.find_all(exp.Table) if tree is not None else ():
            yield table.name


def _proved(server: Server, setting: _Setting) -> Iterator[Proof]:
    database = server.create_database()
    try:
        build(database, setting.schema)
        forms = [staged(one.statement.text, change_tree(one.statement), setting.schema) for one in setting.changes]
        filling = _filled(database, setting, forms)
        trials, stopped = _trials(database, setting, forms, filling)
        together = _together(setting, trials)
        for trial in trials:
            name = trial.change.statement.artifact.name
            yield _proof(server, setting, filling, trial, together.pop(name, ""))
        yield from stopped
    finally:
        database.close()
        server.drop_database(database.name)


def _trials(
    database: Database, setting: _Setting, forms: Sequence[Staged], filling: Filling
) -> tuple[list[_Trial], list[Proof]]:
    """The changes that ran, in their order, up to one that did not: what follows may need what it would have made."""
    trials: list[_Trial] = []
    for change, form in zip(setting.changes, forms, strict=True):
        if undecided := _undecided(change, setting.schema):
            return trials, [_untested(setting, setting.say("untested_type", column=undecided), change)]
        if not filling.rows.get(change.table):
            # Of an empty table nobody can tell what reads its rows.
            return trials, [_untested(setting, setting.say("untested_empty", table=change.table), change)]
        try:
            trials.append(_try(database, setting, change, form))
        except LabError as error:
            return trials, [_untested(setting, setting.say("untested_failed", message=str(error)), change)]
    return trials, []


def _together(setting: _Setting, trials: Sequence[_Trial]) -> dict[str, str]:
    """What the changes of a file come to that puts them into one transaction: the first lock is held to its end."""
    said = {}
    for name in setting.in_transaction:
        own = [trial.written for trial in trials if trial.change.statement.artifact.name == name]
        if len(own) > 1:
            ms = duration(sum(seen.ms for seen in own))
            said[name] = setting.say("claim_together", count=len(own), ms=ms)
    return said


def _filled(database: Database, setting: _Setting, forms: Sequence[Staged]) -> Filling:
    """Rows that the changes will accept: the tables are filled with the new constraints in place, which then go."""
    kept = [form for form in forms if _demanded(database, form)]
    for name in setting.rows:
        database.admin(f"ALTER TABLE IF EXISTS public.{quoted(name)} DISABLE TRIGGER ALL")
    filling = fill(database, setting.rows)
    for form in reversed(kept):
        for statement in form.release:
            _attempt(database, statement)
    return filling


def _demanded(database: Database, form: Staged) -> bool:
    made = [_attempt(database, statement) for statement in form.demand]
    return any(made)


def _attempt(database: Database, statement: str) -> bool:
    try:
        database.execute(statement)
    except LabError:
        return False
    return True


def _try(database: Database, setting: _Setting, change: Pending, form: Staged) -> _Trial:
    tables = list(setting.rows)
    if "concurrently" in form.written.lower():
        return _Trial(change, form, observe_concurrent(database, form.written, tables))
    written = observe(database, form.written, tables, keep=not form.steps)
    steps: list[Observed] = []
    for step in form.steps:
        try:
            steps.append(_step(database, step, tables))
        except LabError as error:
            # Such as an index on a partitioned table, which is not built CONCURRENTLY.
            reason = setting.say("reason_failed", message=str(error))
            kept = observe(database, form.written, tables, keep=True)
            return _Trial(change, form, kept, refused=(Trial(statement=step.sql, reason=reason),))
    return _Trial(change, form, written, tuple(steps))


def _step(database: Database, step: Step, tables: Sequence[str]) -> Observed:
    if step.concurrent:
        return observe_concurrent(database, step.sql, tables)
    seen = observe(database, step.sql, tables, keep=True)
    if step.rest:
        database.execute(step.rest)
    return seen


def _proof(server: Server, setting: _Setting, filling: Filling, trial: _Trial, together: str) -> Proof:
    written = trial.written
    longest = max((step.blocked_ms for step in trial.steps), default=0.0)
    pays = _pays(trial, filling)
    after = Measurement(
        statement=";\n".join(step.statement for step in trial.steps), median_ms=round(longest, 3), runs=1
    )
    return Proof(
        claim=" ".join(filter(None, (_claim(setting, filling, trial, longest if pays else None), together))),
        method="locking",
        status=ProofStatus.TESTED,
        holds=True,
        codes=(_code(trial, filling),),
        artifact=trial.change.statement.artifact.name,
        before=Measurement(
            statement=written.statement, median_ms=round(written.blocked_ms, 3), runs=1, rows=written.rows_read
        ),
        after=after if pays else None,
        changes=tuple(_changes(setting, trial)) if pays else (),
        rejected=trial.refused,
        conditions=tuple(_conditions(server, setting, filling, trial.change)),
    )


def _pays(trial: _Trial, filling: Filling) -> bool:
    """Whether others wait while each row is read or written as it is written, and in the steps while none is. Told by
    what was read, not by times: the same change is judged alike on a busy machine."""
    blocking = [step for step in trial.steps if step.blocked_ms]
    grows = trial.written.blocked_ms > 0 and _reads_all(trial.written, trial.change.table, filling)
    return bool(trial.steps) and grows and not any(_reads_all(one, trial.change.table, filling) for one in blocking)


def _undecided(change: Pending, schema: Schema) -> str:
    """The column whose type now decides what a new type costs, where it is not known."""
    table = schema.table(change.table)
    for action in _new_types(change):
        if table is None or (table.inferred and action.args["dtype"].this not in BEFORE):
            return f"{change.table}.{action.name}"
    return ""


def _new_types(change: Pending) -> Iterator[exp.Expression]:
    return (
        action
        for action in actions_of(change.statement)
        if isinstance(action, exp.AlterColumn) and isinstance(action.args.get("dtype"), exp.DataType)
    )


def _reads_all(seen: Observed, table: str, filling: Filling) -> bool:
    """Whether a statement read or wrote each row, so that its time grows with the table."""
    return bool(seen.rewritten) or (seen.rows_read or 0) >= max(filling.rows.get(table, 0) * _ALL_ROWS, 1)


def _claim(setting: _Setting, filling: Filling, trial: _Trial, longest: float | None) -> str:
    written = trial.written
    count = filling.rows.get(trial.change.table, 0)
    work = (
        "rewrites"
        if written.rewritten
        else "reads"
        if _reads_all(trial.written, trial.change.table, filling)
        else "touches_none"
    )
    values = {
        "statement": " ".join(written.statement.rstrip("; \n").split()),
        "lock": _words(written.strongest),
        "ms": duration(written.ms),
        "who": _who(setting, written),
        "rows": f"{count:,}",
        "table": trial.change.table,
    }
    if not written.blocked_ms:
        return setting.say("claim_change_free", **values)
    said = [setting.say(f"claim_change_{work}", **values)]
    if setting.scale < 1 and work != "touches_none" and count:
        real = setting.stated[trial.change.table]
        said.append(setting.say("claim_at_size", rows=f"{real:,}", ms=duration(written.ms * real / count)))
    if longest is not None:
        free = max((step for step in trial.steps if not step.blocked_ms), key=lambda step: step.ms, default=None)
        if trial.staged.keeps_type:
            said.append(setting.say("claim_check_instead"))
        said.append(setting.say("claim_steps" if longest else "claim_steps_free", longest=duration(longest)))
        if free is not None:
            said.append(setting.say("claim_free_step", ms=duration(free.ms), lock=_words(free.strongest)))
    elif work == "rewrites":
        said.append(setting.say("claim_no_steps"))
    return " ".join(said)


def _who(setting: _Setting, seen: Observed) -> str:
    if seen.reads_wait:
        return setting.say("waits_all", tables=", ".join(seen.reads_wait))
    return setting.say("waits_writes", tables=", ".join(seen.writes_wait))


def _words(mode: str) -> str:
    """A lock's mode as SQL writes it."""
    return "".join(f" {letter}" if letter.isupper() else letter for letter in mode.removesuffix("Lock")).strip().upper()


def _code(trial: _Trial, filling: Filling) -> str:
    """The page that the proof bears on, by what was seen."""
    tree = change_tree(trial.change.statement)
    actions = tree.args.get("actions") or () if isinstance(tree, exp.Alter) else ()
    if any(isinstance(action, (exp.RenameColumn, exp.AlterRename)) for action in actions):
        return "DB310"
    if trial.written.rewritten:
        return "DB309"
    if not _reads_all(trial.written, trial.change.table, filling):
        return "DB507"
    return "DB307" if isinstance(tree, exp.Create) else "DB308"


def _changes(setting: _Setting, trial: _Trial) -> Iterator[Change]:
    for step, seen in zip(trial.staged.steps, trial.steps, strict=True):
        note = f" -- {setting.say('step_batch', count=f'{BATCH:,}')}" if step.rest else ""
        key = "step_free" if not seen.blocked_ms else "step_waits"
        yield Change(
            apply=f"{step.sql};{note}",
            rollback=f"{step.rollback};" if step.rollback else "",
            reason=setting.say(key, ms=duration(seen.ms), lock=_words(seen.strongest), who=_who(setting, seen)),
        )


def _conditions(server: Server, setting: _Setting, filling: Filling, change: Pending) -> Iterator[str]:
    yield setting.say("condition_server", version=server.version, buffers=server.settings["shared_buffers"])
    yield setting.say("condition_rows", tables=counted(filling.rows, setting.case.language))
    if setting.scale < 1:
        yield setting.say("condition_scaled_change", factor=f"{1 / setting.scale:,.0f}")
    if setting.assumed:
        assumed = dict.fromkeys(setting.assumed, ASSUMED_ROWS)
        yield setting.say("condition_assumed_rows", tables=counted(assumed, setting.case.language))
    if setting.guessed:
        yield setting.say("condition_schema_change", tables=", ".join(setting.guessed))
    for action in _new_types(change):
        kind = action.args["dtype"].this
        if change.table in setting.guessed:
            yield setting.say("condition_type", column=f"{change.table}.{action.name}", type=BEFORE[kind])
        if kind in _POINTS_IN_TIME:
            yield setting.say("condition_zone")
    yield setting.say("condition_alone")


def _untested(setting: _Setting, reason: str, change: Pending | None = None) -> Proof:
    artifact = (change or setting.changes[0]).statement.artifact.name
    return Proof(
        claim=setting.say("claim_untested_change"),
        method="locking",
        status=ProofStatus.NOT_TESTABLE,
        reason=reason,
        artifact=artifact,
    )
