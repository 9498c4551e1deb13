"""Put a case's queries to the test: candidate indexes and rewrites, run before and after on the same rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from backend_advisor.experts import Terms
from backend_advisor.experts.database.bench import ASSUMED_ROWS, Bench, bench
from backend_advisor.experts.database.modelling import condition_keys, model, statistics_of
from backend_advisor.experts.database.remedies.candidates import candidates, create_statement, drop_statement
from backend_advisor.experts.database.remedies.partitioned import partitioned_statements
from backend_advisor.experts.database.remedies.search import NOISE_MS, TOLERANCE, Found, Tried, drawback, pays, search
from backend_advisor.experts.database.remedies.shelf import Built, Shelf
from backend_advisor.experts.database.rewriting import Outcome, try_rewrites
from backend_advisor.experts.database.workload import Workload, counted, stated_rows
from backend_advisor.lab.errors import LabError, QueryFailed, ServerUnavailable, TimedOut
from backend_advisor.lab.postgres.limits import refusal
from backend_advisor.lab.postgres.server import Server, running
from backend_advisor.lab.postgres.values import MARKER_NULL_SHARE
from backend_advisor.lab.postgres.writes import write_overhead
from backend_advisor.lab.statistics import Statistics
from backend_advisor.model import Case, Change, Measurement, Proof, ProofStatus, Target, Trial
from backend_advisor.phrases import phrase
from backend_advisor.quantities import duration, percent, significant
from backend_advisor.sql.inference import infer
from backend_advisor.sql.schema import Index, Schema, qualified
from backend_advisor.sql.statement import DIALECTS, Statement

MISSING_INDEX = "DB101"
MAX_QUERIES = 3
BUILD_SECONDS = 25.0
_NOT_ASKED = (exp.Transaction, exp.Commit, exp.Rollback, exp.Set)
"""What stands around statements and is none of which anybody asks how long it takes."""
_PACKAGE = __package__ or ""
_LAB = "backend_advisor.lab"
_LATENCY = {"latency", "duration", "response_time"}


@dataclass(frozen=True, slots=True)
class _Setting:
    """What a proof of one query needs to know besides the bench."""

    case: Case
    terms: Terms
    statement: Statement
    tree: exp.Expression
    schema: Schema
    stated: dict[str, int]

    def say(self, key: str, /, **values: object) -> str:
        return phrase(_PACKAGE, self.case.language, key, **values)


def prove_queries(case: Case, work: Workload, terms: Terms) -> tuple[Proof, ...]:
    """Prove what can be proved of the first few queries; each gets at least one proof, if only that it failed."""
    changes = {change.statement for change in work.pending(case.question)}
    asked = [one for one in work.queries if one not in changes and not isinstance(one.tree, _NOT_ASKED)]
    chosen = sorted(asked, key=lambda statement: not statement.is_query)[:MAX_QUERIES]
    settings, proofs = [], []
    for statement in chosen:
        setting = _setting(case, work, statement, terms)
        reason = _hindrance(setting)
        if reason is None:
            settings.append(setting)
        else:
            proofs.append(_untested(setting, reason))
    if settings:
        proofs += _on_a_server(settings)
    return tuple(proofs)


def _setting(case: Case, work: Workload, statement: Statement, terms: Terms) -> _Setting:
    schema = infer([statement], work.schema)
    stated = {**_exported_rows(case, schema), **stated_rows(case, terms.rows, list(schema.tables))}
    schema = schema.with_rows(stated)
    tree = qualified(statement, schema) or statement.tree
    return _Setting(case, terms, statement, tree if tree is not None else exp.Select(), schema, stated)


def _exported_rows(case: Case, schema: Schema) -> dict[str, int]:
    """Row counts that exported statistics state."""
    found = statistics_of(case.artifacts, schema)
    relations = found.relations if found is not None else {}
    return {
        name: int(relations[name].rows) for name in schema.tables if name in relations and relations[name].rows >= 0
    }


def _hindrance(setting: _Setting) -> str | None:
    if setting.statement.dialect != "postgres":
        return setting.say("untested_dialect", dialect=DIALECTS[setting.statement.dialect])
    refused = refusal(setting.statement)
    if refused is not None:
        return setting.say("untested_refused", reason=setting.say(f"refusal_{refused}"))
    if not setting.statement.is_query:
        return setting.say("untested_write")
    tables = [table for table in setting.tree.find_all(exp.Table) if table.name in setting.schema.tables]
    return None if tables else setting.say("untested_unresolved")


def _on_a_server(settings: Sequence[_Setting]) -> list[Proof]:
    proofs: list[Proof] = []
    try:
        with running() as server:
            for setting in settings:
                proofs += _prove_one(server, setting)
    except ServerUnavailable as error:
        done = {proof.artifact for proof in proofs}
        message = str(error)
        rest = [s for s in settings if s.statement.artifact.name not in done]
        proofs += [_untested(setting, setting.say("untested_server", message=message)) for setting in rest]
    return proofs


def _prove_one(server: Server, setting: _Setting) -> list[Proof]:
    setting.terms.progress(setting.statement.location().excerpt or "")
    try:
        with bench(server, setting.statement, setting.tree, setting.schema, setting.stated) as made:
            return list(_proofs(made, setting))
    except TimedOut as error:
        return [_untested(setting, setting.say("untested_timeout", seconds=f"{error.seconds:g}"))]
    except QueryFailed as error:
        lacking = _lacking(setting) if error.sqlstate in ("42703", "42P01") else ""
        if lacking:
            return [_untested(setting, setting.say("untested_lacking", tables=lacking, message=error.message))]
        return [_untested(setting, setting.say("untested_failed", message=error.message))]
    except LabError as error:
        return [_untested(setting, setting.say("untested_failed", message=str(error)))]


def _lacking(setting: _Setting) -> str:
    """The queried tables that the DDL leaves out; nothing where no DDL was given at all."""
    tables = setting.schema.tables.values()
    missing = [table.name for table in tables if table.inferred]
    return ", ".join(missing) if len(missing) < len(tables) else ""


def _proofs(made: Bench, setting: _Setting) -> Iterator[Proof]:
    shelf = Shelf(made.database)
    shelf.build(candidates([setting.tree], setting.schema), BUILD_SECONDS)
    found = search(shelf, made.sql, limit_ms=made.server.limits.statement_seconds * 1000)
    if found is None:
        raise TimedOut(made.server.limits.statement_seconds)
    outcomes = try_rewrites(made, setting.statement, setting.schema, shelf, found)
    helpful = [outcome for outcome in outcomes if outcome.equal and pays(found.after, outcome.best)]
    rest = [outcome for outcome in outcomes if outcome not in helpful]
    helpful.sort(key=lambda outcome: (outcome.best.median_ms or 0.0) if outcome.best is not None else 0.0)
    measured = _index_proof(made, setting, shelf, found, rest, _replaced(found, helpful))
    statistics = statistics_of(setting.case.artifacts, setting.schema)
    modelled: list[Proof] = []
    if statistics is not None or made.scale < 1:
        modelled += _model_proof(made, setting, statistics, found)
    if not (shelf.built and not found.chosen and any(proof.holds for proof in modelled)):
        yield measured
    for outcome in helpful:
        yield _rewrite_proof(made, setting, shelf, found, outcome)
    yield from modelled


def _replaced(found: Found, helpful: Sequence[Outcome]) -> tuple[str, ...]:
    """The recommended indexes that the best rewrite makes needless; a page by keys replaces none."""
    best = next((outcome for outcome in helpful if outcome.rewrite.same_rows), None)
    if best is None:
        return ()
    return tuple(built.index.name for built in found.chosen if built.index.name not in best.indexes)


def _model_proof(made: Bench, setting: _Setting, statistics: Statistics | None, found: Found) -> Iterator[Proof]:
    """The same question asked of the planner at production's size."""
    chosen = [built.index for built in found.chosen]
    modelled = model(made.server, made.sql, [setting.tree], setting.schema, statistics, chosen)
    if modelled is None:
        return
    version, tables = made.server.version, counted(dict(modelled.rows), setting.case.language)
    before, after = f"{modelled.before.cost or 0:,.0f}", f"{modelled.after.cost or 0:,.0f}"
    count = setting.say("one_index" if len(modelled.indexes) == 1 else "several_indexes", count=len(modelled.indexes))
    key = "claim_model" if modelled.indexes else "claim_model_none"
    exported = "condition_model_exported" if statistics is not None else "condition_model_stated"
    conditions = [setting.say("condition_model", version=version), setting.say(exported)]
    if modelled.markers:
        share = percent(MARKER_NULL_SHARE)
        conditions.append(setting.say("condition_model_markers", columns=", ".join(modelled.markers), share=share))
    if not chosen:
        rows = counted(dict(made.filling.rows), setting.case.language)
        conditions.append(setting.say("condition_model_alone", tables=rows, ms=_milliseconds(found.before)))
    conditions += [
        phrase(_LAB, setting.case.language, name, subject=subject)
        for name, subject in condition_keys(modelled.conditions)
    ]
    yield Proof(
        claim=setting.say(key, tables=tables, version=version, count=count, before=before, after=after),
        method="scale_model",
        status=ProofStatus.TESTED,
        holds=bool(modelled.indexes),
        codes=(MISSING_INDEX,),
        artifact=setting.statement.artifact.name,
        before=modelled.before,
        after=modelled.after,
        changes=tuple(
            Change(
                apply=create_statement(index, concurrently=True),
                rollback=drop_statement(index, concurrently=True),
                reason=setting.say("change_index", table=index.table),
                size_bytes=modelled.bytes.get(index.name),
            )
            for index in modelled.indexes
        ),
        conditions=tuple(conditions),
    )


