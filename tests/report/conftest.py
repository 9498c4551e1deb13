# ruff: noqa: E501
"""Reports as the advisor makes them: a proved slow query, findings in files, a question outside our scope."""

import pytest

from backend_advisor.model import (
    Advice,
    Artifact,
    ArtifactKind,
    Case,
    Change,
    Code,
    Confidence,
    Edit,
    Evidence,
    Finding,
    Fix,
    Language,
    Location,
    Measurement,
    PlanNode,
    Proof,
    ProofStatus,
    Referral,
    Report,
    Severity,
    SolutionStep,
    Source,
    Span,
    Step,
    Strength,
    Suppressed,
    Target,
    Trial,
    Unknown,
    Unread,
)

QUERY = """\
SELECT u.id, u.name, p.bio, o.total
FROM users u
LEFT JOIN profiles p ON p.user_id = u.id
LEFT JOIN orders o ON o.user_id = u.id
WHERE u.created_at > '2024-01-01'
ORDER BY u.created_at DESC
LIMIT 100;
"""

TEXTS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "The sort and the joins read whole tables because no index serves them",
        "claim": "Three indexes let the query stop after its first 100 rows",
        "cause": "`ORDER BY … LIMIT 100` needs only a hundred users, but without an index on `users.created_at` the server "
        "reads all 1,200,000 of them, joins them all, and sorts the result to keep 100 rows [1].\n\n"
        "PostgreSQL does not index the referencing side of a foreign key by itself, so both joins read their "
        "tables in full as well [2].",
        "step": "Create the indexes without blocking writes:",
        "back": "To take it back:",
        "step2": "Fetch only the columns that the page shows; `bio` is wide and is detoasted for every row.",
        "practice": "Index every foreign key column that a query joins or deletes by.",
        "practice2": "Check the plan of each new query with `EXPLAIN (ANALYZE, BUFFERS)` on data of real size.",
        "monitor": "`pg_stat_statements.mean_exec_time` of this query; alarm above 500 ms for 5 minutes.",
        "reason": "serves the order, so that the scan stops after 100 users",
        "rejected": "alone it makes the query slower: both joins still read whole tables",
        "rejected2": "the sort still reads all users",
        "rows": "users 1,200,000 rows, profiles 1,000,000 rows, orders 1,200,000 rows",
        "q": "Which PostgreSQL version runs in production?",
        "changes": "It decides whether skip scans are available.",
        "message": "No index serves `ORDER BY u.created_at DESC LIMIT 100`",
        "other": "`SELECT *` fetches columns that nobody reads",
    },
    "ko": {
        "title": "정렬과 조인에 쓸 인덱스가 없어 테이블 전체를 읽습니다",
        "claim": "인덱스 세 개를 만들면 처음 100행만 읽고 쿼리가 끝납니다",
        "cause": "`ORDER BY … LIMIT 100`에는 사용자 100명만 있으면 되지만, `users.created_at` 인덱스가 없어 1,200,000행을 모두 "
        "읽고 조인한 뒤 정렬해서 100행만 남깁니다 [1].\n\n"
        "PostgreSQL은 외래 키의 참조하는 쪽 컬럼에 인덱스를 자동으로 만들지 않으므로 두 조인도 테이블 전체를 읽습니다 [2].",
        "step": "쓰기를 막지 않는 방식으로 인덱스를 만듭니다.",
        "back": "되돌리려면 다음을 실행합니다.",
        "step2": "화면에 보이는 컬럼만 조회합니다. `bio`는 값이 커서 행마다 TOAST에서 읽어 옵니다.",
        "practice": "조인이나 삭제에 쓰이는 외래 키 컬럼에는 모두 인덱스를 둡니다.",
        "practice2": "새 쿼리는 실제 규모의 데이터에서 `EXPLAIN (ANALYZE, BUFFERS)`로 확인합니다.",
        "monitor": "이 쿼리의 `pg_stat_statements.mean_exec_time`이 5분 동안 500 ms를 넘으면 알립니다.",
        "reason": "정렬 순서대로 읽어 사용자 100명에서 멈춥니다",
        "rejected": "단독으로는 더 느려집니다. 두 조인이 여전히 테이블 전체를 읽습니다",
        "rejected2": "정렬이 여전히 모든 사용자를 읽습니다",
        "rows": "users 1,200,000행, profiles 1,000,000행, orders 1,200,000행",
        "q": "운영 환경의 PostgreSQL 버전은 무엇입니까?",
        "changes": "스킵 스캔을 쓸 수 있는지가 달라집니다.",
        "message": "`ORDER BY u.created_at DESC LIMIT 100`에 쓸 인덱스가 없습니다",
        "other": "`SELECT *`는 쓰지 않는 컬럼까지 읽습니다",
    },
}
SOURCES = (
    Source(
        id="postgresql-indexes-ordering",
        publisher="PostgreSQL Global Development Group",
        title="PostgreSQL Documentation",
        section="11.4 Indexes and ORDER BY",
        url="https://www.postgresql.org/docs/18/indexes-ordering.html",
        date="2026-11-20",
        edition="18",
    ),
    Source(
        id="postgresql-fk",
        publisher="PostgreSQL Global Development Group",
        title="PostgreSQL Documentation",
        section="5.5.5 Foreign Keys",
        url="https://www.postgresql.org/docs/18/ddl-constraints.html#DDL-CONSTRAINTS-FK",
        date="2026-11-20",
        edition="18",
    ),
)


