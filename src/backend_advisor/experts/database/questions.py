"""What the database expert would ask, each question with what its answer would change."""

from collections.abc import Iterator, Mapping

from backend_advisor.model import ArtifactKind, Case, Unknown
from backend_advisor.phrases import phrase

_PACKAGE = __package__ or ""
_LATENCY = {"latency", "duration", "response_time"}


def open_questions(case: Case, rows: Mapping[str, int]) -> tuple[Unknown, ...]:
    """What the case leaves open about its queries; nothing when it is not about queries."""
    keys = list(_keys(case, rows)) if case.question.strip() else []
    return tuple(
        Unknown(
            key=key,
            question=phrase(_PACKAGE, case.language, _asked(key, case)),
            changes=phrase(_PACKAGE, case.language, f"ask_{key}_changes"),
        )
        for key in keys
    )


def _asked(key: str, case: Case) -> str:
    """The phrase that asks, with the command of the asker's server."""
    named = {technology.id for technology in case.stack}
    if key in ("query_plan", "schema") and named & {"mysql", "mariadb"} and "postgresql" not in named:
        return f"ask_{key}_mysql"
    return f"ask_{key}"


def _keys(case: Case, rows: Mapping[str, int]) -> Iterator[str]:
    plans = case.of_kind(ArtifactKind.PLAN)
    if not case.of_kind(ArtifactKind.SQL):
        if not plans and _is_slow(case) and _has_database(case):
            yield "query"
            yield "query_plan"
        return
    from backend_advisor.experts.database.workload import stated_rows, workload_of
    from backend_advisor.sql.inference import infer

    work = workload_of(case)
    if not work.queries:
        return  # changes of tables alone have no plan
    tables = list(infer(work.queries, work.schema).tables)
    if any(table not in work.schema.tables for table in tables):
        yield "schema"
    if len(stated_rows(case, rows, tables)) < len(tables):
        yield "row_counts"
    if not plans:
        yield "query_plan"


def _is_slow(case: Case) -> bool:
    return any(figure.about in _LATENCY for figure in case.figures)


def _has_database(case: Case) -> bool:
    return any(technology.category in ("database", "orm") for technology in case.stack)
