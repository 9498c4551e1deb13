"""What logs, thread dumps, plans, rankings, manifests and patches beside a question say, and what leads the answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from backend_advisor import intake
from backend_advisor.advice.attached import told
from backend_advisor.advice.attached.logs import errors_of
from backend_advisor.advise import answer
from backend_advisor.experts import Terms
from backend_advisor.model import Artifact, ArtifactKind, Report

POOL = """\
2026-11-28 14:02:41.210 ERROR 1 --- [exec-12] o.h.engine.jdbc.spi.SqlExceptionHelper : Could not open connection
java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30004ms
\tat com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:179)
"""
GATEWAY = """\
2026/11/28 10:02:11 [error] 31#31: *99213 upstream timed out (110: Connection timed out) while reading response header \
from upstream, client: 203.0.113.9, request: "GET /reports HTTP/1.1"
"""
MAPS = """\
fatal error: concurrent map writes

goroutine 18 [running]:
main.(*Store).Set(...)
\t/src/store.go:28
"""
SLOTS = """\
{"level":"info","msg":"listening"}
{"level":"error","msg":"query failed: sorry, too many clients already"}
{"level":"error","msg":"query failed: sorry, too many clients already"}
"""
BLOCKED = "Full thread dump OpenJDK 64-Bit Server VM (21.0.4 mixed mode):\n\n" + "".join(
    f'"exec-{number}" #{number} prio=5 tid=0x1 nid=0x2 waiting for monitor entry\n'
    "   java.lang.Thread.State: BLOCKED (on object monitor)\n"
    "\tat com.acme.Stock.take(Stock.java:37)\n\t- waiting to lock <0x00ab> (a com.acme.Stock)\n\n"
    for number in range(5)
)
BLOCKED += (
    '"exec-9" #9 prio=5 tid=0x1 nid=0x2 runnable\n   java.lang.Thread.State: RUNNABLE\n'
    "\tat sun.nio.ch.Net.poll(Native Method)\n\tat com.acme.Client.send(Client.java:22)\n\t- locked <0x00ab>\n"
)
POOLED = "Full thread dump OpenJDK 64-Bit Server VM (21.0.4 mixed mode):\n\n" + "".join(
    f'"exec-{number}" #{number} prio=5 tid=0x1 nid=0x2 waiting on condition\n'
    "   java.lang.Thread.State: TIMED_WAITING (parking)\n\tat jdk.internal.misc.Unsafe.park(Native Method)\n"
    "\tat com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:181)\n"
    "\tat com.acme.Orders.find(Orders.java:20)\n\n"
    for number in range(5)
)
MYSQL_TABLE = """\
+----+-------------+-------+------+---------------+------+---------+------+---------+-----------------------------+
| id | select_type | table | type | possible_keys | key  | key_len | ref  | rows    | Extra                       |
+----+-------------+-------+------+---------------+------+---------+------+---------+-----------------------------+
|  1 | SIMPLE      | o     | ALL  | NULL          | NULL | NULL    | NULL | 9876543 | Using where; Using filesort |
+----+-------------+-------+------+---------------+------+---------+------+---------+-----------------------------+
"""
MYSQL_COLUMNS = """\
*************************** 1. row ***************************
           id: 1
        table: o
         type: ALL
possible_keys: NULL
          key: NULL
         rows: 9876543
        Extra: Using where
"""
MYSQL_TREE = """\
-> Limit: 20 row(s)  (actual time=14210..14210 rows=20 loops=1)
    -> Filter: (o.`status` = 'PAID')  (cost=1012345 rows=987654) (actual time=0.08..12900 rows=4123456 loops=1)
        -> Table scan on o  (cost=1012345 rows=9876543) (actual time=0.07..11020 rows=9876543 loops=1)
"""
MYSQL_JSON = """{"query_block": {"select_id": 1,
 "table": {"table_name": "o", "access_type": "ALL", "rows_examined_per_scan": 9876543}}}"""
RANKING = """\
query,calls,total_exec_time,mean_exec_time
"SELECT * FROM users WHERE id = $1",48211904,2893401.22,0.06
"SELECT * FROM orders WHERE status = $1",18211,1523400.10,83.65
"""
RANKING_TABLE = """\
                query                 |  calls   | total_ms | mean_ms
