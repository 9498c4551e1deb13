"""What is attached answers a question that only points at it: logs, notes, plans, manifests and code."""

from pathlib import Path

import pytest

from backend_advisor import intake
from backend_advisor.advice.attached import attached
from backend_advisor.advise import answer
from backend_advisor.experts import Terms
from backend_advisor.model import Report

JAVA = """\
org.springframework.dao.CannotAcquireLockException: could not execute statement; nested exception is
\tat org.springframework.orm.jpa.vendor.HibernateJpaDialect.convert(HibernateJpaDialect.java:267)
\tat com.acme.order.OrderService.pay(OrderService.java:88)
Caused by: com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException: Deadlock found when trying to get lock; \
try restarting transaction
\t... 42 more
"""
PYTHON = """\
Traceback (most recent call last):
  File "/srv/app/main.py", line 41, in list_orders
    rows = session.execute(stmt).all()
sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00
"""
PLAN = """\
 Limit  (cost=0.43..1289.11 rows=20 width=244) (actual time=2201.223..2201.240 rows=20 loops=1)
   ->  Index Scan Backward using orders_created_at_idx on orders  (cost=0.43..812345.55 rows=12607 width=244) \
(actual time=2201.221..2201.235 rows=20 loops=1)
         Filter: ((status = 'PAID'::text) AND (merchant_id = 4411))
         Rows Removed by Filter: 1804553
"""
INCIDENT = (
    "어제 21시부터 주문 API p99가 8초입니다. "
    "HikariPool-1 - Connection is not available, request timed out after 30000ms\n"
)
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      containers:
      - name: api
        image: api:1.4.2
"""


def _asked(question: str, name: str, text: str, folder: Path) -> Report:
    file = folder / name
    file.write_text(text, "utf-8")
    return answer(question, [file], terms=Terms(prove=False))


@pytest.mark.parametrize(
    ("question", "name", "text", "code"),
    [
        ("why does this happen?", "trace.txt", JAVA, "DB407"),
        ("결제에서 가끔 이 에러가 납니다. 원인이 뭔가요?", "trace.txt", JAVA, "DB407"),
        ("이거 봐주세요", "app.log", PYTHON, "DB401"),
        ("What is wrong here?", "incident.md", INCIDENT, "DB401"),
        ("why is this slow?", "plan.txt", PLAN, "DB205"),
        ("주문 목록 API가 2초나 걸립니다. 왜 느린가요?", "plan.txt", PLAN, "DB205"),
    ],
)
def test_what_the_file_says_leads(question: str, name: str, text: str, code: str, tmp_path: Path) -> None:
    assert _asked(question, name, text, tmp_path).advice[0].codes[0] == code


def test_the_cause_of_an_exception_comes_before_what_it_caused(tmp_path: Path) -> None:
    file = tmp_path / "trace.log"
    file.write_text("2026-11-20 03:12:11 INFO started\n" + JAVA)
    told = attached(intake.read("why?", [file])).split("\n")
    assert told[0].startswith("MySQLTransactionRollbackException: Deadlock found")
    assert "OrderService.java" not in "".join(told)


def test_the_documents_of_a_project_are_not_the_question(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"note{number}.md").write_text("Deadlock found when trying to get lock")
    assert attached(intake.read("why?", [tmp_path])) == ""


def test_figures_of_a_note_count_as_stated(tmp_path: Path) -> None:
    file = tmp_path / "incident.md"
    file.write_text(INCIDENT, "utf-8")
    assert 8.0 in [figure.value for figure in intake.read("이거 봐주세요", [file]).figures]


@pytest.mark.parametrize(
    ("question", "name", "text", "told"),
    [
        (
            "is this ready for production?",
            "application.yml",
            "server:\n  port: 8080\nspring:\n  application: {name: a}\n",
            "for secrets",
        ),
        ("review this handler", "main.go", "package main\n\nfunc main() {}\n", "no rule reads"),
        ("is this right?", "main.py", "def double(x: int) -> int:\n    return 2 * x\n", "nothing was found"),
        ("이거 괜찮나요?", "main.py", "def double(x: int) -> int:\n    return 2 * x\n", "발견한 문제가 없습니다"),
    ],
)
def test_what_was_not_judged_is_told(question: str, name: str, text: str, told: str, tmp_path: Path) -> None:
    report = _asked(question, name, text, tmp_path)
    assert any(told in notice for notice in report.notices)


@pytest.mark.parametrize(("name", "text"), [("main.go", "package main\n\nfunc main() {}\n"), ("x.py", "y = 1\n")])
def test_a_question_that_only_points_is_not_answered_by_a_page_that_shares_a_word(
    name: str, text: str, tmp_path: Path
) -> None:
    assert _asked("review this handler", name, text, tmp_path).advice == ()


MYSQL_TREE = """-> Limit: 20 row(s)  (cost=102345 rows=20) (actual time=4512..4512 rows=20 loops=1)
    -> Sort: orders.created_at DESC, limit input to 20 row(s) per chunk  (cost=102345 rows=985432) (actual rows=20)
        -> Filter: ((orders.shop_id = 42) and (orders.`status` = 'PAID'))  (cost=102345 rows=985432)
            -> Table scan on orders  (cost=102345 rows=985432) (actual time=0.1..3800 rows=1000000 loops=1)