def _rewrite_proof(made: Bench, setting: _Setting, shelf: Shelf, found: Found, outcome: Outcome) -> Proof:
    best = outcome.best or found.after
    gain = (found.after.median_ms or 0.0) / max(best.median_ms or 0.0, 0.001)
    name = setting.say(f"rewrite_{outcome.rewrite.name}")
    claim = setting.say(
        "claim_rewrite" if outcome.rewrite.same_rows else "claim_rewrite_page",
        name=name,
        before=_milliseconds(found.after),
        after=_milliseconds(best),
        gain=significant(gain),
        version=made.server.version,
    )
    recommended = {built.index.name for built in found.chosen}
    extra = [shelf.built[index] for index in outcome.indexes if index not in recommended]
    changes = [Change(apply=f"{outcome.shown.rstrip(';')};", rollback="", reason=name)]
    overhead = write_overhead(made.database, [built.index for built in extra])
    changes += [_index_change(made, setting, built, overhead) for built in extra]
    conditions = [*_conditions(made, setting, found.before), *_equality_conditions(setting, outcome)]
    if recommended or outcome.indexes:
        named = [", ".join(sorted(names)) or "–" for names in (recommended, outcome.indexes)]
        conditions.append(setting.say("condition_with_indexes", before=named[0], after=named[1]))
    return Proof(
        claim=claim,
        method="bench",
        status=ProofStatus.TESTED,
        holds=True,
        codes=outcome.rewrite.codes or (MISSING_INDEX,),
        artifact=setting.statement.artifact.name,
        before=found.after,
        after=best,
        changes=tuple(changes),
        conditions=tuple(conditions),
        target=_target(setting.case, best),
    )