def plan_before() -> PlanNode:
    """The plan without an index."""

    def scan(table: str, rows: int, ms: float) -> PlanNode:
        return PlanNode(
            operation="Seq Scan",
            relation=table,
            alias=table[0],
            actual_rows=rows,
            estimated_rows=rows,
            ms=ms,
            self_ms=ms,
        )

    users = PlanNode(
        operation="Seq Scan", relation="users", alias="u", estimated_rows=1_180_000, actual_rows=1_170_000,
        rows_removed=30_000, ms=120.4, self_ms=120.4, properties={"Filter": "(created_at > '2024-01-01'::date)"},
    )  # fmt: skip
    inner = PlanNode(
        operation="Hash Right Join", estimated_rows=1_180_000, actual_rows=1_170_000, ms=560.0, self_ms=310.2,
        properties={"Hash Cond": "(p.user_id = u.id)"}, children=(scan("profiles", 1_000_000, 80.0), PlanNode(operation="Hash", actual_rows=1_170_000, ms=170.0, self_ms=49.6, temp_blocks=5210, children=(users,))),
    )  # fmt: skip
    outer = PlanNode(
        operation="Hash Right Join", estimated_rows=12_000, actual_rows=1_400_000, ms=1_200.0, self_ms=545.0,
        properties={"Hash Cond": "(o.user_id = u.id)"}, children=(scan("orders", 1_200_000, 95.0), inner),
    )  # fmt: skip
    sort = PlanNode(operation="Sort", actual_rows=100, ms=1_380.0, self_ms=180.0, children=(outer,))
    return PlanNode(operation="Limit", actual_rows=100, ms=1_382.0, self_ms=2.0, children=(sort,))


def plan_after() -> PlanNode:
    """The plan with three indexes."""

    def index(table: str, name: str, loops: float) -> PlanNode:
        return PlanNode(
            operation="Index Scan",
            relation=table,
            index=name,
            alias=table[0],
            actual_rows=100,
            loops=loops,
            ms=0.05,
            self_ms=0.05,
        )

    inner = PlanNode(
        operation="Nested Loop Left Join",
        actual_rows=100,
        ms=0.1,
        self_ms=0.01,
        children=(index("users", "users_created_at_idx", 1), index("profiles", "profiles_user_id_idx", 90)),
    )
    outer = PlanNode(
        operation="Nested Loop Left Join",
        actual_rows=100,
        ms=0.15,
        self_ms=0.01,
        children=(inner, index("orders", "orders_user_id_idx", 90)),
    )
    return PlanNode(operation="Limit", actual_rows=100, ms=0.153, self_ms=0.003, children=(outer,))