--------------------------------------+----------+----------+--------
 SELECT * FROM users WHERE id = $1    | 48211904 |  2893401 |   0.06
 SELECT * FROM orders WHERE state = $1 |   18211 |  1523400 |  83.65
(2 rows)
"""
DESCRIBED = """\
Name:             api-6d8f7c9b5-x2k4p
Namespace:        prod
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
"""
WORKFLOW = """\
name: ci
on:
  pull_request_target:
    branches: [main]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {ref: "${{ github.event.pull_request.head.sha }}"}
      - run: make test
"""
LOOP = """\
package com.acme;

import java.util.ArrayList;
import java.util.List;
import org.springframework.stereotype.Service;

@Service
public class Reports {
    private final OrderRepository orderRepository;

    public Reports(OrderRepository orderRepository) {
        this.orderRepository = orderRepository;
    }

    public List<Order> build(List<Long> ids) {
        List<Order> rows = new ArrayList<>();
        for (Long id : ids) {
            rows.add(orderRepository.findById(id).orElseThrow());
        }
        return rows;
    }
}
"""
UNVERIFIED = """\
import jwt
from flask import request


def claims():
    return jwt.decode(request.headers["Authorization"][7:], options={"verify_signature": False})
"""
DIFF = """\
diff --git a/app/orders.py b/app/orders.py
index 3c1b2aa..9f0e1d2 100644
--- a/app/orders.py
+++ b/app/orders.py
@@ -40,3 +40,5 @@
 from flask import request
+def find(cur):
+    status = request.args.get("status")
-    cur.execute("SELECT id FROM orders WHERE status = %s", (status,))
+    cur.execute(f"SELECT id FROM orders WHERE status = '{status}'")
     return cur.fetchall()