def _equality_conditions(setting: _Setting, outcome: Outcome) -> Iterator[str]:
    if not outcome.rewrite.same_rows:
        yield setting.say("condition_keyset")
    yield setting.say("condition_equality", trials=outcome.equality.trials, eventful=outcome.equality.eventful)
    if "ties" in outcome.equality.notes:
        yield setting.say("condition_ties")
    if outcome.rewrite.tie_broken is not None:
        yield setting.say("condition_tie_broken")
    if outcome.small_page:
        yield setting.say("condition_small_page")
    for assumption in outcome.rewrite.assumptions:
        yield setting.say(f"assumption_{assumption}")


def _rewrites_left(setting: _Setting, found: Found, outcomes: Sequence[Outcome]) -> Iterator[Trial]:
    """Rewrites that are not recommended: those whose rows differ, and those that add nothing to the indexes."""
    for outcome in outcomes:
        if not outcome.equal:
            key = "reason_not_equal" if outcome.differs else "reason_not_compared"
            yield Trial(statement=outcome.shown, reason=setting.say(key))
            continue
        alone = outcome.alone.median_ms if outcome.alone is not None else None
        if alone is not None and pays(found.before, outcome.alone):
            key = "reason_rewrite_without_indexes" if found.chosen else "reason_rewrite_slower"
        else:
            key = "reason_rewrite_slower"
        ms = duration(alone) if alone is not None else "-"
        reason = setting.say(key, ms=ms, before=_milliseconds(found.before))
        yield Trial(statement=outcome.shown, reason=reason, median_ms=alone)


def _index_proof(
    made: Bench, setting: _Setting, shelf: Shelf, found: Found, rest: Sequence[Outcome], replaced: Sequence[str]
) -> Proof:
    indexes = [built.index for built in found.chosen]
    after = _milliseconds(found.after)
    if indexes:
        count = setting.say("one_index" if len(indexes) == 1 else "several_indexes", count=len(indexes))
        claim = setting.say(
            "claim_indexes",
            count=count,
            before=_milliseconds(found.before),
            after=after,
            gain=significant(found.gain),
            version=made.server.version,
        )
        if replaced:
            claim += " " + setting.say("claim_instead", indexes=", ".join(replaced))
    elif not shelf.built:
        claim = setting.say("claim_no_candidates", before=after, version=made.server.version)
    else:
        claim = setting.say("claim_no_gain", count=len(shelf.built), before=after, version=made.server.version)
    overhead = write_overhead(made.database, indexes)
    changes = tuple(_index_change(made, setting, built, overhead) for built in found.chosen)
    return Proof(
        claim=claim,
        method="bench",
        status=ProofStatus.TESTED,
        holds=bool(indexes),
        codes=(MISSING_INDEX,),
        artifact=setting.statement.artifact.name,
        before=found.before,
        after=found.after,
        changes=changes,
        rejected=(*_rejected(setting, shelf, found), *_rewrites_left(setting, found, rest)),
        conditions=tuple(_conditions(made, setting, found.before)),
        target=_target(setting.case, found.after),
    )


