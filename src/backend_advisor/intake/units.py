"""Units and number words, in both languages, as base units: seconds, bytes, rows, users, per_second, ratio, count."""

import re
from dataclasses import dataclass

_KIB = 1024.0
"""Sizes count in 1,024s, as PostgreSQL, the JVM and container limits do."""

SECONDS: dict[str, float] = {
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds", "나노초"), 1e-9),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds", "마이크로초"), 1e-6),
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds", "밀리초", "밀리세컨드"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "초"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "분"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "시간"), 3600.0),
    **dict.fromkeys(("day", "days", "일"), 86400.0),
    **dict.fromkeys(("week", "weeks", "주"), 604800.0),
    **dict.fromkeys(("month", "months", "개월", "달"), 2592000.0),
    **dict.fromkeys(("year", "years", "년"), 31536000.0),
}
_BYTES: dict[str, float] = {
    **dict.fromkeys(("byte", "bytes", "바이트"), 1.0),
    **dict.fromkeys(("kb", "kib", "킬로바이트"), _KIB),
    **dict.fromkeys(("mb", "mib", "메가", "메가바이트"), _KIB**2),
    **dict.fromkeys(("gb", "gib", "gi", "기가", "기가바이트"), _KIB**3),
    **dict.fromkeys(("tb", "tib", "테라", "테라바이트"), _KIB**4),
    **dict.fromkeys(("pb", "pib", "페타바이트"), _KIB**5),
}
_RATES: dict[str, float] = {
    **dict.fromkeys(("rps", "qps", "tps", "iops", "ops", "req/s", "reqs/s"), 1.0),
    **dict.fromkeys(("rpm", "tpm", "qpm"), 1 / 60),
}
_ROWS = (
    "row", "rows", "record", "records", "tuple", "tuples", "document", "documents", "docs", "건", "행",
    "로우", "레코드", "개 행", "개의 행", "개의 레코드", "개 레코드", "row가", "rows를",
)  # fmt: skip
_USERS = (
    "user", "users", "customer", "customers", "member", "members", "people", "subscriber",
    "subscribers", "dau", "mau", "명", "명의", "사용자", "유저", "회원",
)  # fmt: skip
_CLIENTS = (
    "client", "clients", "device", "devices", "tablet", "tablets", "phone", "phones", "browser", "browsers", "terminal",
    "terminals", "kiosk", "kiosks", "sensor", "sensors", "클라이언트", "단말", "단말기", "기기", "태블릿", "휴대폰",
    "브라우저", "키오스크", "센서",
)  # fmt: skip
_REQUESTS = (
    "request", "requests", "req", "reqs", "call", "calls", "query", "queries", "transaction",
    "transactions", "message", "messages", "msg", "msgs", "event", "events", "order", "orders", "insert", "inserts",
    "write", "writes", "read", "reads", "update", "updates", "job", "jobs", "login", "logins", "요청",
    "호출", "쿼리", "트랜잭션", "메시지", "이벤트", "회", "번",
)  # fmt: skip
_COUNTED = (
    "connection", "connections", "conns", "커넥션", "연결", "core", "cores", "vcpu", "vcpus", "cpu", "cpus",
    "코어", "thread", "threads", "스레드", "쓰레드", "worker", "workers", "server", "servers", "instance",
    "instances", "인스턴스", "node", "nodes", "노드", "pod", "pods", "파드", "replica", "replicas", "partition",
    "partitions", "파티션", "broker", "brokers", "table", "tables", "테이블", "join", "joins", "index",
    "indexes", "인덱스", "service", "services", "level", "levels", "product", "products", "post", "posts",
    "item", "items", "entries", "개", "대", "칸", "개의 테이블", "개 테이블",
    "retry", "retries", "attempt", "attempts", "tries", "times", "layer", "layers", "hop", "hops", "tier", "tiers",
    "consumer", "consumers", "dependency", "dependencies", "component", "components", "재시도", "시도", "계층",
    "단계", "홉", "컨슈머", "서비스", "단", "backend", "backends", "microservice", "microservices", "session",
    "sessions",
    "key", "keys", "task", "tasks", "coupon", "coupons", "세션", "키", "장", "쿠폰",
)  # fmt: skip
_ABOUT_COUNTED = {
    "connection": "connections", "connections": "connections", "conns": "connections", "커넥션": "connections",
    "연결": "connections", "core": "cpu", "cores": "cpu", "vcpu": "cpu", "vcpus": "cpu", "cpu": "cpu", "cpus": "cpu",
    "코어": "cpu", "server": "instances", "servers": "instances", "instance": "instances", "instances": "instances",
    "pod": "instances", "pods": "instances", "replica": "instances", "replicas": "instances", "인스턴스": "instances",
    "파드": "instances", "worker": "workers", "workers": "workers",
}  # fmt: skip
_PERCENT = ("%", "percent", "퍼센트", "프로")
TIMES = {"second": 1.0, "sec": 1.0, "s": 1.0, "초": 1.0, "minute": 60.0, "min": 60.0, "m": 60.0, "분": 60.0,
         "hour": 3600.0, "hr": 3600.0, "h": 3600.0, "시간": 3600.0, "day": 86400.0, "d": 86400.0, "일": 86400.0,
         "하루": 86400.0, "매일": 86400.0, "매초": 1.0, "매분": 60.0, "매시간": 3600.0,
         "week": 604800.0, "주": 604800.0,
         "month": 2592000.0, "월": 2592000.0, "한 달": 2592000.0, "연": 31536000.0,
         "daily": 86400.0, "hourly": 3600.0}  # fmt: skip