"""


def test_a_plan_of_mysql_names_the_index_of_its_own_columns(tmp_path: Path) -> None:
    first = _asked("why is this slow?", "plan.txt", MYSQL_TREE, tmp_path).advice[0]
    assert first.codes[0] == "DB101"
    assert "`orders` (`shop_id, status, created_at`)" in first.root_cause


TWO_THREADS = "\n".join(
    f""""http-nio-8080-exec-{number}" #5{number} daemon prio=5 nid=0x1b0{number} waiting on condition
   java.lang.Thread.State: TIMED_WAITING (parking)
	at jdk.internal.misc.Unsafe.park(java.base@17.0.8/Native Method)
	at com.zaxxer.hikari.util.ConcurrentBag.borrow(ConcurrentBag.java:151)
	at com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:162)
	at com.example.order.OrderRepository.find(OrderRepository.java:33)
"""
    for number in (1, 2)
)


def test_an_excerpt_of_a_thread_dump_tells_by_a_few_threads(tmp_path: Path) -> None:
    first = _asked("why is it slow?", "threads.txt", TWO_THREADS, tmp_path).advice[0]
    assert first.codes[0] == "DB401"
    assert "HikariPool.getConnection(HikariPool.java:162)" in first.root_cause
    assert "Unsafe.park" not in first.root_cause


HELD_OVER_HTTP = "\n".join(
    [
        *(
            f""""http-nio-8080-exec-{number}" #4{number} daemon prio=5 nid=0x3{number} waiting for monitor entry
   java.lang.Thread.State: BLOCKED (on object monitor)
	at com.acme.RateCache.get(RateCache.java:31)
	- waiting to lock <0x000000070f1a2b30> (a com.acme.RateCache)
"""
            for number in (1, 2, 4)
        ),
        """"http-nio-8080-exec-3" #43 daemon prio=5 nid=0x33 runnable
   java.lang.Thread.State: RUNNABLE
	at java.net.Socket$SocketInputStream.read(java.base@21.0.4/Socket.java:1099)
	at com.acme.FxClient.fetch(FxClient.java:27)
	at com.acme.RateCache.get(RateCache.java:35)
	- locked <0x000000070f1a2b30> (a com.acme.RateCache)
""",
    ]
)


@pytest.mark.parametrize(
    "question", ["all requests hang, what is going on here? java 21", "요청이 다 멈춥니다. 왜 이런가요"]
)
def test_a_lock_held_over_a_remote_call_comes_first(question: str, tmp_path: Path) -> None:
    first = _asked(question, "dump.txt", HELD_OVER_HTTP, tmp_path).advice[0]
    assert first.codes[0] == "PERF124"
    assert "RateCache.get(RateCache.java:31)" in first.root_cause and "FxClient.fetch" in first.root_cause
    assert any(code.language == "java" for step in first.solution for code in step.code)