def _index_change(made: Bench, setting: _Setting, built: Built, overhead: Mapping[str, float]) -> Change:
    partitions = made.partitions.get(built.index.table)
    whole = partitions is not None
    return Change(
        apply=partitioned_statements(built.index, partitions) if partitions else _plain(built.index, whole=whole),
        rollback=drop_statement(built.index, concurrently=not whole),
        reason=setting.say("change_index_partitioned" if whole else "change_index", table=built.index.table),
        size_bytes=built.size_bytes,
        build_ms=round(built.build_ms, 1),
        write_overhead=overhead.get(built.index.table),
    )


def _plain(index: Index, *, whole: bool) -> str:
    """The statement for one table; the server builds no index concurrently on a whole partitioned table."""
    return create_statement(index, concurrently=not whole)


def _rejected(setting: _Setting, shelf: Shelf, found: Found) -> Iterator[Trial]:
    before = found.before.median_ms or 0.0
    named: set[str] = set()
    for tried in found.tried:
        named.update(tried.names)
        statements = " ".join(create_statement(shelf.built[name].index) for name in tried.names)
        if tried.measurement is None:
            yield Trial(statement=statements, reason=setting.say("reason_timeout"))
            continue
        ms = tried.measurement.median_ms or 0.0
        key = _reason(tried, tried.measurement, before, found.after)
        reason = setting.say(key, ms=duration(ms), before=duration(before))
        yield Trial(statement=statements, reason=reason, median_ms=ms)
    for name in shelf.built.keys() - named - {built.index.name for built in found.chosen}:
        yield Trial(statement=create_statement(shelf.built[name].index), reason=setting.say("reason_unused"))
    for failed in shelf.failed:
        reason = setting.say("reason_failed", message=failed.message)
        yield Trial(statement=create_statement(failed.index), reason=reason)
    for index in shelf.untried:
        yield Trial(statement=create_statement(index), reason=setting.say("reason_not_reached"))


def _reason(tried: Tried, measured: Measurement, before: float, after: Measurement) -> str:
    ms = measured.median_ms or 0.0
    if ms <= (after.median_ms or 0.0) * TOLERANCE + NOISE_MS:
        worse = drawback(measured, after)
        return f"reason_{worse}" if worse else "reason_as_good"
    if len(tried.names) > 1:
        return "reason_pair"
    return "reason_alone_slower" if ms > before * TOLERANCE else "reason_alone"


def _conditions(made: Bench, setting: _Setting, before: Measurement) -> Iterator[str]:
    language = setting.case.language
    if before.rows == 0:
        yield setting.say("condition_no_rows")
    buffers = made.server.settings["shared_buffers"]
    yield setting.say("condition_server", version=made.server.version, buffers=buffers)
    yield setting.say("condition_rows", tables=counted(dict(made.filling.rows), language))
    if made.scale < 1:
        yield setting.say("condition_scaled", factor=f"{1 / made.scale:,.0f}")
    assumed = {name: ASSUMED_ROWS for name in made.filling.rows if name not in setting.stated}
    if assumed:
        yield setting.say("condition_assumed_rows", tables=counted(assumed, language))
    guessed = [name for name, table in setting.schema.tables.items() if table.inferred]
    if guessed:
        yield setting.say("condition_schema", tables=", ".join(guessed))
    for predicate, share in made.shares:
        yield setting.say("condition_share", predicate=predicate, share=percent(share))
    values = [phrase(_LAB, language, f"fill_{one.key}", **one.values) for one in made.filling.values]
    if values:
        yield setting.say("condition_values", values="; ".join(values))
    for note in made.filling.notes:
        yield phrase(_LAB, language, f"fill_{note.key}", **note.values)
    if made.bound is not None:
        for parameter, value in made.bound.values:
            yield setting.say("condition_parameter", parameter=parameter, value=value)


def _target(case: Case, after: Measurement) -> Target | None:
    """The asker's own target for latency, against what the query takes now."""
    figure = next(
        (f for f in case.figures if f.role in ("target", "limit") and f.unit == "seconds" and f.about in _LATENCY), None
    )
    if figure is None or after.median_ms is None:
        return None
    goal = (figure.upper or figure.value) * 1000
    return Target(text=figure.text, value_ms=goal, met=after.median_ms <= goal)


def _untested(setting: _Setting, reason: str) -> Proof:
    return Proof(
        claim=setting.say("claim_untested"),
        method="bench",
        status=ProofStatus.NOT_TESTABLE,
        reason=reason,
        artifact=setting.statement.artifact.name,
    )


def _milliseconds(measurement: Measurement) -> str:
    return duration(measurement.median_ms or 0.0)