"""


def _asked(question: str, folder: Path, **files: str) -> Report:
    paths = []
    for name, text in files.items():
        path = folder / name.replace("_", ".")
        path.write_text(text, "utf-8")
        paths.append(path)
    return answer(question, paths, terms=Terms(prove=False))


@pytest.mark.parametrize(
    ("question", "name", "text", "code", "seen"),
    [
        ("이게 뭔가요", "app_log", POOL, "DB401", "app.log:2: `SQLTransientConnectionException: HikariPool-1"),
        ("what does this mean?", "panic_txt", MAPS, "QUA235", "panic.txt:1: `concurrent map writes`"),
        ("서버가 이상해요", "app_log", SLOTS, "DB402", "app.log:2 (×2): `query failed"),
        (
            "the server hangs, here is a dump",
            "dump_txt",
            BLOCKED,
            "PERF124",
            "5 of 6 threads wait for the lock of Stock",
        ),
        ("멈췄어요", "dump_txt", POOLED, "DB401", "스레드 5개 중 5개"),
        ("why is this slow?", "plan_txt", MYSQL_TABLE, "DB101", "plan.txt:4: `table o, type ALL"),
        ("why is this slow?", "plan_txt", MYSQL_COLUMNS, "DB101", "plan.txt:3: `table o, type ALL"),
        ("why is this slow?", "plan_txt", MYSQL_TREE, "DB101", "plan.txt:3: `Table scan on o"),
        ("이 쿼리 왜 느린가요", "plan_json", MYSQL_JSON, "DB101", "plan.json:2: `table o"),
        ("which query should we fix first?", "top_csv", RANKING, "DB501", "66% of the listed time, 48,211,904 calls"),
        ("which query should we fix first?", "top_txt", RANKING_TABLE, "DB501", "top.txt:3: `SELECT * FROM users"),
        ("파드가 계속 재시작돼요", "pod_txt", DESCRIBED, "OPS105", "pod.txt:6: `Reason: OOMKilled`"),
    ],
)
def test_what_a_file_says_leads_with_its_place(
    question: str, name: str, text: str, code: str, seen: str, tmp_path: Path
) -> None:
    first = _asked(question, tmp_path, **{name: text}).advice[0]
    assert code in first.codes
    assert seen in first.root_cause


def test_two_files_that_tell_different_things_are_both_answered(tmp_path: Path) -> None:
    report = _asked("what is going on?", tmp_path, app_log=POOL, gateway_log=GATEWAY)
    assert [one.codes[0] for one in report.advice[:2]] == ["DB401", "OPS113"]
    assert "gateway.log:1:" in report.advice[1].root_cause


def test_a_manifest_is_known_by_its_telling_line(tmp_path: Path) -> None:
    report = _asked("is this workflow safe?", tmp_path, ci_yml=WORKFLOW)
    assert [one.codes[0] for one in report.advice] == ["SEC125"]
    assert "ci.yml:3: `pull_request_target`" in report.advice[0].root_cause


def test_who_wrote_a_log_is_known_by_it(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(POOL)
    assert {"java"} <= {one.id for one in intake.read("why?", [tmp_path / "app.log"]).stack}


@pytest.mark.parametrize(
    ("question", "name", "text", "code"),
    [
        ("Takes 4.2 s for 200 orders, target is 300 ms", "Reports_java", LOOP, "PERF201"),
        ("글 20개 목록 API가 3초 걸립니다", "Reports_java", LOOP, "PERF201"),
        ("users report weird permissions, please check", "auth_py", UNVERIFIED, "SEC302"),
    ],
)
def test_a_likely_cause_in_a_file_comes_before_a_page_that_shares_a_word(
    question: str, name: str, text: str, code: str, tmp_path: Path
) -> None:
    assert code in _asked(question, tmp_path, **{name: text}).advice[0].codes


@pytest.mark.parametrize(
    ("question", "code"),
    [("ERROR: deadlock detected. What do I do?", "DB407"), ("Redis로 rate limit 어떻게 구현하나요?", "API101")],
)
def test_what_stands_in_a_file_does_not_answer_another_question(question: str, code: str, tmp_path: Path) -> None:
    assert code in _asked(question, tmp_path, Reports_java=LOOP).advice[0].codes


def test_whoever_finds_it_slow_reads_of_time_before_a_secret(tmp_path: Path) -> None:
    secret = LOOP.replace("    public List", '    static final String PASSWORD = "k9F-x72!vQpz";\n\n    public List', 1)
    assert "PERF201" in _asked("why slow?", tmp_path, Reports_java=secret).advice[0].codes


def test_a_page_found_by_the_kind_of_file_alone_is_not_shown_beside_what_was_found(tmp_path: Path) -> None:
    query = "SELECT id FROM orders WHERE date(created_at) = '2026-11-01';"
    report = _asked("what is wrong here?", tmp_path, query_sql=query)
    assert report.advice
    assert all(one.findings for one in report.advice)


def test_a_patch_is_read_as_the_files_that_it_makes(tmp_path: Path) -> None:
    report = _asked("이 PR 리뷰해 주세요", tmp_path, change_diff=DIFF)
    first = report.advice[0]
    assert first.codes[0] == "SEC201"
    location = first.findings[0].location
    assert (location.artifact, location.span.line if location.span else 0) == ("app/orders.py", 43)


def test_an_empty_file_and_an_unreadable_one_are_told(tmp_path: Path) -> None:
    assert any("빈 파일" in one for one in _asked("이거 왜 안 되죠?", tmp_path, empty_sql="").notices)
    (tmp_path / "dump.bin").write_bytes(bytes(range(256)) * 8)
    report = answer("why does it fail?", [tmp_path / "dump.bin"], terms=Terms(prove=False))
    assert not report.advice
    assert any("could be read" in one for one in report.notices)


def test_a_log_that_is_too_large_is_read_from_its_end(tmp_path: Path) -> None:
    file = tmp_path / "big.log"
    file.write_text("2026-11-28 10:00:00 INFO started\n" * 170_000 + POOL)
    case = intake.read("why?", [file])
    assert next(one.line for one in told(case)) == 170_002
    assert "only its last 5 MB" in case.unread[0].reason


def test_a_language_of_the_file_keeps_pages_of_other_runtimes_behind(tmp_path: Path) -> None:
    program = "package main\n\nfunc main() {\n\tresults := make(chan int)\n\tgo func() { results <- 1 }()\n}\n"
    report = _asked("메모리가 계속 늘어요", tmp_path, main_go=program)
    assert not any("PERF106" in one.codes for one in report.advice)


def test_a_page_of_a_defect_that_the_file_does_not_show_does_not_lead_over_what_it_shows(tmp_path: Path) -> None:
    program = """\
const axios = require('axios');
const { Product } = require('./models');