def make_finding(language: Language = "en", **changes: object) -> Finding:
    """A finding in the query, with a step and evidence."""
    words = TEXTS[language]
    values: dict[str, object] = {
        "code": "DB116",
        "name": "sort-without-index",
        "expert": "database",
        "title": words["title"],
        "message": words["message"],
        "severity": Severity.WARNING,
        "confidence": Confidence.HIGH,
        "location": Location(artifact="queries/recent.sql", span=Span(line=6, column=1, end_line=6, end_column=27)),
        "evidence": (Evidence(strength=Strength.DETECTED, text="x"),),
        "cwe": (400,),
    }
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


def make_proof(language: Language) -> Proof:
    """The seed's query, measured."""
    words = TEXTS[language]
    names = (("users", "created_at DESC"), ("profiles", "user_id"), ("orders", "user_id"))
    changes = tuple(
        Change(
            apply=f"CREATE INDEX CONCURRENTLY {table}_{column.split()[0]}_idx ON {table} ({column});",
            rollback=f"DROP INDEX CONCURRENTLY {table}_{column.split()[0]}_idx;",
            reason=words["reason"] if table == "users" else "",
            size_bytes=27_000_000,
            build_ms=812.0,
            write_overhead=0.18,
        )
        for table, column in names
    )
    return Proof(
        claim=words["claim"],
        method="bench",
        status=ProofStatus.TESTED,
        holds=True,
        codes=("DB116",),
        before=Measurement(statement=QUERY, median_ms=1382.0, runs=5, rows=100, blocks=39_870, plan=plan_before()),
        after=Measurement(statement=QUERY, median_ms=0.153, runs=5, rows=100, blocks=510, plan=plan_after()),
        changes=changes,
        rejected=(
            Trial(statement="users (created_at)", reason=words["rejected"], median_ms=1464.0),
            Trial(statement="profiles (user_id)", reason=words["rejected2"], median_ms=825.0),
            Trial(statement="users (created_at, id)", reason=words["rejected"], median_ms=1470.0),
            Trial(statement="orders (user_id) WHERE total > 0", reason=words["rejected2"], median_ms=1390.0),
        ),
        conditions=("PostgreSQL 18.6", words["rows"]),
        target=Target(text="<500 ms", value_ms=500.0, met=True),
    )


def make_report(language: Language = "en") -> Report:
    """A slow query, proved, with a second advice found in the text."""
    words = TEXTS[language]
    proof = make_proof(language)
    apply = "\n".join(change.apply for change in proof.changes)
    back = "\n".join(change.rollback for change in proof.changes)
    first = Advice(
        title=words["title"],
        codes=("DB116",),
        experts=("database",),
        severity=Severity.WARNING,
        strength=Strength.PROVED,
        root_cause=words["cause"],
        diagnosis="```sql\nEXPLAIN (ANALYZE, BUFFERS) SELECT 1;\n```",
        solution=(
            SolutionStep(text=words["step"], code=(Code(language="sql", text=apply),)),
            SolutionStep(text=words["back"], code=(Code(language="sql", text=back),)),
            SolutionStep(text=words["step2"]),
        ),
        best_practices=(words["practice"], words["practice2"]),
        monitoring=(words["monitor"],),
        sources=SOURCES,
        findings=(make_finding(language),),
        proofs=(proof,),
        benefit=1400.0,
    )
    other = [
        Advice(
            title=words["other"],
            codes=(f"DB10{number}",),
            experts=("database",),
            severity=Severity.NOTE,
            strength=Strength.DETECTED,
            root_cause=words["other"],
            findings=(
                make_finding(
                    language,
                    code=f"DB10{number}",
                    name="select-star",
                    message=words["other"],
                    severity=Severity.NOTE,
                    location=Location(
                        artifact="queries/recent.sql", span=Span(line=number, column=1, end_line=number, end_column=7)
                    ),
                ),
            ),
        )
        for number in range(1, 6)
    ]
    return Report(
        case=Case(
            question="Why is this slow?",
            language=language,
            artifacts=(Artifact(name="queries/recent.sql", kind=ArtifactKind.SQL, text=QUERY, origin="file"),),
            unknowns=(Unknown(key="version", question=words["q"], changes=words["changes"]),),
            unread=(Unread(name="dump.bin", reason="not text"),),
        ),
        advice=(first, *other),
        suppressed=(Suppressed(finding=make_finding(language, code="DB120"), reason="batch job at night"),),
        advisor_version="0.1.0",
    )