MULTIPLIERS = {
    "k": 1e3, "m": 1e6, "b": 1e9, "thousand": 1e3, "million": 1e6, "mil": 1e6, "billion": 1e9, "천": 1e3, "만": 1e4,
    "백만": 1e6, "천만": 1e7, "억": 1e8, "십억": 1e9, "조": 1e12, "백": 1e2, "십만": 1e5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """A base unit, the factor to it, and what a quantity in it is usually about."""

    base: str
    factor: float
    about: str


UNITS: dict[str, Unit] = {
    **{word: Unit("seconds", factor, "duration") for word, factor in SECONDS.items()},
    **{word: Unit("bytes", factor, "size") for word, factor in _BYTES.items()},
    **{word: Unit("per_second", factor, "rate") for word, factor in _RATES.items()},
    **{word: Unit("count", 1.0, "requests") for word in _REQUESTS},
    **{word: Unit("count", 1.0, _ABOUT_COUNTED.get(word, "count")) for word in _COUNTED},
    **{word: Unit("rows", 1.0, "rows") for word in _ROWS},
    **{word: Unit("users", 1.0, "users") for word in _USERS},
    **{word: Unit("users", 1.0, "clients") for word in _CLIENTS},
    **{word: Unit("ratio", 0.01, "ratio") for word in _PERCENT},
}


def _alternatives(words: object) -> str:
    return "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True))  # type: ignore[attr-defined]


_ASCII = _alternatives(word for word in UNITS if word.isascii() and word[0].isalpha())
_HANGUL = _alternatives(word for word in UNITS if not (word.isascii() and word[0].isalpha()))
_ADJECTIVE = (
    r"(?:(?:concurrent|active|daily active|monthly active|simultaneous|"
    r"parallel|downstream|upstream|backend|total|registered|new|API|HTTP|DB|database|open|slow|mobile|connected|"
    r"delivery|IoT|동시|활성)[ \t]+){0,2}"
)
_OTHER_WORD = r"산|석|류|리|할|포|배|애|비|부(?!터)|반|문|소|상|선|호|원|령|과|당|사|러|월"
"""What follows a unit's syllable in words that are no unit: 분산, 일부, 주문, 개선, 번호, 회원, 초과."""
UNIT = re.compile(
    rf"[ \t]?-?(?P<adjective>{_ADJECTIVE})(?:(?P<a>{_ASCII})(?![A-Za-z0-9_])|(?P<h>{_HANGUL})(?!{_OTHER_WORD}))",
    re.IGNORECASE,
)
_PER = r"second|sec|s|minute|min|m|hour|hr|h|day|d|week|month|초|분|시간|일"
PER_AFTER = re.compile(
    rf"[ \t]?(?:/[ \t]?|per[ \t]+|an?[ \t]+|every[ \t]+)(?P<t>{_PER})(?![A-Za-z])|[ \t]?(?P<d>daily|hourly)\b",
    re.IGNORECASE,
)
PER_BEFORE = re.compile(
    r"(?:(초|분|시간|일|월|주)[ \t]?(?:당|평균|최대)|(하루|매일|매초|매분|매시간|한 달)(?:에|에만)?|(?:^|\s)(월|일|주|"
    r"연)(?=[ \t]))[ \t]*(?:약|평균|최대|대략|요청)?[ \t]*$"
)