async function sync(products) {
  products.forEach(async (p) => {
    const { data } = await axios.get(`https://wms.example.com/stock/${p.sku}`);
    await Product.update({ stock: data.stock }, { where: { id: p.id } });
  });
}
module.exports = { sync };
"""
    report = _asked("stock is wrong sometimes, why", tmp_path, sync_js=program)
    assert report.advice[0].findings


@pytest.mark.parametrize(
    "line",
    [
        "psycopg2.OperationalError: could not connect with postgres://app:Kd92kfaa21@db/shop: too many clients already",
        "psycopg2.OperationalError: password=Kd92kfaa21 host=db: FATAL: sorry, too many clients already",
        "requests.exceptions.HTTPError: 401 Authorization: Bearer Kd92kfaa21 was refused, too many clients already",
    ],
)
def test_a_secret_in_a_log_is_not_repeated(line: str, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(f"Traceback (most recent call last):\n{line}\n")
    seen = [one.seen for one in told(intake.read("why?", [tmp_path / "app.log"]))]
    assert seen
    assert not any("Kd92kfaa21" in one for one in seen)


TWO_ERRORS = """\
2026-11-29T01:02:04.111Z error Error: connect ECONNREFUSED 10.0.3.12:6379
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1495:16)
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
"""


@pytest.mark.parametrize("question", ["Redis 연결이 안 돼요", "Redis connection refused in Node, why?"])
def test_who_names_one_of_two_errors_is_told_of_that(question: str, tmp_path: Path) -> None:
    report = _asked(question, tmp_path, node_log=TWO_ERRORS)
    assert all("PERF106" not in one.codes for one in report.advice[:1])
    assert "ECONNREFUSED" in report.advice[0].root_cause or "OPS145" not in report.advice[0].codes


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"level":50,"msg":"sms failed","err":"getaddrinfo EAI_AGAIN api.x.com"}', "getaddrinfo EAI_AGAIN"),
        ('{"level":"error","msg":"failed","err":{"type":"Error","message":"connect EPIPE"}}', "connect EPIPE"),
        ('{"log.level":"ERROR","message":"no","error.message":"duplicate key value"}', "duplicate key value (no)"),
        (
            '{"level":"ERROR","message":"no","stack_trace":"java.lang.OutOfMemoryError: heap\\n\\tat x"}',
            "OutOfMemoryError",
        ),
        ("app  | redis.exceptions.ResponseError: MISCONF Redis is configured", "ResponseError: MISCONF"),
        ("[1, 2]", ""),
    ],
)
def test_what_was_thrown_is_read_beside_the_message(line: str, told: str) -> None:
    found = errors_of(Artifact(name="app.log", kind=ArtifactKind.LOG, text=line, origin="file"))
    assert (found[0].words if found else "").startswith(told)


PROCESSES = """\
| Id    | User   | Host | db | Command | Time | State                           | Info                    |
|  8123 | batch  | h    | m  | Sleep   | 5402 |                                 | NULL                    |
|     5 | system | h    | m  | Daemon  | 9999 | Waiting on empty queue          | NULL                    |
| 91044 | flyway | h    | m  | Query   |  187 | Waiting for table metadata lock | ALTER TABLE m ADD c int |
| 91051 | app    | h    | m  | Query   |  185 | Waiting for table metadata lock | SELECT 1 FROM m         |
| 91060 | app    | h    | m  | Sleep   |   20 |                                 | NULL                    |
"""
TRANSACTIONS = "| trx_mysql_thread_id | trx_started |\n| 8123 | 2026-11-23 01:14:02 |\n"


def processes(text: str) -> str:
    case = intake.read("what happened?", [])
    artifact = Artifact(name="processlist.txt", kind=ArtifactKind.OTHER, text=text, origin="file")
    (one,) = told(replace(case, artifacts=(artifact,)))
    return one.seen


def test_the_session_with_the_older_transaction_holds_the_lock() -> None:
    seen = processes(PROCESSES + TRANSACTIONS)
    assert "session 8123 (batch, Sleep, 5402 s)" in seen
    assert "91044 has waited for it for 187 s, and 1 queue behind" in seen
    assert "`KILL 8123`" in seen


def test_without_the_transactions_the_older_idle_session_is_only_likely() -> None:
    assert "the only idle session that is older is 8123" in processes(PROCESSES)


def test_with_several_older_sessions_nobody_is_named() -> None:
    other = (
        "|  8124 | batch  | h    | m  | Sleep   | 6000 |                                 | NULL                    |\n"
    )
    seen = processes(PROCESSES + other)
    assert "KILL" not in seen and "sys.schema_table_lock_waits" in seen