HOSTILE = "\x1b]0;owned\x07\x1b[31mred</script><script>alert(1)</script>\n::error::injected | pipe `tick` \u202eRTL %0A"


def make_hostile_report() -> Report:
    """Every text that could come from the asker tries to break out of its format."""
    finding = make_finding(
        message=HOSTILE,
        title=HOSTILE,
        location=Location(
            artifact="a,b:c\n::error::x\x1b[2J.sql",
            span=Span(line=1, column=3, end_line=1, end_column=9),
            excerpt=HOSTILE,
        ),
        steps=(Step(location=Location(artifact="evil.sql", path=HOSTILE), text=HOSTILE),),
        fix=Fix(
            title=HOSTILE,
            edits=(
                Edit(
                    location=Location(artifact="evil.sql", span=Span(line=1, column=1, end_line=1, end_column=2)),
                    replacement=HOSTILE,
                ),
            ),
        ),
    )
    advice = Advice(
        title=HOSTILE,
        codes=("DB116",),
        experts=("database",),
        severity=Severity.ERROR,
        strength=Strength.DETECTED,
        root_cause=HOSTILE,
        diagnosis=HOSTILE,
        solution=(SolutionStep(text=HOSTILE, code=(Code(language="sql", text="```\n" + HOSTILE),)),),
        best_practices=(HOSTILE,),
        monitoring=("[link](javascript:alert(1))",),
        findings=(finding,),
        proofs=(
            Proof(
                claim=HOSTILE,
                method="bench",
                status=ProofStatus.NOT_TESTABLE,
                reason=HOSTILE,
                rejected=(Trial(statement=HOSTILE, reason=HOSTILE),),
                changes=(Change(apply=HOSTILE, rollback=HOSTILE),),
            ),
        ),
    )
    return Report(
        case=Case(
            question=HOSTILE,
            language="en",
            artifacts=(Artifact(name="evil.sql", kind=ArtifactKind.SQL, text=HOSTILE),),
            unread=(Unread(name=HOSTILE, reason=HOSTILE),),
            unknowns=(Unknown(key="k", question=HOSTILE, changes=HOSTILE),),
        ),
        advice=(advice,),
        notices=(HOSTILE,),
    )


def make_referral_report() -> Report:
    """A question about React."""
    return Report(
        case=Case(question="How do I style a React button?", language="en"),
        in_scope=False,
        referrals=(Referral(subject="frontend", text="See the React documentation.", sources=SOURCES[:1]),),
    )


@pytest.fixture
def report() -> Report:
    """The slow query in English."""
    return make_report("en")


@pytest.fixture
def korean_report() -> Report:
    """The slow query in Korean."""
    return make_report("ko")


@pytest.fixture
def hostile_report() -> Report:
    """Texts that try to break out."""
    return make_hostile_report()


@pytest.fixture
def referral_report() -> Report:
    """Outside our scope."""
    return make_referral_report()
